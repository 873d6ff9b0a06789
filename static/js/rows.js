// The rows of the list in their order: each is morphed in place, so that it stays the same node, and then moved.
import { paintTimes } from "./time.js"

const SLIDE = 200
const AGAIN = 250
const BURST = 6

export const list = () => document.getElementById("list")
export const rows = () => document.getElementById("rows")
export const rowOf = (id) => document.getElementById(`row-${id}`)
export const nameOf = (row) => row?.querySelector(".row__who")?.textContent ?? ""
export const linkOf = (row) => row?.querySelector("a.row")
// Read here: nobody announces it, because it is so for this agent alone.
export const markRead = (id) => {
  linkOf(rowOf(id))?.classList.remove("row--unread")
  rowOf(id)?.querySelector(".udot")?.remove()
}

export const all = () => [...(rows()?.querySelectorAll(":scope > li[data-id]") ?? [])]

const isStill = () => document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches
let slidAt = 0

const KEEPS = new Set(["aria-current"])

// What the page itself has put on a row outlives the morph: its being open, its tick.
const callbacks = {
  beforeAttributeUpdated: (name, node, change) => name !== "checked" && !(change === "remove" && KEEPS.has(name)),
}

export const morph = (old, fresh) => {
  Idiomorph.morph(old, fresh, { callbacks })
  paintTimes(old)
}

// The first row that belongs after a key: keys fall from the top.
const after = (key) => {
  const lines = all()
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (lines[middle].dataset.key > key) low = middle + 1
    else high = middle
  }
  return lines[low] ?? null
}

const more = () => rows().querySelector(":scope > .more")

// A row that would stand after the last one loaded comes with its page.
export const belongs = (key) => {
  const last = all().at(-1)
  return !more() || (last && key > last.dataset.key)
}

export const insert = (row) => {
  rows().insertBefore(row, after(row.dataset.key) ?? more())
  paintTimes(row)
}

export const isInPlace = (row) => {
  const before = previous(row)
  const next = row.nextElementSibling
  return (!before || before.dataset.key >= row.dataset.key) && (!next?.dataset.id || next.dataset.key <= row.dataset.key)
}

const previous = (row) => (row.previousElementSibling?.dataset.id ? row.previousElementSibling : null)

export const move = (row) => {
  if (isInPlace(row)) return
  const target = others(row)
  if (Element.prototype.moveBefore) rows().moveBefore(row, target)
  else keepFocus(() => rows().insertBefore(row, target))
}

const others = (row) => {
  const key = row.dataset.key
  for (let one = rows().firstElementChild; one; one = one.nextElementSibling) {
    if (one !== row && !(one.dataset.key > key)) return one
  }
  return null
}

const keepFocus = (change) => {
  const focused = document.activeElement
  change()
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true })
}

// When the row that has the focus goes, the next one has it; the list's heading when there is none.
export const remove = (row) => {
  if (row.contains(document.activeElement)) focusNear(row)
  row.remove()
}

const focusNear = (row) => {
  const near = row.nextElementSibling?.dataset.id ? row.nextElementSibling : previous(row)
  const target = linkOf(near) ?? document.getElementById("list-h")
  target?.focus({ preventScroll: true })
}

const shown = () => {
  const frame = document.getElementById("list-body").getBoundingClientRect()
  const found = []
  const first = document.elementFromPoint(frame.left + 40, frame.top + 4)?.closest("#rows > li")
  for (let one = first ?? rows().firstElementChild; one && found.length < 30; one = one.nextElementSibling) {
    const box = one.getBoundingClientRect()
    if (box.top > frame.bottom) break
    found.push([one, box.top])
  }
  return found
}

// Rows that are seen slide to where they belong; a burst or a page that nobody sees just changes.
export const sliding = (size, change) => {
  const now = performance.now()
  if (isStill() || size > BURST || now - slidAt < AGAIN) return change()
  const before = shown()
  change()
  for (const [row, top] of before) {
    const way = row.isConnected ? top - row.getBoundingClientRect().top : 0
    if (way) row.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: SLIDE, easing: "cubic-bezier(.2,0,0,1)" })
  }
  slidAt = now
}
