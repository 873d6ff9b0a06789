// The channel by which an answer goes: what it can carry decides what the composer shows and refuses.
import { fill } from "../strings.js"
import { length } from "./length.js"

export const items = (form) => [...form.querySelectorAll("[data-route]")]
// A new conversation has a field for its channel instead.
export const current = (form) => items(form).find((item) => item.dataset.route === (form.elements.route ?? form.elements.channel).value)

export const choose = (form, item) => {
  form.elements.route.value = item.dataset.route
  for (const one of items(form)) one.setAttribute("aria-checked", String(one === item))
  form.querySelector("#via-tile").replaceChildren(item.querySelector(".ch").cloneNode(true))
  form.querySelector("#via-name").textContent = item.dataset.name
  form.querySelector("#send").removeAttribute("aria-disabled")
  draw(form)
}

// Parts of the composer that only some channels need.
export const draw = (form) => {
  const route = current(form)
  if (!route) form.querySelector("#send").setAttribute("aria-disabled", "true")
  for (const part of form.querySelectorAll("[data-needs]")) part.hidden = !route || route.dataset[part.dataset.needs] === undefined
  form.querySelector("#public-row").hidden = route?.dataset.public === undefined
  if (!route || route.dataset.copies === undefined) for (const row of form.querySelectorAll("[data-copies]:not([data-route])")) row.hidden = true
}

export const count = (form, text) => {
  const route = current(form)
  const max = Number(route?.dataset.max ?? 0)
  if (!max) return { text: "", over: 0 }
  const used = length(text, route.dataset.unit)
  if (route.dataset.unit === "GSM segments") return { text: fill(form.dataset.tSegments, { n: used, max }), over: used - max }
  const number = new Intl.NumberFormat(document.documentElement.lang)
  const shown = `${number.format(used)}/${number.format(max)}`
  const parts = Number(route.dataset.parts ?? 1)
  if (used <= max || parts < 2) return { text: shown, over: used - max }
  return { text: `${shown} · ${fill(form.dataset.tParts, { n: Math.ceil(used / max) })}`, over: used - max * parts }
}

// Why the chosen channel does not carry a file, in words; blank where it does.
export const fileProblem = (form, file) => {
  const limits = JSON.parse(current(form)?.dataset.media ?? "[]")
  const fitting = limits.filter(([prefix]) => (file.type || "application/octet-stream").startsWith(prefix)).sort((a, b) => b[0].length - a[0].length)
  if (!fitting.length) return form.dataset.tType
  const [, most] = fitting[0]
  return file.size > most ? fill(form.dataset.tBig, { max: size(most) }) : ""
}

export const mostFiles = (form) => Number(current(form)?.dataset.files ?? 10)

export const size = (bytes) => {
  const unit = bytes >= 1048576 ? ["megabyte", 1048576] : ["kilobyte", 1024]
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: 1 }).format(bytes / unit[1])
}
