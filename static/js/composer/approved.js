// Texts that the provider has approved: where nothing else may be sent, or where the writer prefers one.
import { pull } from "../pull.js"
import { current } from "./routes.js"

const box = (form) => form.querySelector("#approved")

export const isApproved = (form) => Boolean(box(form).firstElementChild)
export const approvedText = (form) => form.querySelector("#approved-text")?.textContent ?? ""

// Blanks that are still empty: the first of them gets the focus.
export const emptyBlank = (form) => [...box(form).querySelectorAll("input")].find((input) => !input.value.trim())

export const dropApproved = (form) => {
  box(form).replaceChildren()
  form.querySelector("#reply").hidden = false
}

// Shown by itself where nothing else may be sent, or with `asked`; gone with a way that has none.
export const drawApproved = async (form, { asked = false } = {}) => {
  const route = current(form)
  const is = route?.dataset.approvedOnly !== undefined || (asked && route?.dataset.approved !== undefined)
  form.querySelector("[data-show-approved]").hidden = route?.dataset.approved === undefined
  if (!is) return dropApproved(form)
  const html = await pull(`${box(form).dataset.from}?by=${encodeURIComponent(route.dataset.route)}`).catch(() => "")
  if (current(form) !== route) return undefined
  box(form).innerHTML = html || `<p class="composer__preview">${box(form).dataset.none}</p>`
  globalThis.htmx.process(box(form))
  form.querySelector("#reply").hidden = true
  return undefined
}
