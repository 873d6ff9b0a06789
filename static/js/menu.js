// Menus that open over the page: arrows move among the entries, the first one has the focus when it was opened by keyboard.
const entries = (menu) => [...menu.querySelectorAll(".menu__item:not(:disabled)")].filter((one) => one.checkVisibility())

const STEPS = { ArrowDown: 1, ArrowUp: -1 }

const move = (menu, event) => {
  const items = entries(menu)
  const at = items.indexOf(document.activeElement)
  if (event.key in STEPS) return items[(at + STEPS[event.key] + items.length) % items.length]
  return event.key === "Home" ? items[0] : event.key === "End" ? items.at(-1) : null
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[popover]")
  if (!menu || event.isComposing || event.target.matches("input, textarea")) return
  const next = move(menu, event)
  if (next) { event.preventDefault(); next.focus() }
})
document.addEventListener("toggle", (event) => {
  const menu = event.target
  if (!menu.matches?.(".menu[popover]") || event.newState !== "open") return
  if (!menu.querySelector("[autofocus]") && document.querySelector(":focus-visible")) entries(menu)[0]?.focus()
}, true)
document.addEventListener("click", (event) => {
  const entry = event.target.closest?.(".menu[popover] .menu__item[role^=menuitem]")
  entry?.closest(".menu").hidePopover?.()
})
