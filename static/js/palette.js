// ⌘K: commands, places, customers and saved replies in one list; the server searches, the page runs what was chosen.
import { register, run } from "./commands.js"
import { about } from "./decisions.js"
import { listbox } from "./listbox.js"
import { open, opened, openList } from "./open.js"
import { fragment, pull } from "./pull.js"
import { list as inbox } from "./rows.js"
import { chosen } from "./select.js"

const PAUSE = 80
const AFTER = 1000
const KEPT = 60_000
const dialog = document.getElementById("command")
const input = document.getElementById("command-q")
const found = document.getElementById("command-list")
const kept = new Map()
let opener = null
let box = null
let asking = null
let timer = 0

const context = () => (chosen().length ? `chosen:${chosen().length}` : opened() ? `conversation:${opened()}` : "")

const fetched = async (url, signal) => {
  const known = kept.get(url)
  if (known && Date.now() - known.at < KEPT) return known.html
  const html = await pull(url, { signal })
  kept.set(url, { html, at: Date.now() })
  return html
}

const look = async () => {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const url = `/command/?q=${encodeURIComponent(input.value)}&ctx=${context()}`
  try {
    const html = await fetched(url, signal)
    if (signal.aborted) return
    found.replaceChildren(fragment(html))
    box.restart()
  } catch (failure) {
    if (!signal.aborted && failure.status !== 401) found.replaceChildren(document.getElementById("tpl-offline").content.cloneNode(true))
  }
}

const show = () => {
  if (dialog.open) return
  opener = document.activeElement
  input.value = ""
  dialog.showModal()
  box ??= listbox(input, found)
  input.focus()
  look()
}

// A saved reply goes where the cursor is in the answer; like typed text, so that it can be taken back.
const write = (text) => {
  run("reply")
  document.getElementById("reply")?.focus()
  document.execCommand("insertText", false, text)
}

const take = (option) => {
  const { commandName: command, href, conversation, listing, action, insert, text: _text, ...values } = option.dataset
  dialog.close()
  if (command) return setTimeout(run, 0, command)
  if (action) return about(action, chosen().length ? chosen() : [opened()], values)
  if (insert) return setTimeout(write, 0, insert)
  if (conversation && inbox()) return open(conversation, { focus: true, url: href })
  if (listing !== undefined && inbox()) return openList(href, { focus: true })
  location.assign(href)
}

if (dialog) {
  register("palette", show)
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, PAUSE) })
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]')
    if (option) { event.preventDefault(); take(option) }
    else if (event.target === dialog) dialog.close()
  })
  dialog.addEventListener("close", () => {
    box.stop()
    asking?.abort()
    if (opener?.isConnected) opener.focus({ preventScroll: true })
  })
  // The first look is at hand before it is asked for.
  setTimeout(() => fetched(`/command/?q=&ctx=${context()}`).catch(() => {}), AFTER)
}
