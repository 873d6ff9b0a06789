// Files of a conversation that an agent opens: picked, pasted or dropped, as in the composer.
import { takeFiles } from "../composer/intake.js"
import { Uploads } from "../composer/uploads.js"

export class DeskStart extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form")
    this.gone = new AbortController()
    const { signal } = this.gone
    const picker = this.querySelector("input[type=file]")
    this.uploads = new Uploads(this.form, () => this.complain(""))
    picker.addEventListener("change", () => { this.uploads.add([...picker.files]); picker.value = "" })
    this.querySelector("[data-attach]").addEventListener("click", () => picker.click())
    this.form.elements.channel.addEventListener("change", () => this.uploads.recheck())
    takeFiles(this.form, this.closest("dialog, .start"), this.uploads, signal)
    // Before htmx, which listens at the form itself.
    document.addEventListener("submit", (event) => event.target === this.form && this.check(event), { capture: true, signal })
    this.uploads.restore(JSON.parse(this.dataset.kept))
  }

  disconnectedCallback() { this.gone.abort() }

  check(event) {
    const reason = this.uploads.isBusy ? this.form.dataset.tUploading : this.uploads.problem
    if (!reason) return
    event.preventDefault()
    event.stopImmediatePropagation()
    this.complain(reason)
  }

  complain(reason) {
    const line = this.querySelector("[role=alert]")
    line.textContent = reason
    line.hidden = !reason
  }
}
