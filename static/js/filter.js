// The filter box of the list: it asks while one types, and its address is the state.
import { register } from "./commands.js"
import { openList } from "./open.js"
import { list } from "./rows.js"

const PAUSE = 250
let timer = 0

const form = () => document.getElementById("filter")
const input = () => document.getElementById("filter-q")

const address = () => {
  const values = new FormData(form())
  if (!values.get("q").trim()) values.delete("q")
  const query = new URLSearchParams(values)
  return list().dataset.url + (query.size ? `?${query}` : "")
}

// The list is drawn anew around the box: what was typed, and where, stays.
const ask = async () => {
  const at = input().selectionStart
  const isFocused = document.activeElement === input()
  const typed = input().value
  await openList(address(), { replace: true, keeps: true })
  form().hidden = false
  if (isFocused && input().value.trim() === typed.trim()) input().value = typed
  if (isFocused) { input().focus(); input().setSelectionRange(at, at) }
}

register("filter", () => {
  if (!form()) return
  const isShown = !form().hidden
  if (isShown && document.activeElement !== input()) return input().focus()
  form().hidden = isShown
  document.querySelector('[data-command="filter"]').setAttribute("aria-expanded", String(!isShown))
  if (!isShown) return input().focus()
  if (input().value) { input().value = ""; ask() }
})
register("unfilter", () => {
  const hadText = input().value !== ""
  input().value = ""
  form().hidden = true
  document.getElementById("list-h").focus()
  if (hadText) ask()
})
document.addEventListener("input", (event) => {
  if (event.target !== input() || event.isComposing) return
  clearTimeout(timer)
  timer = setTimeout(ask, PAUSE)
})
document.addEventListener("compositionend", (event) => { if (event.target === input()) { clearTimeout(timer); timer = setTimeout(ask, PAUSE) } })
document.addEventListener("submit", (event) => {
  if (event.target !== form()) return
  event.preventDefault()
  clearTimeout(timer)
  ask()
})
