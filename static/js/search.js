// The search page: it looks while one types, arrows walk through what was found, Enter opens the first.
import { fragment, pull } from "./pull.js"
import { paintTimes } from "./time.js"

const PAUSE = 250
const form = document.getElementById("search-form")
const input = document.getElementById("search-q")
const found = document.getElementById("found")
let asking = null
let timer = 0

const links = () => [...found.querySelectorAll("a.found__row, a.row")]

const look = async () => {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const url = `/search/?q=${encodeURIComponent(input.value.trim())}`
  try {
    const html = await pull(url, { target: "found", signal })
    const content = fragment(html)
    document.getElementById("facets").replaceWith(content.getElementById("facets"))
    found.replaceChildren(content)
    history.replaceState(history.state, "", url)
    paintTimes(found)
  } catch (failure) {
    if (!signal.aborted && failure.status !== 401) found.replaceChildren(document.getElementById("tpl-offline").content.cloneNode(true))
  }
}

const plan = () => { clearTimeout(timer); timer = setTimeout(look, PAUSE) }

const walk = (event) => {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!way || event.isComposing) return
  const all = links()
  const at = all.indexOf(document.activeElement)
  const next = at + way < 0 ? input : all[at + way]
  if (next) { event.preventDefault(); next.focus() }
}

if (form) {
  input.addEventListener("input", (event) => { if (!event.isComposing) plan() })
  input.addEventListener("compositionend", plan)
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    clearTimeout(timer)
    if (new URLSearchParams(location.search).get("q") !== input.value.trim()) await look()
    links()[0]?.click()
  })
  form.closest(".search").addEventListener("keydown", walk)
  paintTimes(found)
}
