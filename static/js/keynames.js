// Keys are named as they stand on the reader's keyboard: ⌘ where there is one, Ctrl elsewhere.
const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

const rename = (within) => {
  for (const key of within.querySelectorAll(".kbd")) {
    if (key.textContent.includes("⌘")) key.textContent = key.textContent.replaceAll("⌘", "Ctrl ")
  }
}

if (!isMac) {
  rename(document)
  for (const template of document.querySelectorAll("template")) rename(template.content)
  for (const name of ["desk:opened", "desk:listed", "thread:ready"]) document.addEventListener(name, () => rename(document.getElementById("main") ?? document))
}
