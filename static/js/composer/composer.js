// The composer: two pads that never mix, a channel with its limits, files, copies, drafts; sending shows at once.
import { register } from "../commands.js"
import { send as tell } from "../live.js"
import { fragment } from "../pull.js"
import { fill } from "../strings.js"
import { post, uuid } from "../conversation/http.js"
import * as bubbles from "./bubbles.js"
import { insert } from "./caret.js"
import { Copies } from "./copies.js"
import * as drafts from "./drafts.js"
import { listenForSend } from "./ime.js"
import * as outbox from "./outbox.js"
import * as routes from "./routes.js"
import { Suggest, named } from "./suggest.js"
import { Uploads } from "./uploads.js"

const TYPING_MS = 3000
const PREVIEW_MS = 400

export class DeskComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form")
    this.areas = { reply: this.form.querySelector("#reply"), note: this.form.querySelector("#note") }
    this.uploads = new Uploads(this.form, () => this.draw())
    this.copies = new Copies(this.form, (problem) => this.copied(problem))
    this.gone = new AbortController()
    const { signal } = this.gone
    for (const area of Object.values(this.areas)) this.prepare(area)
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send() })
    this.form.addEventListener("click", (event) => this.clicked(event))
    this.form.querySelector("#file-picker").addEventListener("change", ({ target }) => { this.uploads.add([...target.files]); target.value = "" })
    this.form.querySelector(".tabs").addEventListener("keydown", (event) => this.tabbed(event))
    this.form.addEventListener("change", (event) => event.target.closest("#envelope") && this.keep())
    document.addEventListener("composer:restore", ({ detail }) => this.restore(detail), { signal })
    document.addEventListener("outbox:refused", ({ detail }) => this.refused(detail), { signal })
    this.takeFiles(signal)
    routes.draw(this.form)
    this.bringBack()
    this.draw()
    this.isReady = true
  }

  disconnectedCallback() { this.gone.abort() }

  get mode() { return this.form.dataset.mode }
  get area() { return this.areas[this.mode] }

  prepare(area) {
    new Suggest(this.form, area)
    area.addEventListener("input", () => this.typed())
    listenForSend(area, (event) => this.wantsSend(event), () => this.send({ then: this.isResolving ? "resolve" : "" }))
  }

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
    const { text, over } = this.mode === "reply" ? routes.count(this.form, this.area.value) : { text: "", over: 0 }
    const counter = this.form.querySelector("[data-counter]")
    counter.textContent = text
    counter.classList.toggle("is-over", over > 0)
    this.over = over
    const preview = this.form.querySelector("#preview")
    if (!preview.hidden) this.preview()
  }

  clicked({ target }) {
    const on = (selector) => target.closest(selector)
    const item = on("[data-route]")
    if (item) return this.route(item)
    if (on("[data-mode-tab]")) return this.switch(on("[data-mode-tab]").dataset.modeTab)
    if (on("[data-attach]")) return this.form.querySelector("#file-picker").click()
    if (on("[data-insert]")) return insert(this.area, (/\S$/.test(this.area.value.slice(0, this.area.selectionStart)) ? " " : "") + on("[data-insert]").dataset.insert)
    if (on("[data-toggle-preview]")) return this.togglePreview(on("[data-toggle-preview]"))
    if (on("[data-then]")) return this.send({ then: on("[data-then]").dataset.then })
    if (on("[data-later]")) return this.later(true)
    if (on("[data-not-later]")) return this.later(false)
    if (on("[data-look]")) return this.look(on("[data-look]").dataset.message)
    if (on("[data-send-anyway]")) return this.sendAnyway()
    return null
  }

  route(item) {
    if (item.ariaDisabled === "true") return this.problem(item.querySelector("small")?.textContent ?? "")
    routes.choose(this.form, item)
    item.closest("[popover]").hidePopover()
    this.uploads.recheck()
    this.problem("")
    this.draw()
    this.keep()
    return this.area.focus()
  }

  copied(problem) {
    const warning = this.copies.warnings.join(" ")
    if (this.isReady) this.problem(problem ?? warning, { isWarning: !problem })
    this.keep()
  }

  later(isLater) {
    const box = this.form.querySelector("#later")
    const at = box.querySelector("#later-at")
    box.hidden = !isLater
    this.form.querySelector("#send-menu").hidePopover()
    if (!isLater) return this.area.focus()
    const morning = new Date()
    morning.setDate(morning.getDate() + 1)
    morning.setHours(9, 0, 0, 0)
    at.value ||= new Date(morning - morning.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
    return at.focus()
  }

  togglePreview(button) {
    const box = this.form.querySelector("#preview")
    box.hidden = !box.hidden
    button.setAttribute("aria-pressed", String(!box.hidden))
    if (!box.hidden) this.preview()
  }

  preview() {
    clearTimeout(this.previewing)
    this.previewing = setTimeout(async () => {
      const answer = await post(this.form.dataset.preview, new URLSearchParams(new FormData(this.form))).catch(() => null)
      if (answer) this.form.querySelector("#preview").replaceChildren(fragment(await answer.text()))
    }, PREVIEW_MS)
  }

  problem(text, { isWarning = false } = {}) {
    const box = this.form.querySelector("#composer-problem")
    box.classList.toggle("composer__problem--warn", isWarning)
    box.hidden = !text
    box.replaceChildren(text instanceof Node ? text : document.createTextNode(text ?? ""))
  }

  // What stands in the way of sending now, in words.
  obstacle() {
    const files = this.uploads
    if (files.isBusy) return this.form.dataset.tUploading
    if (!this.area.value.trim() && !files.kept.length) return this.form.dataset.tEmpty
    if (this.mode === "note") return ""
    if (!routes.current(this.form)) return this.form.querySelector("#routes .menu__text small, #routes .menu__title:last-child")?.textContent ?? ""
    if (this.over > 0) return fill(this.form.dataset.tOver, { n: this.over })
    return files.problem
  }

  async send({ then = "" } = {}) {
    this.form.querySelector("#send-menu").hidePopover()
    const obstacle = this.obstacle()
    if (obstacle) return this.problem(obstacle)
    const entry = this.entry(then)
    const { area } = this
    outbox.put(entry)
    bubbles.show(entry)
    this.clear()
    await drafts.finish(this.form, area)
    if (entry.kind === "note") outbox.change(entry.cid, { body: this.noteBody(entry, await named(this.form, entry.text)) })
    return outbox.flush()
  }

  entry(then) {
    const cid = uuid()
    const body = new URLSearchParams(new FormData(this.form))
    body.delete("csrfmiddlewaretoken")
    body.set("client_id", cid)
    body.set("then", then)
    const at = this.form.querySelector("#later").hidden ? "" : this.form.querySelector("#later-at").value
    body.set("send_at", at && new Date(at).toISOString())
    if (!at) body.delete("cancel_if_answered")
    body.delete("note")
    const { conversation } = this.form.dataset
    const entry = { cid, url: this.form.action, body: body.toString(), conversation, kind: this.mode, text: this.area.value, at: Date.now() }
    return this.mode === "note" ? { ...entry, body: this.noteBody(entry, entry.text) } : entry
  }

  // A note carries its own text and files and nothing of the reply.
  noteBody(entry, note) {
    return new URLSearchParams({ note, client_id: entry.cid, files: new URLSearchParams(entry.body).get("files") ?? "" }).toString()
  }

  clear() {
    insert(this.area, "", 0, this.area.value.length)
    if (this.area.value) this.area.value = ""
    this.uploads.clear()
    if (this.mode === "reply") this.copies.set({})
    this.form.querySelector("#later").hidden = true
    this.form.querySelector("#preview").hidden = true
    this.form.querySelector("[data-toggle-preview]").setAttribute("aria-pressed", "false")
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

  refused(entry) {
    if (entry.conversation !== this.form.dataset.conversation) return
    const content = fragment(entry.html)
    this.problem(content.childElementCount ? content : this.form.dataset.tFailed)
    this.pending = entry.cid
    if (entry.status === 422) this.takeBack()
  }

  takeBack() {
    const bubble = bubbles.find(this.pending)
    const problem = [...this.form.querySelector("#composer-problem").childNodes]
    if (bubble && !this.area.value.trim()) bubbles.discard(bubble)
    const box = document.createDocumentFragment()
    box.append(...problem)
    this.problem(box)
  }

  look(id) {
    const bubble = bubbles.find(this.pending)
    if (bubble) bubbles.discard(bubble)
    this.problem("")
    document.querySelector("desk-thread")?.pull()
    setTimeout(() => (document.getElementById(id) ?? document.querySelector("#messages > :last-child"))?.scrollIntoView({ block: "center" }), 250)
  }

  sendAnyway() {
    this.problem("")
    outbox.again(this.pending, { anyway: true })
  }

  takeFiles(signal) {
    const pane = this.closest("#conversation") ?? this
    const drop = this.form.querySelector("#drop")
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files")
    this.form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (!files.length) return
      event.preventDefault()
      this.uploads.add(files)
    })
    pane.addEventListener("dragover", (event) => { if (hasFiles(event)) { event.preventDefault(); drop.hidden = false } }, { signal })
    pane.addEventListener("dragleave", (event) => { if (!pane.contains(event.relatedTarget)) drop.hidden = true }, { signal })
    pane.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      drop.hidden = true
      this.uploads.add([...event.dataTransfer.files])
    }, { signal })
  }
}

const composer = () => document.querySelector("desk-composer")
register("reply", () => composer()?.switch("reply"))
register("note", () => composer()?.switch("note"))
register("attach", () => composer()?.form.querySelector("#file-picker").click())
register("channel", () => composer()?.form.querySelector("#routes").togglePopover())
