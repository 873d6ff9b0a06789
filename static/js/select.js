// Choosing several conversations for one decision.
import { register } from "./commands.js"
import { all, linkOf, list, rowOf, rows } from "./rows.js"
import { fill } from "./strings.js"
import { opened } from "./open.js"

const ticks = () => [...(rows()?.querySelectorAll(".row__pick:checked") ?? [])]
let last = null

export const chosen = () => ticks().map((tick) => tick.value)

// What a decision is about: the chosen rows, else the row that has the focus, else the open conversation.
export const subjects = () => {
  const many = chosen()
  if (many.length) return many
  const focused = document.activeElement?.closest?.("#rows > li[data-id]")?.dataset.id
  return [focused || opened()].filter(Boolean)
}

const show = () => {
  const bar = document.getElementById("bulk")
  if (!bar) return
  const number = ticks().length
  if (!number && bar.contains(document.activeElement)) (linkOf(all()[0]) ?? document.getElementById("list-h")).focus()
  bar.hidden = number === 0
  rows().classList.toggle("rows--picking", number > 0)
  const text = bar.querySelector(".bulkbar__n")
  const said = number === 1 ? text.dataset.one : fill(text.dataset.many, { n: number })
  if (number && text.textContent !== said) text.textContent = said
}

const tick = (row, isOn) => {
  const box = row?.querySelector(".row__pick")
  if (!box) return
  box.checked = isOn
  last = row
}

export const clear = () => {
  for (const box of ticks()) box.checked = false
  show()
}

const focusedRow = () => document.activeElement?.closest?.("#rows > li[data-id]") ?? rowOf(opened())

// Shift and J or K: the row at hand and its neighbour are both chosen, and the neighbour has the focus.
const extend = (way) => {
  const row = focusedRow() ?? all()[0]
  const next = way > 0 ? row?.nextElementSibling : row?.previousElementSibling
  tick(row, true)
  if (next?.dataset.id) {
    tick(next, true)
    linkOf(next).focus()
  }
  show()
}

const span = (row) => {
  const lines = all()
  const [from, to] = [lines.indexOf(last), lines.indexOf(row)].sort((a, b) => a - b)
  for (const one of lines.slice(Math.max(from, 0), to + 1)) tick(one, true)
}

register("select", () => {
  const row = focusedRow()
  tick(row, !row?.querySelector(".row__pick")?.checked)
  linkOf(row)?.focus()
  show()
})
register("extend-down", () => extend(1))
register("extend-up", () => extend(-1))
register("select-all", () => { for (const row of all()) tick(row, true); show() })
register("deselect", () => { clear(); linkOf(last ?? all()[0])?.focus() })

document.addEventListener("click", (event) => {
  if (!event.target.matches?.(".row__pick")) return
  const row = event.target.closest("li")
  if (event.shiftKey && last?.isConnected) span(row)
  last = row
  show()
})
document.addEventListener("desk:rows", show)
document.addEventListener("desk:listed", show)
document.addEventListener("desk:decided", () => { if (list()) clear() })
