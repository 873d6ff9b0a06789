// A small dialog to choose an agent, a team, a time or a tag for the conversations at hand.
import { register } from "./commands.js"
import { about } from "./decisions.js"
import { fits, listbox } from "./listbox.js"
import { fragment, pull } from "./pull.js"
import { subjects } from "./select.js"
import { t } from "./strings.js"
import { toast } from "./toasts.js"

const dialog = document.getElementById("picker")
let ids = []
let opener = null
let box = null

const input = () => dialog.querySelector("input[role=combobox], #picker-q")
const options = () => [...dialog.querySelectorAll('[role="option"]')]

const filter = () => {
  const typed = input().value
  for (const option of options()) option.hidden = !("always" in option.dataset) && !fits(option.dataset.text ?? option.textContent, typed)
  const fresh = dialog.querySelector("[data-fresh]")
  if (fresh) {
    const isKnown = options().some((one) => one !== fresh && one.dataset.text?.trim() === typed.trim())
    fresh.hidden = !typed.trim() || isKnown
    fresh.dataset.name = typed.trim()
    fresh.querySelector("[data-typed]").textContent = typed.trim()
  }
  dialog.querySelector(".cmd__none").hidden = options().some((one) => !one.hidden)
  box.restart()
}

const take = (option) => {
  const { action, text: _text, fresh: _fresh, always: _always, key: _key, ...values } = option.dataset
  close()
  about(action, ids, values)
}

const close = () => { dialog.close(); box?.stop() }

const show = async (what) => {
  ids = subjects()
  if (!ids.length) return toast(t("chooseFirst"), { bad: true })
  opener = document.activeElement
  try {
    dialog.replaceChildren(fragment(await pull(`/inbox/pick/${what}/?ids=${ids.join(",")}`)))
  } catch (failure) {
    if (failure.status !== 401) toast(t("notSent"), { bad: true })
    return
  }
  if (!dialog.open) dialog.showModal()
  box = listbox(input(), dialog.querySelector('[role="listbox"]'))
  input().focus()
  filter()
}

if (dialog) {
  for (const what of ["assign", "team", "snooze", "tags", "priority"]) register(what, () => show(what))
  dialog.addEventListener("input", (event) => { if (event.target === input()) filter() })
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]')
    if (option) take(option)
    else if (event.target === dialog) close()
  })
  dialog.addEventListener("submit", (event) => {
    event.preventDefault()
    const at = dialog.querySelector("input[type=datetime-local]")
    if (at?.value) { close(); about("snooze", ids, { until: at.value }) }
  })
  // 1 to 4 choose at once while nothing has been typed.
  dialog.addEventListener("keydown", (event) => {
    if (event.isComposing || !/^[1-9]$/.test(event.key) || input().value || event.target !== input()) return
    const option = dialog.querySelector(`[role="option"][data-key="${event.key}"]`)
    if (option) { event.preventDefault(); take(option) }
  })
  dialog.addEventListener("close", () => { if (opener?.isConnected && document.activeElement === document.body) opener.focus() })
}
