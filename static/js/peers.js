// In the rows: that a customer is typing, and which colleague has the conversation open.
import { fragment } from "./pull.js"
import { linkOf, list, rowOf } from "./rows.js"
import { t } from "./strings.js"

const TYPING = 6000
const VIEWING = 75_000
const typing = new Map()
const viewers = new Map()

const paintTyping = (id) => {
  const line = linkOf(rowOf(id))?.querySelector(".row__l3")
  if (!line) return
  const isOn = (typing.get(id) ?? 0) > Date.now()
  line.classList.toggle("row__l3--typing", isOn)
  const old = line.querySelector(".typing")
  if (!isOn) return old?.remove()
  if (old) return
  const word = document.createElement("span")
  word.className = "row__pre truncate typing"
  word.textContent = t("typing")
  line.querySelector(".row__pre").before(word)
}

const nameOf = (id) => [...(viewers.get(id)?.values() ?? [])].filter((one) => one.until > Date.now()).at(-1)?.name

// An answer that is due, or overdue, says more than who looks.
const paintViewer = (id) => {
  const line = linkOf(rowOf(id))?.querySelector(".row__l3")
  if (!line) return
  const name = line.querySelector(":scope > .chip--danger, :scope > .chip--warn") ? "" : nameOf(id)
  line.classList.toggle("row__l3--peer", Boolean(name))
  const old = line.querySelector(".chip--peer")
  if (!name) return old?.remove()
  const chip = old ?? fragment(document.getElementById("tpl-peer").innerHTML).firstElementChild
  if (chip.lastElementChild.textContent !== name) chip.lastElementChild.textContent = name
  if (!old) line.append(chip)
}

const paint = () => {
  for (const id of typing.keys()) paintTyping(id)
  for (const id of viewers.keys()) paintViewer(id)
  for (const [id, until] of typing) if (until < Date.now()) typing.delete(id)
}

document.addEventListener("live:typing", ({ detail: { conversation, agent } }) => {
  if (!conversation || agent !== undefined || !list()) return
  typing.set(String(conversation), Date.now() + TYPING)
  paintTyping(String(conversation))
})
document.addEventListener("live:presence", ({ detail: { conversation, agent, name, state } }) => {
  if (!conversation || !list() || String(agent) === document.body.dataset.agent) return
  const id = String(conversation)
  if (!viewers.has(id)) viewers.set(id, new Map())
  if (state === "away") viewers.get(id).delete(agent)
  else viewers.get(id).set(agent, { name, until: Date.now() + VIEWING })
  paintViewer(id)
})
// What a customer wrote ends the typing.
document.addEventListener("live:nudge", ({ detail }) => { if (detail.conversation) typing.set(String(detail.conversation), 0) })
document.addEventListener("desk:rows", paint)
document.addEventListener("desk:listed", paint)
setInterval(paint, 2000)
