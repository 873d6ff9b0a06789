// Who is calling now, in a corner of every page, so that the customer's history is a click away while the telephone rings.
import { watch } from "./live.js"
import { fragment, pull } from "./pull.js"

const agent = document.body.dataset.agent
const topic = `inbox-agent-${agent}`
const hidden = new Set()

const corner = () => {
  const found = document.getElementById("calls-now")
  if (found) return found
  const made = Object.assign(document.createElement("section"), { id: "calls-now", className: "ringings" })
  made.setAttribute("aria-live", "assertive")
  made.addEventListener("click", ({ target }) => {
    const call = target.closest("[data-hide]")?.closest("[data-call]")
    if (call) { hidden.add(call.dataset.call); call.remove() }
  })
  document.body.append(made)
  return made
}

const look = async () => {
  const html = await pull("/calls/now/").catch(() => null)
  if (html === null) return
  const calls = [...fragment(html).querySelectorAll("[data-call]")].filter((call) => !hidden.has(call.dataset.call))
  if (calls.length || document.getElementById("calls-now")) corner().replaceChildren(...calls)
}

if (agent) {
  watch(topic, "calls")
  document.addEventListener("live:nudge", ({ detail }) => { if (detail.topic === topic && (detail.call || !detail.conversation)) look() })
}
