// One socket a tab. It hears that something changed and tells the page by events; what changed is pulled over HTTP.
import { announce } from "./announce.js"
import { t } from "./strings.js"

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000
const BEAT = 25_000
const SILENCE = 45_000
const NOTICED_AFTER = 1500
const POLL_AFTER_FAILURES = 3
const POLL_EVERY = 5000
const SIGNED_OUT = 4401

const owners = new Map()
const asked = new Set()
let socket = null
let failures = 0
let heardAt = 0
let retry = 0
let notice = 0
let isStopped = false

const isOpen = () => socket?.readyState === WebSocket.OPEN
const emit = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }))

// A nudge is {topic, …ids}; one with a topic alone means: look again, something may have been missed.
const nudge = (detail) => emit("live:nudge", detail)
const nudgeAll = () => { for (const topic of owners.keys()) nudge({ topic }) }

export const send = (message) => isOpen() && socket.send(JSON.stringify(message))

const ask = (topic) => {
  if (!isOpen() || asked.has(topic)) return
  asked.add(topic)
  send({ type: "watch", topic })
}

// Whoever joins asks anew, though others watch it already: the answer makes everyone look, so nothing is missed that came before.
export const watch = (topic, owner = "page") => {
  owners.set(topic, (owners.get(topic) ?? new Set()).add(owner))
  ask(topic)
}

export const unwatch = (topic, owner = "page") => {
  const known = owners.get(topic)
  if (!known?.delete(owner) || known.size) return
  owners.delete(topic)
  asked.delete(topic)
  send({ type: "unwatch", topic })
}

const show = (state) => {
  const before = document.documentElement.dataset.live
  if (before === state) return
  document.documentElement.dataset.live = state
  for (const line of document.querySelectorAll("[data-live-text]")) line.firstElementChild.textContent = line.dataset[state]
  if (state !== "on") announce(t("reconnecting"))
  else if (before) announce(t("reconnected"))
  emit("live:state", { state })
}

const showTrouble = () => { notice ||= setTimeout(() => show(navigator.onLine ? "wait" : "off"), NOTICED_AFTER) }

const opened = () => {
  failures = 0
  heardAt = Date.now()
  clearTimeout(notice)
  notice = 0
  asked.clear()
  for (const topic of owners.keys()) ask(topic)
  show("on")
}

const heard = ({ data }) => {
  heardAt = Date.now()
  // The browser said "offline" and the socket outlived it.
  show("on")
  const message = JSON.parse(data)
  if (message.type) asked.delete(message.topic)
  if (message.type === "watching") return nudge({ topic: message.topic })
  if (message.type === "refused") return emit("live:refused", message)
  if (message.topic) emit(message.kind ? `live:${message.kind}` : "live:nudge", message)
}

const closed = (event) => {
  if (event.target !== socket) return
  socket = null
  showTrouble()
  if (event.code === SIGNED_OUT) {
    isStopped = true
    return emit("live:signed-out")
  }
  failures += 1
  const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
  clearTimeout(retry)
  retry = setTimeout(connect, pause * (0.5 + Math.random() / 2))
}

export const connect = () => {
  clearTimeout(retry)
  if (isStopped || (socket && socket.readyState <= WebSocket.OPEN)) return
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/desk/`)
  socket.addEventListener("open", opened)
  socket.addEventListener("message", heard)
  socket.addEventListener("close", closed)
}

// Signed in again: everything may go on.
export const resume = () => { isStopped = false; failures = 0; connect() }

const abandon = () => {
  const dead = socket
  socket = null
  dead?.close()
  showTrouble()
  connect()
}

const beat = () => {
  if (!isOpen()) return
  if (Date.now() - heardAt > SILENCE) return abandon()
  send({ type: "ping" })
}

const wake = () => {
  if (!isOpen()) return connect()
  // A laptop that slept has a socket that looks open; ask, and give up soon when nothing answers.
  const asked = Date.now()
  send({ type: "ping" })
  setTimeout(() => { if (heardAt < asked && isOpen()) abandon() }, 3000)
}

if (document.body.dataset.agent) {
  setInterval(beat, BEAT)
  setInterval(() => { if (failures >= POLL_AFTER_FAILURES && !document.hidden && !isStopped) nudgeAll() }, POLL_EVERY)
  addEventListener("online", wake)
  addEventListener("offline", () => { clearTimeout(notice); notice = 0; show("off") })
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wake() })
  addEventListener("pageshow", (event) => { if (event.persisted) wake() })
  document.addEventListener("click", (event) => { if (event.target.closest("[data-reconnect]")) { failures = 0; connect() } })
  connect()
}
