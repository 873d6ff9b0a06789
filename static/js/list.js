// The list keeps itself true: told that something changed it pulls those rows, and holds back what would move under the cursor.
import { register } from "./commands.js"
import { watch, unwatch } from "./live.js"
import { fragment, pull } from "./pull.js"
import * as lines from "./rows.js"
import { fill } from "./strings.js"
import { paintTimes } from "./time.js"
import { whole } from "./whole.js"

const PAUSE = 1000
const RETRY = 5000
const MOST = 200
const STALE = 120_000

const wanted = new Set()
const own = new Set()
const held = new Map()
let watched = []
let isPointed = false
let isBehind = false
let isPulling = false
let pulledAt = 0
let timer = 0

const data = () => lines.list()?.dataset
const isHeld = () => isPointed || Boolean(document.activeElement?.closest?.("#rows") && document.activeElement.matches(":focus-visible"))

const showHeld = () => {
  const pill = lines.list().querySelector(".newpill")
  pill.hidden = held.size === 0
  const text = pill.firstElementChild
  text.textContent = held.size === 1 ? text.dataset.one : fill(text.dataset.many, { n: held.size })
}

const showEmpty = () => {
  const isEmpty = lines.all().length === 0 && !lines.rows().querySelector(".more")
  lines.list().querySelector(".list__empty").hidden = !isEmpty
}

const settle = (fresh) => {
  const old = document.getElementById(fresh.id)
  const isOurs = own.delete(fresh.dataset.id ?? fresh.id.slice(4))
  const mayMove = isOurs || !isHeld()
  if ("gone" in fresh.dataset) {
    if (old && !isOurs && "barred" in fresh.dataset) document.dispatchEvent(new CustomEvent("desk:barred", { detail: lines.nameOf(old) }))
    return old && leave(old, isOurs)
  }
  if (!old) {
    if (!lines.belongs(fresh.dataset.key)) return null
    return mayMove ? lines.insert(fresh) : held.set(fresh.id, fresh)
  }
  const key = old.dataset.key
  old.classList.remove("is-gone")
  lines.morph(old, fresh)
  if (mayMove || lines.isInPlace(old)) return lines.move(old)
  old.dataset.key = key
  return held.set(fresh.id, fresh)
}

// Under the pointer a row that left only pales, so that the one below does not slip under a click.
const leave = (row, isOurs) => {
  held.delete(row.id)
  if (isPointed && !isOurs) return row.classList.add("is-gone")
  return lines.remove(row)
}

export const apply = (html) => {
  const fresh = [...fragment(html).querySelectorAll("li[id]")]
  lines.sliding(fresh.length, () => { for (const row of fresh) settle(row) })
  showHeld()
  showEmpty()
  lines.list().querySelector(".stale").hidden = true
  document.dispatchEvent(new CustomEvent("desk:rows"))
}

const release = () => {
  const waiting = [...held.values()]
  held.clear()
  lines.sliding(waiting.length, () => {
    for (const row of lines.rows().querySelectorAll(".is-gone")) lines.remove(row)
    for (const fresh of waiting) {
      const old = document.getElementById(fresh.id)
      if (!old) lines.insert(fresh)
      else { old.dataset.key = fresh.dataset.key; lines.move(old) }
    }
  })
  showHeld()
  showEmpty()
}

const ask = async (ids) => {
  const { url, query } = data()
  apply(await pull(`${url}rows/?ids=${ids.join(",")}&${query}`))
}

// After a gap: the first page again, and every row that was loaded beyond it by its number.
const catchUp = async () => {
  const { url, query } = data()
  const html = await pull(`${url}?after=&${query}`)
  const known = new Set([...fragment(html).querySelectorAll("li[data-id]")].map((row) => row.dataset.id))
  const rest = lines.all().map((row) => row.dataset.id).filter((id) => !known.has(id))
  apply(html)
  for (let at = 0; at < rest.length; at += MOST) await ask(rest.slice(at, at + MOST))
}

const work = async () => {
  timer = 0
  if (isPulling || document.hidden || !lines.list()) return
  isPulling = true
  pulledAt = Date.now()
  const ids = [...wanted].slice(0, MOST)
  const mustCatchUp = isBehind
  isBehind = false
  for (const id of ids) wanted.delete(id)
  try {
    await whole()
    if (mustCatchUp) await catchUp()
    else if (ids.length) await ask(ids)
  } catch (failure) {
    // Not lost: asked again soon, or when the agent is signed in again.
    isBehind = true
    if (failure.status !== 401) setTimeout(plan, RETRY)
  }
  isPulling = false
  if (wanted.size) plan()
}

const plan = ({ now = false } = {}) => {
  if (timer && !now) return
  clearTimeout(timer)
  timer = setTimeout(work, now ? 0 : Math.max(30, pulledAt + PAUSE - Date.now()))
}

const nudged = ({ detail }) => {
  if (!lines.list() || !watched.includes(detail.topic)) return
  if (detail.conversation) wanted.add(String(detail.conversation))
  else isBehind = true
  plan()
}

const watchOwn = () => {
  const topics = data()?.topics.split(" ") ?? []
  for (const topic of topics) if (!watched.includes(topic)) watch(topic, "list")
  for (const topic of watched) if (!topics.includes(topic)) unwatch(topic, "list")
  watched = topics
}

// A row that came with the next page and was there already, because it moved meanwhile, stands once.
const dropDoubles = () => {
  const seen = new Set()
  for (const row of lines.all()) {
    if (seen.has(row.id)) row.remove()
    seen.add(row.id)
  }
}

export const refresh = () => { isBehind = true; plan({ now: true }) }

const listed = () => {
  held.clear()
  wanted.clear()
  watchOwn()
  paintTimes(lines.rows())
}

// What this agent decided is shown at once, wherever the pointer is.
document.addEventListener("desk:decided", ({ detail }) => {
  for (const id of detail.done) { own.add(String(id)); wanted.add(String(id)) }
  plan({ now: true })
})
document.addEventListener("desk:drafted", ({ detail }) => {
  if (!lines.list()) return
  wanted.add(detail.id)
  plan()
})
document.addEventListener("live:nudge", nudged)
document.addEventListener("conversation:read", ({ detail }) => lines.markRead(detail.id))
document.addEventListener("desk:listed", listed)
document.addEventListener("visibilitychange", () => { if (!document.hidden && (wanted.size || isBehind)) plan() })
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (!target.closest?.("#rows")) return
  dropDoubles()
  paintTimes(lines.rows())
  document.dispatchEvent(new CustomEvent("desk:rows"))
})
document.addEventListener("pointerover", (event) => {
  const isOver = event.pointerType === "mouse" && Boolean(event.target.closest?.("#list"))
  if (isPointed && !isOver) { isPointed = false; release() }
  isPointed = isOver
})
document.documentElement.addEventListener("pointerleave", () => { if (isPointed) { isPointed = false; release() } })
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  if (target.closest?.("#rows") && !relatedTarget?.closest?.("#rows")) setTimeout(() => { if (!isHeld() && held.size) release() })
})
register("show-held", () => {
  const hadFocus = document.activeElement?.matches?.(".newpill")
  release()
  document.getElementById("list-body").scrollTo({ top: 0 })
  if (hadFocus) lines.linkOf(lines.all()[0])?.focus()
})
register("refresh", refresh)

const showStale = () => {
  const line = lines.list()?.querySelector(".stale")
  const isStale = document.documentElement.dataset.live !== "on" && pulledAt && Date.now() - pulledAt > STALE
  if (!line || !isStale || !line.hidden) return
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short", timeZone: document.body.dataset.timeZone || undefined })
  const text = line.firstElementChild
  text.textContent = fill(text.dataset.text, { time: at.format(pulledAt) })
  line.hidden = false
}

if (lines.list()) {
  pulledAt = Date.now()
  watchOwn()
  paintTimes()
  setInterval(showStale, 10_000)
  // What becomes due does so by the clock, and no nudge tells of it.
  setInterval(() => { if (data()?.view === "due") refresh() }, 60_000)
}
