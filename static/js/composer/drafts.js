// What is being written: on this device with every letter, on the server when the writer pauses.
import { post } from "../conversation/http.js"

const IDLE = 800
const timers = new Map()
const running = new Map()

const key = (form, kind) => `draft:${document.body.dataset.agent}:${form.dataset.conversation}:${kind}`

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null")
  } catch {
    return null
  }
}

// The copy that was written last: this device's if the server does not have it yet, else the server's.
export const restored = (form, area) => {
  const kept = read(key(form, area.dataset.kind))
  const version = Number(area.dataset.version)
  if (!kept?.isAhead || kept.version < version) return null
  return kept
}

export const save = (form, area, fields, told) => {
  const name = key(form, area.dataset.kind)
  const draft = { text: area.value, fields, version: Number(area.dataset.version), isAhead: true }
  if (draft.text) localStorage.setItem(name, JSON.stringify(draft))
  else localStorage.removeItem(name)
  told("local")
  clearTimeout(timers.get(name))
  timers.set(name, setTimeout(() => running.set(name, store(form, area, fields, told)), IDLE))
}

const store = async (form, area, fields, told) => {
  const name = key(form, area.dataset.kind)
  const body = new URLSearchParams({ kind: area.dataset.kind, text: area.value, version: area.dataset.version, fields_json: JSON.stringify(fields) })
  const text = area.value
  const answer = await post(form.dataset.draft, body).catch(() => null)
  running.delete(name)
  if (!answer || (!answer.ok && answer.status !== 409)) return
  const kept = await answer.json()
  area.dataset.version = kept.version
  if (answer.status === 409) return told("newer", kept)
  const local = read(name)
  if (local?.text === text) localStorage.setItem(name, JSON.stringify({ ...local, version: kept.version, isAhead: false }))
  told(text ? "saved" : "empty")
  if (area.dataset.kind === "reply" && (!text || kept.version === 1)) tellList(form.dataset.conversation)
}

// The list shows where one has begun to write.
const tellList = (id) => document.dispatchEvent(new CustomEvent("desk:drafted", { detail: { id } }))

// Sent: the draft is over. A save that is on its way ends first, or it would come back to life.
export const finish = async (form, area) => {
  const name = key(form, area.dataset.kind)
  clearTimeout(timers.get(name))
  localStorage.removeItem(name)
  area.dataset.version = 0
  await running.get(name)
  area.dataset.version = 0
}
