// The counters: pulled when the page is there and whenever something changed, never more often than the pause allows.
const PAUSE = 2000
const HIDDEN_PAUSE = 10_000
const OFTEN_ENOUGH = 60_000
let pulledAt = 0
let timer = 0

const place = (fresh) => {
  const old = document.getElementById(fresh.id)
  if (!old) return
  old.hidden = fresh.hidden
  old.dataset.n = fresh.dataset.n ?? ""
  old.classList.toggle("n--hot", fresh.classList.contains("n--hot"))
  if (old.textContent !== fresh.textContent) old.textContent = fresh.textContent
  for (const mirror of document.querySelectorAll(`[data-mirrors="${fresh.id}"]`)) mirror.textContent = fresh.textContent
}

const pull = async () => {
  timer = 0
  pulledAt = Date.now()
  const { view = "", query = "" } = document.getElementById("list")?.dataset ?? {}
  const answer = await fetch(`/inbox/counts/?view=${view}&${query}`, { headers: { "HX-Request": "true" } }).catch(() => null)
  if (!answer?.ok || answer.redirected) return
  const page = document.createElement("template")
  page.innerHTML = await answer.text()
  for (const fresh of page.content.children) {
    // A page that runs an older script learns of the newer one here.
    if (fresh.dataset.script) document.getElementById(fresh.id)?.setAttribute("data-script", fresh.dataset.script)
    else place(fresh)
  }
  document.dispatchEvent(new CustomEvent("desk:counted"))
}

export const pullCounts = ({ now = false } = {}) => {
  if (timer && !now) return
  clearTimeout(timer)
  const pause = now ? 0 : pulledAt + (document.hidden ? HIDDEN_PAUSE : PAUSE) - Date.now()
  timer = setTimeout(pull, Math.max(0, pause))
}

if (document.getElementById("n-rail")) {
  document.addEventListener("live:nudge", ({ detail }) => { if (detail.topic.startsWith("inbox-")) pullCounts() })
  document.addEventListener("desk:decided", () => pullCounts({ now: true }))
  document.addEventListener("conversation:read", () => pullCounts())
  document.addEventListener("desk:listed", () => pullCounts({ now: true }))
  document.addEventListener("visibilitychange", () => { if (!document.hidden) pullCounts() })
  setInterval(pullCounts, OFTEN_ENOUGH)
  pullCounts({ now: true })
}
