// The menu over the text: saved replies after /, colleagues after @, emoji after : — it filters while a syllable is composed.
import { insert } from "./caret.js"
import { finds } from "./choseong.js"
import { emoji } from "./emoji.js"

const TRIGGER = /(?:^|\s)([/@:])([^\s/@:]{0,24})$/
const MOST = 8
const ECHO = 60
const kept = new Map()

const load = async (url) => {
  if (!kept.has(url)) kept.set(url, fetch(url, { headers: { "X-Requested-With": "fetch" } }).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer))).then(({ items }) => items))
  return kept.get(url).catch(() => { kept.delete(url); return [] })
}

export const colleagues = (form) => load(form.dataset.colleagues)

// Shortcuts and titles that begin with what was asked stand before those that only hold it.
const rank = ({ title, shortcut = "" }, query) => (finds(shortcut, query, { first: true }) ? 0 : finds(title, query, { first: true }) ? 1 : finds(shortcut, query) || finds(title, query) ? 2 : 3)
const ranked = (items, query) => items.map((item) => [rank(item, query), item]).filter(([place]) => place < 3).sort(([a], [b]) => a - b).map(([, item]) => item)

export class Suggest {
  constructor(form, area) {
    this.form = form
    this.area = area
    this.box = form.querySelector("#suggestions")
    this.at = 0
    this.actedAt = -ECHO
    area.addEventListener("input", () => this.look())
    area.addEventListener("blur", () => setTimeout(() => this.close(), 150))
    area.addEventListener("keydown", (event) => this.key(event), true)
    area.addEventListener("compositionend", () => this.isChoosing && setTimeout(() => { this.isChoosing = false; this.choose() }))
    this.box.addEventListener("pointerdown", (event) => event.preventDefault())
    this.box.addEventListener("click", (event) => this.isOpen && this.choose([...this.box.children].indexOf(event.target.closest("[role=option]"))))
  }

  get isOpen() { return this.mark !== undefined && !this.box.hidden && this.box.dataset.for === this.area.id }

  source(mark) {
    if (mark === ":") return emoji().map((item) => ({ ...item, text: item.sign, label: `${item.sign} ${item.title}` }))
    if (mark === "@" && this.area.dataset.kind === "note") return colleagues(this.form)
    if (mark === "/" && this.area.dataset.kind === "reply") return load(this.form.dataset.savedReplies)
    return null
  }

  async look() {
    const before = this.area.value.slice(0, this.area.selectionStart)
    const [, mark, query] = TRIGGER.exec(before) ?? []
    const source = mark && (mark !== ":" || query.length) && this.source(mark)
    if (!source) return this.close()
    this.from = before.length - query.length - 1
    const items = await source
    if (this.area.value.slice(this.from, this.area.selectionStart) !== mark + query) return null
    this.items = ranked(items, query).slice(0, MOST)
    this.mark = mark
    this.at = 0
    return this.items.length ? this.draw() : this.close()
  }

  draw() {
    this.box.dataset.for = this.area.id
    this.box.replaceChildren(...this.items.map((item, at) => this.option(item, at)))
    this.box.hidden = false
    this.area.setAttribute("aria-controls", "suggestions")
    this.select(this.at)
  }

  option(item, at) {
    const option = document.createElement("div")
    option.className = "menu__item"
    option.id = `suggestion-${at}`
    option.setAttribute("role", "option")
    const text = Object.assign(document.createElement("span"), { className: "menu__text" })
    text.append(Object.assign(document.createElement("span"), { className: "truncate", textContent: item.label ?? item.title, dir: "auto" }))
    if (item.text && !item.sign) text.append(Object.assign(document.createElement("small"), { className: "truncate", textContent: item.text.split("\n")[0], dir: "auto" }))
    option.append(text)
    if (this.mark === "/") option.append(Object.assign(document.createElement("span"), { className: "keys", textContent: `/${item.shortcut}` }))
    return option
  }

  select(at) {
    this.at = (at + this.items.length) % this.items.length
    for (const [index, option] of [...this.box.children].entries()) option.setAttribute("aria-selected", String(index === this.at))
    this.area.setAttribute("aria-activedescendant", `suggestion-${this.at}`)
    this.box.children[this.at]?.scrollIntoView({ block: "nearest" })
  }

  // A key that ends a composition is reported twice by some browsers; the second report within a moment is not another key.
  key(event) {
    if (!this.isOpen) return
    const name = event.keyCode === 229 ? event.code : event.key
    if (!["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(name) || event.metaKey || event.ctrlKey) return
    const isEcho = !event.isComposing && performance.now() - this.actedAt < ECHO
    event.preventDefault()
    event.stopImmediatePropagation()
    if (isEcho) return
    if (event.isComposing) this.actedAt = performance.now()
    if (name === "Escape") this.close()
    else if (name.startsWith("Arrow")) this.select(this.at + (name === "ArrowDown" ? 1 : -1))
    else if (event.isComposing) this.isChoosing = true
    else this.choose()
  }

  choose(at = this.at) {
    const item = this.items[at]
    const to = this.area.selectionStart
    if (!item || !this.isOpen) return
    const text = this.mark === "@" ? `@${item.title} ` : item.text
    this.close()
    insert(this.area, text, this.from, to)
    if (item.is_incomplete) this.markGap(text)
  }

  // A variable that nobody could fill in is selected, so that the writer fills it.
  markGap(text) {
    const [gap] = /\{\{[^}]*\}\}/.exec(text)
    const at = this.area.value.indexOf(gap, this.from)
    this.area.setSelectionRange(at, at + gap.length)
  }

  close() {
    if (this.box.dataset.for === this.area.id) this.box.hidden = true
    this.mark = undefined
    this.area.removeAttribute("aria-activedescendant")
  }
}

// "@이서연 " becomes "@[이서연](7) " on its way out, the longest name first.
export const named = async (form, text) => {
  if (!text.includes("@")) return text
  const people = [...(await colleagues(form))].sort((a, b) => b.title.length - a.title.length)
  return people.reduce((line, { id, title }) => line.replaceAll(`@${title}`, () => `@[${title.replace(/[\][]/g, "")}](${id})`), text)
}
