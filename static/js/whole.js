// The desk comes in two parts: this one draws, opens and hears; the other comes once the page stands and does the rest.
// What is asked of the other part before it is there is kept, with all that follows, and done in that order.
const PART = { script: asset("./more.js"), sheet: asset("../css/more.css") }
const AT_MOST = 1500
const AGAIN = 3000
const STALE = 10_000
const OWN = "button, summary, .row__pick, [data-copy], [data-lightbox], [data-open]"

const kept = []
let loading = null
let isHere = false

export const isWhole = () => isHere

const made = (name, given) => new Promise((resolve, reject) => {
  const node = Object.assign(document.createElement(name), given)
  node.addEventListener("load", resolve)
  node.addEventListener("error", () => { node.remove(); reject(new Error(given.src ?? given.href)) })
  document.head.append(node)
})

const load = async () => {
  await made("link", { rel: "stylesheet", href: PART.sheet })
  await made("script", { src: PART.script })
  isHere = true
  for (const { at, act } of kept.splice(0)) if (performance.now() - at < STALE) act()
}

// Resolves once everything is there; while the line is down it is tried again.
export const whole = () => loading ??= load().catch(() => {
  loading = null
  return new Promise((resolve) => setTimeout(() => resolve(whole()), AGAIN))
})

export const later = (act) => { kept.push({ at: performance.now(), act }); whole() }

// What was carried can only be read while its event lasts.
const carried = ({ clipboardData, dataTransfer }) => {
  const copy = new DataTransfer()
  for (const file of (clipboardData ?? dataTransfer).files) copy.items.add(file)
  return copy
}

// A key goes where the focus is by now: after R, what follows is the answer and not a row of commands.
const press = (event) => {
  const at = document.activeElement
  const isTaken = !at.dispatchEvent(new KeyboardEvent("keydown", event))
  const text = event.key === "Enter" ? "\n" : event.key
  if (!isTaken && text.length === 1 && at.matches("input, textarea")) document.execCommand("insertText", false, text)
}

const again = (event, files) => {
  const { target, submitter } = event
  if (event.type === "keydown") return press(event)
  if (!target.isConnected) return
  if (event.type === "submit") return target.requestSubmit(submitter)
  const given = files ? { bubbles: true, cancelable: true, clipboardData: files, dataTransfer: files } : event
  target.dispatchEvent(new event.constructor(event.type, given))
}

const isTyped = ({ key, ctrlKey, metaKey, target }) => !(key === "Enter" || ctrlKey || metaKey) && target.matches("input, textarea, select")

// A letter is typed as ever; what sends is the composer's. Once something waits, what follows waits behind it.
const waits = (event) => {
  if (event.type === "keydown") {
    if (event.isComposing || event.keyCode === 229 || isTyped(event)) return false
    return kept.length > 0 || Boolean(event.key === "Enter" && event.target.closest("desk-composer") && sends(event))
  }
  return kept.length > 0 || event.type === "submit" || Boolean(event.target.closest(OWN) && !event.target.closest("[data-command]"))
}

const sends = (event) => event.ctrlKey || event.metaKey || (document.body.dataset.enterSends === "true" && !event.shiftKey)

const hold = (event, files) => {
  event.preventDefault()
  event.stopImmediatePropagation()
  later(() => again(event, files))
}

for (const name of ["click", "keydown", "submit"]) addEventListener(name, (event) => { if (!isHere && waits(event)) hold(event) }, true)
for (const name of ["paste", "drop"]) addEventListener(name, (event) => {
  const files = isHere ? null : carried(event)
  if (files?.files.length) hold(event, files)
}, true)
addEventListener("dragover", (event) => { if (!isHere) event.preventDefault() })
// Typing and choosing go on at once; the other part hears of it when it is there.
for (const name of ["input", "change"]) addEventListener(name, (event) => { if (!isHere) later(() => again(event)) }, true)
if (document.readyState === "complete") whole()
else addEventListener("load", () => setTimeout(whole))
setTimeout(whole, AT_MOST)
