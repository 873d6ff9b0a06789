// Somebody named this agent: a notice says who and where.
import { watch } from "./live.js"
import { fragment, pull } from "./pull.js"

const shown = new Set()

document.addEventListener("live:nudge", async ({ detail }) => {
  if (!detail.mention || shown.has(detail.mention)) return
  shown.add(detail.mention)
  const html = await pull(`/inbox/notices/${detail.mention}/`).catch(() => "")
  document.getElementById("toasts")?.append(fragment(html))
})

if (document.body.dataset.agent) watch(`inbox-agent-${document.body.dataset.agent}`, "notices")
