// A message shows at once, pale, while it is on its way; the real line takes its place, or it says why it stays.
import { announce } from "../announce.js"
import { fragment } from "../pull.js"
import { again, drop, entries, isOld } from "./outbox.js"

const thread = () => document.querySelector("desk-thread")
const pane = () => document.getElementById("conversation")
const isHere = (entry) => pane()?.dataset.conversation === entry.conversation
export const find = (cid) => thread()?.querySelector(`[data-cid="${CSS.escape(cid)}"]`)
const clock = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short", timeZone: document.body.dataset.timeZone || undefined }).format(at)

export const show = (entry) => {
  if (!isHere(entry) || find(entry.cid)) return
  const template = thread().querySelector(entry.kind === "note" ? "#tpl-note" : "#tpl-out")
  const bubble = template.content.firstElementChild.cloneNode(true)
  bubble.dataset.cid = entry.cid
  bubble.querySelector("[data-text]").textContent = entry.text
  bubble.querySelector("time").textContent = clock(entry.at)
  thread().list.append(bubble)
  thread().toBottom()
}

const state = (cid, text) => {
  const bubble = find(cid)
  if (!bubble?.classList.contains("m--pending")) return
  bubble.querySelector("[data-busy]").hidden = Boolean(text)
  bubble.querySelector("[data-failed]").hidden = !text
  if (text) bubble.querySelector("[data-reason]").textContent = text
}

const words = (cid) => find(cid)?.querySelector("[data-reason]")?.dataset ?? {}

document.addEventListener("outbox:sending", ({ detail }) => state(detail.cid, ""))
document.addEventListener("outbox:waiting", ({ detail }) => {
  state(detail.cid, detail.status === 401 ? words(detail.cid).signedOut : words(detail.cid).offline)
})
document.addEventListener("outbox:sent", ({ detail }) => {
  const form = document.getElementById("composer")
  announce(detail.kind === "note" ? form?.dataset.tNoted : form?.dataset.tSent)
  if (isHere(detail) && thread()) thread().add(fragment(detail.html).querySelectorAll("li"))
})
document.addEventListener("outbox:refused", ({ detail }) => {
  const text = fragment(detail.html).textContent.trim().replace(/\s+/g, " ")
  state(detail.cid, detail.status === 409 || !text ? document.getElementById("composer")?.dataset.tFailed : text)
})

// A conversation that is opened again shows what it still has on its way.
document.addEventListener("thread:ready", () => {
  for (const entry of entries()) {
    show(entry)
    if ((entry.problem || isOld(entry)) && isHere(entry)) state(entry.cid, words(entry.cid).offline)
  }
})

document.addEventListener("click", ({ target }) => {
  const bubble = target.closest(".m--pending")
  if (!bubble) return
  if (target.closest("[data-again]")) again(bubble.dataset.cid)
  if (target.closest("[data-drop]")) discard(bubble)
})

// Nothing that was written is thrown away: it goes back into an empty composer.
export const discard = (bubble) => {
  const entry = entries().find((one) => one.cid === bubble.dataset.cid)
  drop(bubble.dataset.cid)
  bubble.remove()
  if (entry) document.dispatchEvent(new CustomEvent("composer:restore", { detail: entry }))
}

