// J and K: the next or previous row has the focus at once and is opened when the agent rests on it.
import { register } from "./commands.js"
import { open, opened } from "./open.js"
import { currentRow } from "./panes.js"
import { all, linkOf } from "./rows.js"

const REST = 120
let timer = 0

const isOneScreen = () => matchMedia("(max-width: 719.98px)").matches

const walk = (way) => {
  const row = currentRow()
  const next = row ? (way > 0 ? row.nextElementSibling : row.previousElementSibling) : all()[0]
  if (!next?.dataset?.id) return next?.querySelector?.("a")?.click()
  linkOf(next).focus()
  next.scrollIntoView({ block: "nearest" })
  clearTimeout(timer)
  if (!isOneScreen()) timer = setTimeout(() => { if (opened() !== next.dataset.id) open(next.dataset.id) }, REST)
}

register("next", () => walk(1))
register("previous", () => walk(-1))
register("open", () => {
  clearTimeout(timer)
  const row = currentRow()
  if (row) open(row.dataset.id, { focus: true })
})
