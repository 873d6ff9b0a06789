// Opening conversations and lists without leaving the page: every one has its address, and back and forward lead to it.
import { announce } from "./announce.js"
import { register } from "./commands.js"
import { Failed, fragment, pull } from "./pull.js"
import { linkOf, list, markRead, rowOf, rows } from "./rows.js"
import { t } from "./strings.js"
import { setTitle } from "./title.js"

const PATIENCE = 300
const CONVERSATION = /^\/conversations\/(\d+)\/$/
const LISTING = /^\/inbox\/[\w-]+\/$/
let asking = null

const address = (url) => new URL(url, location.href)
const openId = () => document.getElementById("conversation")?.dataset.conversation ?? ""
const isNarrow = () => matchMedia("(max-width: 719.98px)").matches

// The list that stands beside a conversation, as its address says.
const listingOf = (url) => {
  const query = new URLSearchParams(url.search)
  const view = query.get("view")
  query.delete("view")
  return LISTING.test(url.pathname) ? url.pathname + url.search : view ? `/inbox/${view}/${query.size ? `?${query}` : ""}` : ""
}

const here = () => (list() ? list().dataset.url + (list().dataset.query ? `?${list().dataset.query}` : "") : "")

export const mark = (id) => {
  for (const link of rows()?.querySelectorAll("a.row[aria-current]") ?? []) link.removeAttribute("aria-current")
  linkOf(rowOf(id))?.setAttribute("aria-current", "true")
}

const put = (id, html) => {
  const fresh = fragment(html).getElementById(id)
  if (!fresh) return
  fresh.removeAttribute("hx-swap-oob")
  htmx.swap(`#${id}`, fresh.outerHTML, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 })
}

const showLater = (id, template) => setTimeout(() => {
  const place = document.getElementById(id)
  place?.replaceChildren(document.getElementById(template).content.cloneNode(true))
}, PATIENCE)

const showError = (id, failure, retry) => {
  const card = document.getElementById("tpl-error").content.cloneNode(true)
  card.querySelector("code").textContent = failure.status ?? ""
  card.querySelector("button").addEventListener("click", retry)
  document.getElementById(id).replaceChildren(card)
}

const fetchPane = async (id, search, signal) => {
  try {
    return await pull(`/conversations/${id}/pane/${search}`, { target: "conversation", signal })
  } catch (failure) {
    if (failure instanceof Failed && [403, 404].includes(failure.status) && failure.html.includes("conversation")) return failure.html
    throw failure
  }
}

// Show a conversation in its pane; the answer that comes last never hides the one that was asked for last.
const show = async (id, search, { focus = false } = {}) => {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const skeleton = showLater("conversation", "tpl-loading")
  mark(id)
  document.documentElement.dataset.screen = "conversation"
  try {
    const html = await fetchPane(id, search, signal)
    clearTimeout(skeleton)
    if (signal.aborted) return
    put("conversation", html)
    put("side", html)
    shown(id, focus)
  } catch (failure) {
    clearTimeout(skeleton)
    if (signal.aborted || failure.status === 401) return
    showError("conversation", failure, () => show(id, search, { focus }))
  }
}

const shown = (id, focus) => {
  const heading = document.getElementById("conv-h")?.textContent
  if (heading) setTitle(`${heading} · ${list()?.dataset.title ?? ""}`)
  markRead(id)
  if (focus) document.getElementById("conversation").focus({ preventScroll: true })
  document.dispatchEvent(new CustomEvent("desk:opened", { detail: { id } }))
}

const remember = (url, replace) => {
  keepScroll()
  history[replace ? "replaceState" : "pushState"]({ desk: true, scroll: scroll() }, "", url)
}

const scroll = () => document.getElementById("list-body")?.scrollTop ?? 0
const keepScroll = () => history.replaceState({ ...history.state, desk: true, scroll: scroll() }, "")

export const open = (id, { focus = false, replace = false, url = linkOf(rowOf(id))?.getAttribute("href") } = {}) => {
  const to = address(url ?? `/conversations/${id}/?view=${list()?.dataset.view ?? "all"}`)
  if (to.href !== location.href) remember(to, replace)
  return show(id, to.search, { focus })
}

// No conversation open: the hint stands in the pane, and on a narrow screen the list is seen.
const close = () => {
  asking?.abort()
  document.documentElement.dataset.screen = "list"
  if (openId()) {
    const html = document.getElementById("tpl-nothing").innerHTML
    put("conversation", html)
    put("side", html)
    document.dispatchEvent(new CustomEvent("desk:closed"))
  }
  mark("")
  setTitle(list()?.dataset.title ?? "")
}

const showList = async (url, { focus = false, top = 0 } = {}) => {
  const skeleton = showLater("list-body", "tpl-loading-list")
  try {
    const html = await pull(url, { target: "list" })
    clearTimeout(skeleton)
    put("list", html)
  } catch (failure) {
    clearTimeout(skeleton)
    return failure.status !== 401 && showError("list-body", failure, () => showList(url, { focus, top }))
  }
  for (const link of document.querySelectorAll(".vlink")) {
    const isCurrent = link.dataset.view === list().dataset.view
    if (isCurrent) link.setAttribute("aria-current", "page")
    else link.removeAttribute("aria-current")
  }
  document.getElementById("list-body").scrollTop = top
  document.dispatchEvent(new CustomEvent("desk:listed"))
  if (focus) document.getElementById("list-h").focus({ preventScroll: true })
}

// Beside an open conversation, the list's address goes along as its query.
const beside = (url, id) => {
  const { pathname, search } = address(url)
  return `/conversations/${id}/?view=${pathname.split("/")[2]}${search.replace("?", "&")}`
}

export const openList = async (url, { focus = false, replace = false, keeps = false } = {}) => {
  const isKept = keeps && openId() !== ""
  remember(isKept ? beside(url, openId()) : url, replace)
  document.getElementById("views")?.matches(":popover-open") && document.getElementById("views").hidePopover()
  await showList(url, { focus })
  if (!isKept) close()
  announce(list().dataset.title)
}

const restore = async ({ state }) => {
  const url = address(location.href)
  const [, id] = CONVERSATION.exec(url.pathname) ?? []
  if (!list() || (!id && !LISTING.test(url.pathname))) return location.reload()
  const listing = listingOf(url)
  if (listing && listing !== here()) await showList(listing, { top: state?.scroll ?? 0 })
  if (!id) return close()
  await show(id, url.search)
  return linkOf(rowOf(id))?.focus({ preventScroll: true })
}

const isPlain = (event) => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]")
  if (!link || !isPlain(event) || event.defaultPrevented || !list()) return
  if (link.matches("#rows a.row")) {
    event.preventDefault()
    open(link.closest("li").dataset.id, { focus: event.detail === 0 || isNarrow() })
  } else if (link.dataset.open) {
    event.preventDefault()
    open(link.dataset.open, { focus: true, url: link.getAttribute("href") })
  } else if (link.matches("a[data-listing], .vlink[data-view]")) {
    event.preventDefault()
    link.closest("[popover]")?.hidePopover?.()
    openList(link.getAttribute("href"), { focus: event.detail === 0 })
  }
})

// Somebody gave it to a team whose conversations this agent does not see.
const leave = async () => {
  await show(openId(), location.search)
  setTitle(list().dataset.title)
  if (document.activeElement === document.body) document.getElementById("conversation").focus({ preventScroll: true })
}

register("back", () => {
  const id = openId()
  remember(here(), false)
  close()
  linkOf(rowOf(id))?.focus()
})

if (list()) {
  history.scrollRestoration = "manual"
  if (openId()) mark(openId())
  addEventListener("popstate", restore)
  document.addEventListener("thread:gone", leave)
  document.addEventListener("desk:listed", () => { if (openId()) mark(openId()) })
  document.addEventListener("desk:rows", () => { if (openId()) linkOf(rowOf(openId()))?.setAttribute("aria-current", "true") })
}
export const opened = openId
