// The phone: what was sent leaves the field, and Enter sends as it does on a phone's keyboard.
const writer = document.querySelector("[data-reset]")

// What one has unfolded stays so while news come in around it.
const unfolded = () => [...document.querySelectorAll("li[id] > details[open]")].map((one) => one.parentElement.id)

let kept = []

document.addEventListener("htmx:beforeSwap", () => { kept = unfolded() })

document.addEventListener("htmx:afterSwap", () => {
  for (const id of kept) document.getElementById(id)?.querySelector(":scope > details")?.setAttribute("open", "")
})

const isSent = (event) => event.detail.elt === writer && event.detail.successful

document.addEventListener("htmx:afterRequest", (event) => { if (writer && isSent(event)) writer.reset() })

writer?.addEventListener("keydown", (event) => {
  if (event.target.tagName !== "TEXTAREA" || event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  writer.querySelector('[name="act"][value="text"]').click()
})
