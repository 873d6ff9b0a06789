// Commands by name: a key, the palette and any element with data-command run the same function.
import { isWhole, later } from "./whole.js"

const known = new Map()

export const register = (name, command) => known.set(name, command)

// A command nobody registered belongs to a button that the page shows, if it shows one.
export const run = (name, source) => {
  const command = known.get(name)
  if (command) return command(source)
  if (!isWhole()) return later(() => run(name, source))
  const button = [...document.querySelectorAll(`[data-command="${CSS.escape(name)}"]`)].find((one) => one.checkVisibility())
  button?.click()
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-command]")
  if (!element || event.metaKey || event.ctrlKey) return
  const command = known.get(element.dataset.command)
  if (!command && isWhole()) return
  event.preventDefault()
  if (command) command(element)
  else later(() => element.click())
})
