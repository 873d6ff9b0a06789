// Going round the panes by keyboard, and putting the outer two away.
import { register, run } from "./commands.js"
import { opened } from "./open.js"
import { all, linkOf, rowOf } from "./rows.js"

const root = document.documentElement
const isWide = () => matchMedia("(min-width: 1080px)").matches
const isAlwaysThere = () => matchMedia("(min-width: 1280px)").matches

export const currentRow = () => document.activeElement?.closest?.("#rows > li[data-id]") ?? rowOf(opened())

const focusList = () => (linkOf(currentRow()) ?? linkOf(all()[0]) ?? document.getElementById("list-h"))?.focus()

const stops = [
  [() => document.getElementById("list"), focusList],
  [() => document.getElementById("scroller"), () => document.getElementById("scroller").focus()],
  [() => document.getElementById("composer"), () => run("reply")],
  [() => document.getElementById("side"), () => document.querySelector("#side a, #side button")?.focus()],
]

const cycle = (way) => {
  const seen = stops.filter(([pane]) => pane()?.checkVisibility())
  const at = seen.findIndex(([pane]) => pane().contains(document.activeElement))
  seen[(at + way + seen.length) % seen.length]?.[1]()
}

// One level up: composer, thread, list.
const up = () => {
  const composer = document.getElementById("composer")
  if (composer?.contains(document.activeElement)) return document.getElementById("scroller")?.focus()
  if (matchMedia("(max-width: 719.98px)").matches && opened()) return run("back")
  return focusList()
}

const toggleSide = () => {
  const side = document.getElementById("side")
  if (!isWide()) return side?.togglePopover?.()
  const isClosed = root.dataset.side === "closed"
  if (isClosed) delete root.dataset.side
  else root.dataset.side = "closed"
  localStorage.setItem("desk.side", isClosed ? "" : "closed")
}

const toggleViews = () => {
  if (!isAlwaysThere()) return document.getElementById("views")?.togglePopover()
  root.toggleAttribute("data-views-closed")
}

if (document.getElementById("list")) {
  if (localStorage.getItem("desk.side") === "closed") root.dataset.side = "closed"
  register("side", toggleSide)
  register("views", toggleViews)
  register("panes", () => cycle(1))
  register("panes-back", () => cycle(-1))
  register("up", up)
}
