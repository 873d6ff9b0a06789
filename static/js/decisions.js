// What agents decide from the list or the conversation by one key: resolve and go on, reopen, take, mark unread.
import { announce } from "./announce.js"
import { register } from "./commands.js"
import { mark, open, opened } from "./open.js"
import { decide } from "./pull.js"
import { all, linkOf, nameOf, rowOf } from "./rows.js"
import { subjects } from "./select.js"
import { t } from "./strings.js"
import { toast } from "./toasts.js"

const BULK = "/inbox/bulk/"

const AT_ONCE = 100

const once = async (action, ids, values) => {
  let done = []
  const hear = ({ detail }) => { done = detail.done }
  document.addEventListener("desk:decided", hear, { once: true })
  await decide(BULK, { action, ids: ids.join(","), ...values })
  document.removeEventListener("desk:decided", hear)
  return done
}

// The open pane may be about to tell the desk that it was read: it is asked first.
const spare = (ids) => {
  const settled = []
  document.dispatchEvent(new CustomEvent("desk:unread", { detail: { ids, settled } }))
  return Promise.all(settled)
}

// Decide about conversations; gives those for which it was done.
export const about = async (action, ids, values = {}) => {
  if (action === "unread") await spare(ids)
  const done = []
  for (let at = 0; at < ids.length; at += AT_ONCE) done.push(...await once(action, ids.slice(at, at + AT_ONCE), values))
  return done
}

const nextOf = (ids) => {
  const rows = all()
  const at = rows.findIndex((row) => row.dataset.id === ids.at(-1))
  const isLeft = (row) => !ids.includes(row.dataset.id)
  return rows.slice(at + 1).find(isLeft) ?? rows.slice(0, Math.max(at, 0)).reverse().find(isLeft)
}

// Resolved: the next row takes the place, in the pane too when the conversation was open there.
const resolve = async () => {
  const ids = subjects()
  if (!ids.length) return
  const next = nextOf(ids)
  const wasOpen = ids.includes(opened())
  const isOnList = document.documentElement.dataset.screen === "list" || !matchMedia("(max-width: 719.98px)").matches
  const done = await about("resolve", ids)
  if (!done.length) return
  if (!next) return document.getElementById("list-h")?.focus()
  if (wasOpen && isOnList) await open(next.dataset.id)
  else mark(opened())
  linkOf(rowOf(next.dataset.id))?.focus({ preventScroll: false })
  announce(t("resolvedNext", { name: nameOf(next) }))
}

const each = (action, values) => () => {
  const ids = subjects()
  if (ids.length) about(action, ids, values)
}

register("resolve", resolve)
register("reopen", each("reopen"))
register("pending", each("pending"))
register("assign-me", each("assign", { agent: "me" }))
register("unassign", each("assign", { agent: "" }))
register("unread", each("unread"))
for (const level of [1, 2, 3, 4]) register(`priority-${level}`, each("priority", { priority: level }))

// A decision that could not be carried out says so by a toast of its own; silence means the server did not answer at all.
document.addEventListener("htmx:sendError", () => toast(t("notSent"), { bad: true }))
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isToast = detail.xhr.getResponseHeader("HX-Reswap") === "none"
  if (isToast && [409, 422].includes(detail.xhr.status)) { detail.shouldSwap = true; detail.isError = false }
})
document.addEventListener("submit", (event) => {
  if (!event.target.matches("#bulk")) return
  event.preventDefault()
  resolve()
})
