// Small things one can do to a message: ask why it is here, copy its link, see a picture large, open a dialog.
import { announce } from "../announce.js";
import { register } from "../commands.js";
import { open } from "../open.js";

document.addEventListener("click", (event) => {
  const menu = event.target.closest("[data-menu]");
  if (menu) load(menu);
  const copy = event.target.closest("[data-copy]");
  if (copy) copyLink(event, copy);
  const picture = event.target.closest("[data-lightbox]");
  if (picture && !event.metaKey && !event.ctrlKey) enlarge(event, picture);
});

function load(button) {
  const target = document.getElementById("message-menu");
  target.replaceChildren();
  globalThis.htmx.ajax("GET", button.dataset.menu, { target, swap: "innerHTML" });
}

async function copyLink(event, link) {
  event.preventDefault();
  await navigator.clipboard?.writeText(new URL(link.getAttribute("href"), location.href).href);
  link.closest("[popover]")?.hidePopover();
  announce(link.textContent.trim());
}

function enlarge(event, link) {
  event.preventDefault();
  const viewer = document.getElementById("lightbox") ?? build();
  const picture = viewer.querySelector("img");
  picture.src = link.querySelector("img").src;
  picture.alt = link.dataset.lightbox;
  viewer.querySelector("b").textContent = link.dataset.lightbox;
  viewer.querySelector("a").href = link.getAttribute("href");
  viewer.showModal();
}

function build() {
  document.body.append(document.getElementById("tpl-lightbox").content.cloneNode(true));
  const viewer = document.getElementById("lightbox");
  viewer.addEventListener("click", (event) => event.target.closest("button, .lightbox__pic") && viewer.close());
  return viewer;
}

// A new conversation begins in a dialog where the inbox is; its address is a page of its own.
register("new", (source) => {
  const link = source?.href ? source : document.querySelector("a[data-command=new]");
  globalThis.htmx.ajax("GET", link?.getAttribute("href") ?? "/conversations/new/", { target: "body", swap: "beforeend" });
});

// A dialog that a view sent opens by itself, and goes when it is closed.
document.addEventListener("htmx:afterSettle", () => {
  for (const dialog of document.querySelectorAll("dialog[data-open-now]:not([open])")) {
    dialog.removeAttribute("data-open-now");
    dialog.showModal();
    dialog.addEventListener("close", () => dialog.remove());
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const closes = event.target.dataset?.closes;
  if (event.target.dataset?.follow !== undefined && event.detail.successful) {
    for (const button of document.querySelectorAll("[data-follow]")) button.hidden = !button.hidden;
  }
  if (closes && event.detail.successful) event.target.closest(closes)?.remove();
});

// Merged: the page goes on in the conversation that took the other in.
document.addEventListener("conversation:merged", ({ detail }) => {
  document.querySelector("dialog#merge[open]")?.close();
  open(String(detail.into), { url: `/conversations/${detail.into}/${location.search}` });
});
document.addEventListener("desk:decided", () => {
  const menu = document.getElementById("message-menu");
  if (menu?.matches(":popover-open")) menu.hidePopover();
});

// A pane that may not be seen still says so.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id === "conversation" && [403, 404].includes(event.detail.xhr.status)) event.detail.shouldSwap = true;
});
