// From the composer into the outbox; and what becomes of a message that the desk refused.
import { fragment } from "../pull.js"
import { fill } from "../strings.js"
import { uuid } from "../conversation/http.js"
import { approvedText, emptyBlank, isApproved } from "./approved.js"
import * as bubbles from "./bubbles.js"
import * as drafts from "./drafts.js"
import { laterTime } from "./later.js"
import * as outbox from "./outbox.js"
import * as routes from "./routes.js"
import { named } from "./suggest.js"

// A note carries its own text and files and nothing of the reply.
const noteBody = (entry, note) => new URLSearchParams({ note, client_id: entry.cid, files: new URLSearchParams(entry.body).get("files") ?? "" }).toString()

export class Sender {
  constructor(composer, signal) {
    this.composer = composer
    this.form = composer.form
    document.addEventListener("outbox:refused", ({ detail }) => this.refused(detail), { signal })
  }

  // What stands in the way of sending now, in words.
  obstacle() {
    const { area, mode, uploads, over } = this.composer
    if (uploads.isBusy) return this.form.dataset.tUploading
    if (mode === "reply" && isApproved(this.form)) return this.blank()
    if (!area.value.trim() && !uploads.kept.length) return this.form.dataset.tEmpty
    if (mode === "note") return ""
    if (!routes.current(this.form)) return this.form.querySelector("#routes .menu__text small, #routes .menu__title:last-child")?.textContent ?? ""
    if (over > 0) return fill(this.form.dataset.tOver, { n: over })
    return uploads.problem
  }

  blank() {
    const empty = emptyBlank(this.form)
    empty?.focus()
    return empty ? this.form.dataset.tBlank : ""
  }

  async send(then = "") {
    this.form.querySelector("#send-menu").hidePopover()
    const obstacle = this.obstacle()
    if (obstacle) return this.composer.problem(obstacle)
    const entry = this.entry(then)
    const { area } = this.composer
    outbox.put(entry)
    bubbles.show(entry)
    this.composer.clear()
    await drafts.finish(this.form, area)
    if (entry.kind === "note") outbox.change(entry.cid, { body: noteBody(entry, await named(this.form, entry.text)) })
    return outbox.flush()
  }

  entry(then) {
    const { area, mode } = this.composer
    const cid = uuid()
    const body = new URLSearchParams(new FormData(this.form))
    for (const name of ["csrfmiddlewaretoken", "note"]) body.delete(name)
    body.set("client_id", cid)
    body.set("then", then)
    body.set("send_at", laterTime(this.form))
    if (!laterTime(this.form)) body.delete("cancel_if_answered")
    const { conversation } = this.form.dataset
    const text = mode === "reply" && isApproved(this.form) ? approvedText(this.form) : area.value
    const entry = { cid, url: this.form.action, body: body.toString(), conversation, kind: mode, text, at: Date.now() }
    return mode === "note" ? { ...entry, body: noteBody(entry, entry.text) } : entry
  }

  refused(entry) {
    if (entry.conversation !== this.form.dataset.conversation) return
    const content = fragment(entry.html)
    this.composer.problem(content.childElementCount ? content : this.form.dataset.tFailed)
    this.pending = entry.cid
    if (entry.status === 422) this.takeBack()
  }

  // The text goes back where it can be mended; what was wrong with it stays in sight.
  takeBack() {
    const bubble = bubbles.find(this.pending)
    const said = document.createDocumentFragment()
    said.append(...this.form.querySelector("#composer-problem").childNodes)
    if (bubble && !this.composer.area.value.trim()) bubbles.discard(bubble)
    this.composer.problem(said)
  }

  look(id) {
    const bubble = bubbles.find(this.pending)
    if (bubble) bubbles.discard(bubble)
    this.composer.problem("")
    document.querySelector("desk-thread")?.pull()
    setTimeout(() => (document.getElementById(id) ?? document.querySelector("#messages > :last-child"))?.scrollIntoView({ block: "center" }), 250)
  }

  anyway() {
    this.composer.problem("")
    outbox.again(this.pending, { anyway: true })
  }
}
