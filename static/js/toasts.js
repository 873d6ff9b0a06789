// Notices that go by themselves; while one can be undone, Z does it. They wait while they are looked at.
import { announce } from "./announce.js"
import { register } from "./commands.js"

const STAY = 1000 * Number(document.body.dataset.undoSeconds || 10)
const box = document.getElementById("toasts")

const drop = (item) => {
  item.remove()
  if (box.querySelectorAll("[data-toast]").length === 0 && box.matches(":popover-open")) box.hidePopover()
}

const stay = (item) => {
  let timer = setTimeout(drop, STAY, item)
  item.addEventListener("pointerenter", () => clearTimeout(timer))
  item.addEventListener("focusin", () => clearTimeout(timer))
  for (const name of ["pointerleave", "focusout"]) {
    item.addEventListener(name, () => { clearTimeout(timer); timer = setTimeout(drop, STAY / 2, item) })
  }
}

// The top layer is entered anew, so that a notice stands above a dialog that was opened since.
const raise = () => {
  if (box.matches(":popover-open")) box.hidePopover()
  box.showPopover()
}

// htmx looks at what it swapped in only a moment later, and Z may be quicker.
const arrive = (item) => {
  htmx.process(item)
  raise()
  stay(item)
  announce(item.querySelector("span")?.textContent ?? "")
}

// With the morph extension htmx appends the carrier of an out-of-band notice and not what it carries.
const welcome = (node) => {
  if (node.matches?.("[data-toast]")) return arrive(node)
  if (!node.matches?.("#toasts")) return null
  const carried = [...node.children]
  node.replaceWith(...carried)
  return carried.forEach((one) => htmx.process(one))
}

export const toast = (text, { bad = false } = {}) => {
  const item = document.getElementById(bad ? "tpl-toast-bad" : "tpl-toast")?.content.firstElementChild.cloneNode(true)
  if (!item) return
  item.querySelector("span").textContent = text
  box.append(item)
}

register("undo", () => [...box.querySelectorAll("[data-undo]")].at(-1)?.click())

if (box) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) welcome(node)
  }).observe(box, { childList: true })
  for (const item of box.querySelectorAll("[data-toast]")) arrive(item)
  box.addEventListener("click", ({ target }) => {
    const item = target.closest("[data-toast]")
    if (item && target.closest("[data-dismiss]")) drop(item)
    // Kept while its request is under way: an element that is gone can no longer hear the answer.
    if (item && target.closest("[data-undo]")) {
      item.hidden = true
      target.closest("[data-undo]").removeAttribute("data-undo")
      setTimeout(drop, STAY, item)
    }
  })
}
