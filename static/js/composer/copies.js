// Cc and Bcc as chips; an address that was not part of the conversation is pointed out before anything is sent.
import { fill } from "../strings.js"

const ADDRESS = /^[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+$/

export class Copies {
  constructor(form, changed) {
    this.form = form
    this.changed = changed
    this.known = new Set(JSON.parse(form.querySelector("#envelope [data-known]")?.dataset.known ?? "[]"))
    this.chosen = { cc: [], bcc: [] }
    for (const input of form.querySelectorAll("[data-chips]")) this.listen(input)
    form.querySelector("[data-show-copies]")?.addEventListener("click", () => this.open(true))
    for (const offer of form.querySelectorAll("[data-offer]")) offer.addEventListener("click", () => { this.add("cc", offer.dataset.offer); offer.remove() })
  }

  get warnings() {
    return [...this.chosen.cc, ...this.chosen.bcc].filter((one) => !this.known.has(one.toLowerCase())).map((address) => fill(this.form.dataset.tNewCopy, { address }))
  }

  listen(input) {
    const take = () => this.take(input)
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return
      if (["Enter", ",", ";"].includes(event.key)) { event.preventDefault(); take() }
      if (event.key === "Backspace" && !input.value) this.remove(input.dataset.chips, this.chosen[input.dataset.chips].at(-1))
    })
    input.addEventListener("change", take)
    input.addEventListener("paste", () => setTimeout(take))
  }

  take(input) {
    const written = input.value.split(/[\s,;]+/).filter(Boolean)
    input.value = written.filter((one) => !ADDRESS.test(one)).join(" ")
    input.setAttribute("aria-invalid", String(Boolean(input.value)))
    for (const address of written.filter((one) => ADDRESS.test(one))) this.add(input.dataset.chips, address)
    if (input.value) this.changed(fill(this.form.dataset.tBadAddress, { address: input.value }))
  }

  add(role, address) {
    if (!address || this.chosen[role].includes(address)) return
    this.chosen[role].push(address)
    this.draw(role)
  }

  remove(role, address) {
    this.chosen[role] = this.chosen[role].filter((one) => one !== address)
    this.draw(role)
  }

  set(chosen) {
    for (const role of ["cc", "bcc"]) {
      this.chosen[role] = [...(chosen?.[role] ?? [])]
      this.draw(role)
    }
    if (this.chosen.cc.length + this.chosen.bcc.length) this.open()
    else for (const row of this.form.querySelectorAll(".composer__to[data-copies]")) row.hidden = true
  }

  open(isAsked = false) {
    for (const row of this.form.querySelectorAll(".composer__to[data-copies]")) row.hidden = false
    if (isAsked) this.form.querySelector("#cc").focus()
  }

  draw(role) {
    const input = this.form.querySelector(`[data-chips="${role}"]`)
    for (const chip of input.parentElement.querySelectorAll(".chip--x")) chip.remove()
    input.before(...this.chosen[role].map((address) => this.chip(role, address)))
    this.form.querySelector(`[name=${role}]`).value = this.chosen[role].join(",")
    this.changed()
  }

  chip(role, address) {
    const chip = document.createElement("span")
    const button = document.createElement("button")
    chip.className = `chip chip--x${this.known.has(address.toLowerCase()) ? "" : " chip--warn"}`
    chip.append(Object.assign(document.createElement("bdi"), { textContent: address, dir: "ltr" }), button)
    button.type = "button"
    button.textContent = "×"
    button.setAttribute("aria-label", fill(this.form.dataset.tRemove, { name: address }))
    button.addEventListener("click", () => this.remove(role, address))
    return chip
  }
}
