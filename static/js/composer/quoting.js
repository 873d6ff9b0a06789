// Answering one message in particular: it is named above the pad and travels with the answer.
import { choose, current, items } from "./routes.js"

const bar = (form) => form.querySelector("#quoting")

export const quote = (form, { message, text, route }) => {
  const way = items(form).find((item) => item.dataset.route === route && item.dataset.quotes !== undefined && item.ariaDisabled !== "true")
  if (way && way !== current(form)) choose(form, way)
  form.elements.in_reply_to.value = message
  bar(form).querySelector("[data-quoted]").textContent = text
  bar(form).hidden = false
}

export const dropQuote = (form) => {
  form.elements.in_reply_to.value = ""
  bar(form).hidden = true
}
