// Answers that the customer can give with one touch, offered with a reply.
import { fill } from "../strings.js"
import { current } from "./routes.js"

const row = (form) => form.querySelector("#quick-row")
const entered = (form) => [...row(form).querySelectorAll("[data-title]")].map((chip) => chip.dataset.title)

const write = (form) => { form.elements.quick_replies.value = entered(form).join("\n") }

export const drawQuick = (form) => {
  const most = Number(current(form)?.dataset.quick ?? 0)
  form.querySelector("[data-show-quick]").hidden = !most
  if (!most) clearQuick(form)
  const input = row(form).querySelector("input")
  input.maxLength = Number(current(form)?.dataset.quickTitle ?? 20)
  input.disabled = entered(form).length >= most
}

export const showQuick = (form) => {
  row(form).hidden = false
  row(form).querySelector("input").focus()
}

export const clearQuick = (form) => {
  for (const chip of row(form).querySelectorAll("[data-title]")) chip.remove()
  row(form).hidden = true
  write(form)
}

const add = (form, title) => {
  const chip = document.createElement("button")
  chip.type = "button"
  chip.className = "chip chip--line"
  chip.dataset.title = title
  chip.textContent = `${title} ×`
  chip.setAttribute("aria-label", fill(form.dataset.tRemove, { name: title }))
  row(form).querySelector("input").before(chip)
  write(form)
  drawQuick(form)
}

export const takeQuick = (form) => {
  const input = row(form).querySelector("input")
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== ",")) return
    event.preventDefault()
    const title = input.value.trim()
    if (title && !entered(form).includes(title)) add(form, title)
    input.value = ""
  })
  row(form).addEventListener("click", (event) => {
    event.target.closest("[data-title]")?.remove()
    write(form)
    drawQuick(form)
  })
}
