// What the channel will really send, beside what is being written.
import { fragment } from "../pull.js"
import { post } from "../conversation/http.js"

const PAUSE = 400
let timer = 0

const box = (form) => form.querySelector("#preview")

export const togglePreview = (form, isShown = box(form).hidden) => {
  box(form).hidden = !isShown
  form.querySelector("[data-toggle-preview]").setAttribute("aria-pressed", String(isShown))
  drawPreview(form)
}

export const drawPreview = (form) => {
  clearTimeout(timer)
  if (box(form).hidden) return
  timer = setTimeout(async () => {
    const answer = await post(form.dataset.preview, new URLSearchParams(new FormData(form))).catch(() => null)
    if (answer) box(form).replaceChildren(fragment(await answer.text()))
  }, PAUSE)
}
