// The keyboard map. A letter is the key's own where it is Latin, else the key at that place, so Hangul mode does the same.
import { run } from "./commands.js"

const PLAIN = {
  j: "next", k: "previous", o: "open", e: "resolve", E: "reopen", a: "assign", i: "assign-me", t: "team", h: "snooze",
  l: "tags", u: "unread", x: "select", J: "extend-down", K: "extend-up", c: "new", r: "reply", n: "note", s: "filter",
  z: "undo", ".": "show-held", "?": "shortcuts", "[": "views", "]": "side",
}
const AFTER = {
  g: { i: "/inbox/mine/", u: "/inbox/unassigned/", m: "/inbox/mentions/", s: "/inbox/snoozed/", t: "team", c: "/customers/" },
  p: { 1: "priority-1", 2: "priority-2", 3: "priority-3", 4: "priority-4" },
}
const PATIENCE = 1500
const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable='true']"
const SIGNS = { Period: ".", Slash: "/", BracketLeft: "[", BracketRight: "]" }

let first = ""
let timer = 0

// The field of a dialog that was just closed has the focus for one more moment.
const isField = (target) => target.matches?.(FIELDS) && target.checkVisibility()

const mode = () => document.body.dataset.shortcuts || "letters"

export const letter = (event) => {
  const { key, code, shiftKey } = event
  if (key.length === 1 && key.charCodeAt(0) < 128 && !(event.altKey && /[^\w]/.test(key))) return key
  const plain = /^Key([A-Z])$/.exec(code)?.[1] ?? /^Digit(\d)$/.exec(code)?.[1] ?? SIGNS[code] ?? ""
  if (plain === "/" && shiftKey) return "?"
  return shiftKey ? plain : plain.toLowerCase()
}

const isBusy = () => document.querySelector("dialog[open], [popover]:popover-open:not(#toasts)") !== null
const forget = () => { first = ""; clearTimeout(timer) }

const go = (to) => {
  if (!to.startsWith("/")) return to === "team" ? document.querySelector('.vlink[data-view^="team-"]')?.click() : run(to)
  const link = document.querySelector(`.vlink[href="${to}"]`)
  return link ? link.click() : location.assign(to)
}

// Whether a sequence such as G then U was begun or ended by this letter.
const sequence = (sign) => {
  if (first) {
    const to = AFTER[first][sign]
    forget()
    if (to) go(to)
    return true
  }
  if (!(sign in AFTER)) return false
  first = sign
  timer = setTimeout(forget, PATIENCE)
  return true
}

const combination = (event) => {
  const sign = letter(event).toLowerCase()
  if (sign === "k") return event.shiftKey ? "channel" : "palette"
  if (sign === "a" && event.target.closest?.("#list") && !event.target.matches("input:not(.row__pick)")) return "select-all"
  if (sign === "j") return "attach"
  return sign === "." ? "article" : null
}

const named = (event) => {
  if (event.key === "F6") return event.shiftKey ? "panes-back" : "panes"
  if (event.metaKey || event.ctrlKey) return combination(event)
  if (event.key === "Escape") return event.target.matches?.("#filter-q") ? "unfilter" : "up"
  if (isField(event.target) || event.target.closest?.("[role=menu], [role=tablist]")) return null
  const isOnList = event.target === document.body || event.target.closest?.("#list")
  if (event.key === "ArrowDown" && isOnList) return "next"
  return event.key === "ArrowUp" && isOnList ? "previous" : null
}

const byLetter = (event) => {
  const isAlt = mode() === "alt"
  if (mode() === "off" || event.metaKey || event.ctrlKey || event.altKey !== isAlt) return false
  if (isField(event.target) && !(event.target.matches(".row__pick") || isAlt)) return false
  const sign = letter(event)
  if (sequence(sign)) return true
  if (!PLAIN[sign]) return false
  run(PLAIN[sign], event.target)
  return true
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || isBusy()) return
  const command = named(event)
  if (command) {
    event.preventDefault()
    return run(command, event.target)
  }
  if (byLetter(event)) event.preventDefault()
})
