// Letters in frames: as high as what they hold; images from elsewhere only when asked for.
const observers = new WeakMap();

document.addEventListener("load", (event) => event.target.matches?.("iframe[data-fit]") && fit(event.target), true);

// Frames that were there before this script.
for (const frame of document.querySelectorAll("iframe[data-fit]")) if (frame.contentDocument?.body?.childNodes.length) fit(frame);

function fit(frame) {
  const page = frame.contentDocument;
  if (!page?.body) return;
  observers.get(frame)?.disconnect();
  const measure = () => (frame.style.blockSize = `${Math.ceil(page.body.getBoundingClientRect().height) + scrollbar(page)}px`);
  const observer = new ResizeObserver(measure);
  observer.observe(page.body);
  observers.set(frame, observer);
  measure();
}

// A wide table scrolls sideways inside its letter.
function scrollbar(page) {
  return page.body.scrollWidth > page.body.clientWidth ? 16 : 0;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const letter = button.closest(".mailcard");
  for (const frame of letter.querySelectorAll("iframe[data-fit]")) {
    const address = new URL(frame.src);
    address.searchParams.set("images", "");
    frame.src = address.href;
  }
  button.closest("[data-held]").hidden = true;
});
