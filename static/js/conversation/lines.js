// Puts lines from the server into a thread: known ones change in place, new ones go where their key belongs.

// What the reader did to a line stays: folds they opened, the measured height of a letter, images they asked for.
const KEPT = { open: "DETAILS", style: "IFRAME", src: "IFRAME", hidden: "P" };
const careful = {
  callbacks: {
    beforeAttributeUpdated: (name, node) => KEPT[name] !== node.nodeName,
    beforeNodeMorphed: (node) => !(node.id === "viewers" || node.matches?.(":popover-open")),
  },
};

export function morph(element, fresh) {
  globalThis.Idiomorph.morph(element, fresh, careful);
  globalThis.htmx.process(element);
}

export function place(list, lines) {
  const added = [];
  for (const line of [...lines]) {
    const known = find(list, line);
    if (line.dataset.gone !== undefined) known?.remove();
    else if (!known) added.push(insert(list, line));
    else if (known.id === line.id && known.dataset.key === line.dataset.key) change(known, line);
    else replace(list, known, line);
  }
  return added.filter((line) => line.classList.contains("m"));
}

function find(list, line) {
  const pending = line.dataset.cid && list.querySelector(`[data-cid="${CSS.escape(line.dataset.cid)}"]`);
  return pending || (line.id && list.querySelector(`#${CSS.escape(line.id)}`));
}

function change(known, line) {
  if (known.outerHTML !== line.outerHTML) morph(known, line);
}

// The optimistic bubble gives way to the real line; if others came meanwhile it moves to where it belongs.
function replace(list, known, line) {
  known.remove();
  insert(list, line);
}

function insert(list, line) {
  const key = line.dataset.key ?? "";
  let after = list.lastElementChild;
  while (after && (!after.dataset.key || after.dataset.key > key)) after = after.previousElementSibling;
  if (after) after.after(line);
  else list.prepend(line);
  globalThis.htmx.process(line);
  return line;
}
