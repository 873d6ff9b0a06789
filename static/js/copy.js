// A button that puts a value on the clipboard and says so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-value]")
  if (!button) return
  await navigator.clipboard?.writeText(button.dataset.copyValue)
  button.setAttribute("data-copied", "")
  setTimeout(() => button.removeAttribute("data-copied"), 1500)
})
