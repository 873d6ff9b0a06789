// A save bar that appears when a form has changes, and a question before they are lost.
const changed = (form) => new URLSearchParams(new FormData(form)).toString() !== form.dataset.before

for (const form of document.querySelectorAll("form[data-dirty]")) {
  const bar = form.querySelector(".savebar")
  form.dataset.before = new URLSearchParams(new FormData(form)).toString()
  const look = () => { if (bar) bar.hidden = !changed(form) }
  if (!form.querySelector("[data-focus]")) look()
  form.addEventListener("input", look)
  form.addEventListener("reset", () => setTimeout(look))
  form.addEventListener("submit", () => { form.dataset.before = ""; delete form.dataset.dirty })
  addEventListener("beforeunload", (event) => { if ("dirty" in form.dataset && changed(form)) event.preventDefault() })
}
