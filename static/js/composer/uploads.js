// Files for the message that is being written: picked, dropped or pasted, sent up at once, each with its own progress.
import { token } from "../pull.js"
import { fill } from "../strings.js"
import { post } from "../conversation/http.js"
import { fileProblem, mostFiles, size } from "./routes.js"

export class Uploads {
  constructor(form, changed) {
    this.form = form
    this.list = form.querySelector("#uploads, [data-uploads]")
    this.changed = changed
    this.files = []
  }

  get isBusy() { return this.files.some((file) => file.request) }
  get kept() { return this.files.filter((file) => file.key).map(({ key, name, size, type }) => ({ key, name, size, type })) }
  get problem() { return this.files.map((file) => file.problem).find(Boolean) ?? (this.files.length > mostFiles(this.form) ? fill(this.form.dataset.tCount, { max: mostFiles(this.form) }) : "") }

  add(chosen) {
    for (const given of chosen) {
      const file = { name: given.name || "image.png", size: given.size, type: given.type }
      this.files.push(file)
      this.draw(file, given.type.startsWith("image/") ? URL.createObjectURL(given) : "")
      file.problem = fileProblem(this.form, given)
      file.given = given
      if (!file.problem) this.send(file, given)
      this.show(file)
    }
  }

  // Files of a draft that came back; they are on the server already.
  restore(kept) {
    for (const file of kept ?? []) {
      if (this.files.some((one) => one.key === file.key)) continue
      this.files.push({ ...file })
      this.draw(this.files.at(-1), file.type?.startsWith("image/") ? `/attachments/${file.key}/?show` : "")
      this.show(this.files.at(-1))
    }
    this.write()
  }

  send(file, given) {
    const body = new FormData()
    body.append("file", given, file.name)
    const request = (file.request = new XMLHttpRequest())
    request.open("POST", this.form.dataset.upload)
    request.setRequestHeader("X-CSRFToken", token())
    request.upload.addEventListener("progress", ({ loaded, total }) => { file.bar.max = total; file.bar.value = loaded })
    request.addEventListener("loadend", () => this.sent(file, request))
    request.send(body)
  }

  sent(file, request) {
    file.request = null
    if (!this.files.includes(file)) return
    const answer = request.getResponseHeader("Content-Type")?.includes("json") ? JSON.parse(request.responseText) : {}
    if (request.status === 200) file.key = answer.key
    else file.problem = answer.reason ?? this.form.dataset.tUploadFailed
    this.show(file)
    this.write()
  }

  // What the channel does not carry goes as an address from which the customer can fetch it.
  link(file) {
    file.isLink = true
    file.problem = ""
    if (file.given && !file.key && !file.request) this.send(file, file.given)
    this.show(file)
    this.write()
  }

  // Another channel may carry what this one did not, and the other way round.
  recheck() {
    for (const file of this.files) {
      if (!file.key) continue
      file.isLink = false
      file.problem = fileProblem(this.form, file)
      this.show(file)
    }
  }

  remove(file) {
    file.request?.abort()
    file.item.remove()
    this.files = this.files.filter((one) => one !== file)
    if (file.key) post(`/attachments/${file.key}/`, undefined, "DELETE").catch(() => null)
    this.write()
  }

  clear() {
    for (const file of this.files) file.item.remove()
    this.files = []
    this.write()
  }

  write() {
    this.form.elements.files.value = this.kept.map((file) => file.key).join(",")
    if (this.form.elements.linked) this.form.elements.linked.value = this.files.filter((file) => file.key && file.isLink).map((file) => file.key).join(",")
    this.list.hidden = !this.files.length
    this.changed()
  }

  draw(file, picture) {
    file.item = document.createElement("li")
    file.item.className = "file"
    file.item.innerHTML = '<span class="file__name"><b class="truncate" dir="auto"></b><small></small><progress value="0" max="1"></progress></span><button type="button">×</button>'
    file.item.querySelector("b").textContent = file.name
    file.bar = file.item.querySelector("progress")
    if (picture) file.item.prepend(this.thumb(picture))
    file.linker = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: this.form.dataset.tLink, hidden: true })
    file.linker.addEventListener("click", () => this.link(file))
    file.item.querySelector(".file__name").append(file.linker)
    const button = file.item.querySelector(":scope > button")
    button.setAttribute("aria-label", fill(this.form.dataset.tRemove, { name: file.name }))
    button.addEventListener("click", () => this.remove(file))
    this.list.append(file.item)
    this.list.hidden = false
  }

  // Not everything that calls itself an image can be shown.
  thumb(src) {
    const image = Object.assign(document.createElement("img"), { className: "file__thumb", src, alt: "" })
    image.addEventListener("error", () => image.remove())
    return image
  }

  show(file) {
    file.bar.hidden = !file.request
    file.item.classList.toggle("file--bad", Boolean(file.problem))
    file.linker.hidden = !file.problem || !this.form.elements.linked
    file.item.querySelector("small").textContent = file.problem || (file.isLink ? `${size(file.size)} · ${this.form.dataset.tLinked}` : size(file.size))
  }
}
