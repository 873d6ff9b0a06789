// The menu of one's own look: theme and availability change at once, the form works without this too.
const root = document.documentElement

const FIELDS = { theme: { auto: "" }, density: { comfortable: "" } }

const mark = (button) => {
  for (const other of button.form.elements) if (other.name === button.name) other.removeAttribute("aria-current")
  button.setAttribute("aria-current", "true")
}

const apply = ({ name, value }) => {
  if (name === "availability") document.querySelector(".rail__end .dot").className = `dot dot--${value}`
  if (!(name in FIELDS)) return
  const shown = FIELDS[name][value] ?? value
  if (shown) root.dataset[name] = shown
  else delete root.dataset[name]
}

const submitPlainly = (form, { name, value }) => {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name, value })
  form.append(field)
  form.submit()
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-look]")
  if (!form || !event.submitter) return
  event.preventDefault()
  const body = new FormData(form, event.submitter)
  const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null)
  if (!answer?.ok) return submitPlainly(form, event.submitter)
  apply(event.submitter)
  mark(event.submitter)
  document.dispatchEvent(new CustomEvent("desk:look", { detail: { name: event.submitter.name, value: event.submitter.value } }))
})
