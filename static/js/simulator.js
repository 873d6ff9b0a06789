// The phone: what was sent leaves the field, and Enter sends as it does on a phone's keyboard.
const writer = document.querySelector("[data-reset]")

const isSent = (event) => event.detail.elt === writer && event.detail.successful

document.addEventListener("htmx:afterRequest", (event) => { if (writer && isSent(event)) writer.reset() })

writer?.addEventListener("keydown", (event) => {
  if (event.target.tagName !== "TEXTAREA" || event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  writer.querySelector('[name="act"][value="text"]').click()
})
