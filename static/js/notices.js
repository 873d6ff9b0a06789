// Somebody named this agent: a notice says who and where, once in each tab, also when the line was down meanwhile.
import { watch } from "./live.js"
import { fragment, pull } from "./pull.js"

const KEY = "desk.mentions"
const agent = document.body.dataset.agent
const topic = `inbox-agent-${agent}`
const shown = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"))

const isOpen = (notice) => document.hasFocus() && document.getElementById("conversation")?.dataset.conversation === notice.querySelector("[data-open]").dataset.open

const show = (notice) => {
  if (shown.has(notice.dataset.mention)) return
  shown.add(notice.dataset.mention)
  if (!isOpen(notice)) document.getElementById("toasts")?.append(notice)
}

const look = async () => {
  const html = await pull("/inbox/notices/").catch(() => "")
  for (const notice of fragment(html).querySelectorAll("[data-mention]")) show(notice)
  sessionStorage.setItem(KEY, JSON.stringify([...shown].slice(-50)))
}

if (agent) {
  watch(topic, "notices")
  document.addEventListener("live:nudge", ({ detail }) => { if (detail.topic === topic && (detail.mention || !detail.conversation)) look() })
}
