// Somebody named this agent, or (for admins) a channel stopped: a notice says who and where, once in each tab, also when
// the line was down meanwhile.
import { watch } from "./live.js"
import { fragment, pull } from "./pull.js"
import { t } from "./strings.js"
import { toast } from "./toasts.js"

const KEY = "desk.mentions"
const agent = document.body.dataset.agent
const topic = `inbox-agent-${agent}`
const shown = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"))

const isOpen = (notice) => {
  const about = notice.querySelector("[data-open]")?.dataset.open
  return about && document.hasFocus() && document.getElementById("conversation")?.dataset.conversation === about
}

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

// It went to a team whose conversations this agent does not see; a list from which it merely moved on says nothing.
document.addEventListener("desk:barred", ({ detail }) => toast(t("barred", { name: detail })))

if (agent) {
  watch(topic, "notices")
  document.addEventListener("live:nudge", ({ detail }) => { if (detail.topic === topic && (detail.mention || !detail.conversation)) look() })
}
