// The sheet of all shortcuts, searchable.
import { register } from "./commands.js"
import { fits } from "./listbox.js"

const dialog = document.getElementById("shortcuts")

if (dialog) {
  const input = dialog.querySelector("input")
  register("shortcuts", () => { input.value = ""; filter(); dialog.showModal() })
  const filter = () => {
    for (const line of dialog.querySelectorAll("dl > div")) line.hidden = !fits(line.textContent, input.value)
    for (const part of dialog.querySelectorAll("section")) part.hidden = !part.querySelector("dl > div:not([hidden])")
  }
  input.addEventListener("input", filter)
}
