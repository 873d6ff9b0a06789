// Cards of a form that belong to a choice show while it is the one made: data-when="field=value", several with | between.
const holds = (form, wanted) => wanted.split("|").some((part) => {
  const [name, value] = part.split("=")
  const field = form.elements[name]
  return (field instanceof RadioNodeList ? field.value : field?.type === "checkbox" ? String(field.checked) : field?.value) === value
})

for (const form of document.querySelectorAll("form[data-whens]")) {
  const look = () => {
    for (const card of form.querySelectorAll("[data-when]")) {
      card.hidden = !holds(form, card.dataset.when) && !card.querySelector(".field--bad")
    }
  }
  form.addEventListener("change", look)
  form.addEventListener("reset", () => setTimeout(look))
  look()
}
