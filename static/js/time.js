// Times that stay true: how long ago, how long until an answer is due, and the whole date on hover.
import { fill } from "./strings.js"

const EVERY = 30_000
const MINUTE = 60_000
const SOON = 30
const zone = document.body.dataset.timeZone || undefined
const language = document.documentElement.lang
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short", timeZone: zone })
const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone })
const shortDay = new Intl.DateTimeFormat(language, { month: "numeric", day: "numeric", timeZone: zone })

const words = () => document.getElementById("strings")?.dataset ?? {}

const ago = (at, now) => {
  const minutes = Math.floor((now - at) / MINUTE)
  const days = Math.round((Date.parse(dayOf.format(now)) - Date.parse(dayOf.format(at))) / (1440 * MINUTE))
  if (minutes < 1) return words().now
  if (minutes < 60) return fill(words().minutes, { n: minutes })
  if (days < 1 || minutes < 720) return fill(words().hours, { n: Math.floor(minutes / 60) })
  return days === 1 ? words().yesterday : null
}

const span = (minutes) => {
  const hours = Math.floor(minutes / 60)
  if (!hours) return fill(words().minutes, { n: minutes })
  if (hours < 3 && minutes % 60) return fill(words().both, { h: hours, m: minutes % 60 })
  return hours < 48 ? fill(words().hours, { n: hours }) : fill(words().days, { n: Math.floor(hours / 24) })
}

const write = (node, text) => { if (text && node.textContent !== text) node.textContent = text }

const paintDue = (chip, now) => {
  const left = Math.floor((Date.parse(chip.dataset.due) - now) / MINUTE)
  const tone = left < 0 ? "danger" : left < SOON ? "warn" : "ok"
  if (!chip.classList.contains(`chip--${tone}`)) {
    chip.className = `chip chip--${tone}`
    const use = chip.querySelector("use")
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, left < 0 ? "#flame" : "#timer"))
  }
  const text = left < 0 ? fill(words().over, { t: span(-left) }) : tone === "warn" ? fill(words().left, { t: span(left) }) : span(left)
  write(chip.lastElementChild, text)
}

// Each element is looked at once when it comes and then every half minute.
export const paintTimes = (within = document) => {
  if (!words().now) return
  const now = Date.now()
  for (const time of within.querySelectorAll("time[data-ago]")) {
    const at = Date.parse(time.dateTime)
    write(time, ago(at, now) ?? (time.textContent || shortDay.format(at)))
  }
  for (const chip of within.querySelectorAll(".chip[data-due]")) paintDue(chip, now)
}

document.addEventListener("pointerover", ({ target }) => {
  const time = target.closest?.("time[datetime]")
  if (time && !time.title) time.title = whole.format(Date.parse(time.dateTime))
})
setInterval(() => { if (!document.hidden) paintTimes() }, EVERY)
document.addEventListener("visibilitychange", () => { if (!document.hidden) paintTimes() })
