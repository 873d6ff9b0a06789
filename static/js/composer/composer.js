// The composer: two pads that never mix, a channel with its limits, files, copies, drafts; sending shows at once.
import { register } from "../commands.js"
import { send as tell } from "../live.js"
import { drawApproved, dropApproved, isApproved } from "./approved.js"
import { insert } from "./caret.js"
import { Copies } from "./copies.js"
import * as drafts from "./drafts.js"
import { listenForSend } from "./ime.js"
import { takeFiles } from "./intake.js"
import { toggleLater } from "./later.js"
import { drawPlan, offerPlans, resetPlan, togglePlan } from "./plan.js"
import { drawPreview, togglePreview } from "./preview.js"
import { clearQuick, drawQuick, showQuick, takeQuick } from "./quick.js"
import { dropQuote, quote } from "./quoting.js"
import * as routes from "./routes.js"
import { Sender } from "./sender.js"
import { Suggest } from "./suggest.js"
import { Uploads } from "./uploads.js"

const TYPING_MS = 3000

export class DeskComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form")
    this.areas = { reply: this.form.querySelector("#reply"), note: this.form.querySelector("#note") }
    this.uploads = new Uploads(this.form, () => this.draw())
    this.copies = new Copies(this.form, (problem) => this.copied(problem))
    this.gone = new AbortController()
    const { signal } = this.gone
    for (const area of Object.values(this.areas)) this.prepare(area)
    for (const part of ["#approved", "#envelope"]) this.prepareLines(this.form.querySelector(part))
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.sender.send() })
    this.form.addEventListener("click", (event) => this.clicked(event))
    this.form.querySelector("#file-picker").addEventListener("change", ({ target }) => { this.uploads.add([...target.files]); target.value = "" })
    this.form.querySelector(".tabs").addEventListener("keydown", (event) => this.tabbed(event))
    this.form.addEventListener("change", (event) => event.target.closest("#envelope") && this.keep())
    this.form.querySelector("#approved").addEventListener("input", () => this.problem(""))
    this.form.addEventListener("change", (event) => event.target.closest("#plan") && drawPlan(this.form))
    this.form.addEventListener("focusin", () => offerPlans(this.form))
    document.addEventListener("composer:restore", ({ detail }) => this.restore(detail), { signal })
    this.sender = new Sender(this, signal)
    takeFiles(this.form, this.closest("#conversation") ?? this, this.uploads, signal)
    takeQuick(this.form)
    document.addEventListener("click", (event) => this.asked(event), { signal })
    routes.draw(this.form)
    this.bringBack()
    this.drawWay()
    this.draw()
    this.isReady = true
    // Somebody may have begun to write before this came to life.
    if (this.form.contains(document.activeElement)) offerPlans(this.form)
  }

  disconnectedCallback() { this.gone.abort() }

  get mode() { return this.form.dataset.mode }
  get area() { return this.areas[this.mode] }

  prepare(area) {
    new Suggest(this.form, area)
    area.addEventListener("input", () => this.typed())
    listenForSend(area, (event) => this.wantsSend(event), () => this.sendAsked())
  }

  // Fields of one line send as the pad does; Enter alone, with which a browser sends a form, does nothing there.
  prepareLines(part) {
    const isLine = ({ target }) => target.matches("input:not([type=checkbox])")
    listenForSend(part, (event) => isLine(event) && this.wantsSend(event), () => this.sendAsked())
    part.addEventListener("keydown", (event) => { if (event.key === "Enter" && isLine(event)) event.preventDefault() })
  }

  sendAsked() { return this.sender.send(this.isResolving ? "resolve" : "") }

  // ⌘↵ sends; Enter too for those who chose so, with Shift for a new line; ⌘⇧↵ sends and resolves.
  wantsSend(event) {
    const isAsked = event.metaKey || event.ctrlKey
    this.isResolving = isAsked && event.shiftKey && this.mode === "reply"
    return isAsked || (document.body.dataset.enterSends === "true" && !event.shiftKey && !event.altKey)
  }

  typed() {
    this.keep()
    this.problem("")
    this.draw()
    if (Date.now() - (this.toldAt ?? 0) < TYPING_MS || !this.area.value) return
    this.toldAt = Date.now()
    tell({ type: "typing", topic: this.form.dataset.topic, mode: this.mode })
  }

  fields() {
    const { route, subject } = this.form.elements
    if (this.mode === "note") return { files: this.uploads.kept }
    return { route: route.value, subject: subject?.value, ...this.copies.chosen, files: this.uploads.kept }
  }

  keep() {
    if (this.isReady) drafts.save(this.form, this.area, this.fields(), (state, kept) => this.saved(state, kept))
  }

  saved(state, kept) {
    const words = { local: this.form.dataset.tLocal, saved: this.form.dataset.tSaved }[state] ?? ""
    this.form.querySelector("[data-saved]").textContent = words
    this.form.querySelector("[data-check]").hidden = state !== "saved"
    if (state !== "newer") return
    insert(this.area, kept.text ?? "", 0, this.area.value.length)
    this.problem(this.form.dataset.tNewerDraft)
  }

  bringBack() {
    for (const area of Object.values(this.areas)) {
      const kept = drafts.restored(this.form, area)
      if (kept) area.value = kept.text
      if (area.dataset.kind === "reply") this.bringFields(kept?.fields ?? JSON.parse(area.dataset.fields || "{}"))
    }
    if (!this.areas.reply.value && this.areas.note.value) this.switch("note", { focus: false })
  }

  bringFields(fields) {
    const item = routes.items(this.form).find((one) => one.dataset.route === fields.route && !one.ariaDisabled)
    if (item) routes.choose(this.form, item)
    if (fields.subject) this.form.elements.subject.value = fields.subject
    this.copies.set(fields)
    this.uploads.restore(fields.files)
  }

  switch(mode, { focus = true } = {}) {
    this.form.dataset.mode = mode
    this.form.action = mode === "note" ? this.form.dataset.notes : this.form.dataset.replies
    this.form.setAttribute("aria-label", mode === "note" ? this.form.dataset.labelNote : this.form.dataset.labelReply)
    for (const part of this.form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== mode
    for (const tab of this.form.querySelectorAll("[data-mode-tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.modeTab === mode))
      tab.tabIndex = tab.dataset.modeTab === mode ? 0 : -1
    }
    this.problem("")
    this.draw()
    if (focus) this.area.focus()
  }

  tabbed(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return
    event.preventDefault()
    const mode = this.mode === "note" ? "reply" : "note"
    this.switch(mode, { focus: false })
    this.form.querySelector(`[data-mode-tab=${mode}]`).focus()
  }

  draw() {
    const isFree = this.mode === "reply" && !isApproved(this.form)
    const { text, over } = isFree ? routes.count(this.form, this.area.value) : { text: "", over: 0 }
    const counter = this.form.querySelector("[data-counter]")
    counter.textContent = text
    counter.classList.toggle("is-over", over > 0)
    this.over = over
    drawPreview(this.form)
  }

  clicked({ target }) {
    const on = (selector) => target.closest(selector)
    const item = on("[data-route]")
    if (item) return this.route(item)
    if (on("[data-mode-tab]")) return this.switch(on("[data-mode-tab]").dataset.modeTab)
    if (on("[data-attach]")) return this.form.querySelector("#file-picker").click()
    if (on("[data-insert]")) return insert(this.area, (/\S$/.test(this.area.value.slice(0, this.area.selectionStart)) ? " " : "") + on("[data-insert]").dataset.insert)
    if (on("[data-toggle-preview]")) return togglePreview(this.form)
    if (on("[data-then]")) return this.sender.send(on("[data-then]").dataset.then)
    if (on("[data-later]")) return toggleLater(this.form, true)
    if (on("[data-show-approved]")) return drawApproved(this.form, { asked: true })
    if (on("[data-not-approved]")) return dropApproved(this.form) ?? this.area.focus()
    if (on("[data-show-quick]")) return showQuick(this.form)
    if (on("[data-no-quote]")) return dropQuote(this.form) ?? this.area.focus()
    if (on("[data-plan]")) return togglePlan(this.form, true)
    if (on("[data-no-plan]")) return togglePlan(this.form, false) ?? this.area.focus()
    if (on("[data-not-later]")) return toggleLater(this.form, false) ?? this.area.focus()
    if (on("[data-look]")) return this.sender.look(on("[data-look]").dataset.message)
    if (on("[data-send-anyway]")) return this.sender.anyway()
    return null
  }

  route(item) {
    if (item.ariaDisabled === "true") return this.problem(item.querySelector("small")?.textContent ?? "")
    routes.choose(this.form, item)
    item.closest("[popover]").hidePopover()
    this.uploads.recheck()
    this.drawWay()
    this.problem("")
    this.draw()
    this.keep()
    return this.area.focus()
  }

  // What else the chosen way has or has not.
  drawWay() {
    drawPlan(this.form)
    drawApproved(this.form).then(() => this.draw())
    drawQuick(this.form)
  }

  // From the menu of a message: answer just that one.
  asked({ target }) {
    const asked = target.closest("[data-quote]")
    if (!asked) return
    asked.closest("[popover]")?.hidePopover()
    this.switch("reply")
    quote(this.form, { message: asked.dataset.quote, text: asked.dataset.quoteText, route: asked.dataset.quoteWay })
    this.drawWay()
  }

  copied(problem) {
    const warning = this.copies.warnings.join(" ")
    if (this.isReady) this.problem(problem ?? warning, { isWarning: !problem })
    this.keep()
  }

  problem(text, { isWarning = false } = {}) {
    const box = this.form.querySelector("#composer-problem")
    box.classList.toggle("composer__problem--warn", isWarning)
    box.hidden = !text
    box.replaceChildren(text instanceof Node ? text : document.createTextNode(text ?? ""))
  }

  clear() {
    insert(this.area, "", 0, this.area.value.length)
    if (this.area.value) this.area.value = ""
    this.uploads.clear()
    if (this.mode === "reply") this.copies.set({})
    this.form.querySelector("#later").hidden = true
    this.form.elements.in_private.checked = false
    resetPlan(this.form)
    dropQuote(this.form)
    clearQuick(this.form)
    drawApproved(this.form)
    togglePreview(this.form, false)
    this.saved("empty")
    this.problem("")
    this.draw()
    this.area.focus()
  }

  // What came back goes into a pad that is empty, and is a draft again.
  restore(entry) {
    if (entry.conversation !== this.form.dataset.conversation) return
    this.switch(entry.kind)
    if (this.area.value.trim()) return
    insert(this.area, entry.text)
    this.typed()
  }
}

const composer = () => document.querySelector("desk-composer")
register("reply", () => composer()?.switch("reply"))
register("note", () => composer()?.switch("note"))
register("attach", () => composer()?.form.querySelector("#file-picker").click())
register("channel", () => composer()?.form.querySelector("#routes").togglePopover())
