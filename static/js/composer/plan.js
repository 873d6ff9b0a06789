// What follows when a reply stays unread. Asked for when somebody begins to write; most replies need none.
import { pull } from "../pull.js"

const row = (form) => form.querySelector("#plan-row")

export const offerPlans = async (form) => {
  const box = form.querySelector("#plan")
  if (box.dataset.asked !== undefined) return
  box.dataset.asked = ""
  try {
    box.innerHTML = await pull(box.dataset.plans)
  } catch {
    delete box.dataset.asked // asked again with the next focus
  }
  drawPlan(form)
}

// The way that is chosen anyway cannot follow itself; minutes only where a way was chosen and no plan.
export const drawPlan = (form) => {
  form.querySelector("[data-plan]").hidden = !row(form)
  if (!row(form)) return
  const choice = form.elements.plan
  for (const option of choice.querySelectorAll("[data-way]")) {
    option.hidden = option.disabled = option.dataset.way === form.elements.route.value
    if (option.disabled && option.selected) choice.value = ""
  }
  form.elements.plan_minutes.hidden = !choice.value.startsWith("route:")
}

export const togglePlan = (form, isPlanned) => {
  form.querySelector("#send-menu").hidePopover()
  row(form).hidden = !isPlanned
  if (isPlanned) return form.elements.plan.focus()
  form.elements.plan.value = ""
  return drawPlan(form)
}

// After sending, the next reply has what every reply of the team has.
export const resetPlan = (form) => {
  if (!row(form)) return
  const usual = form.elements.plan.dataset.default
  form.elements.plan.value = usual
  row(form).hidden = !usual
  drawPlan(form)
}
