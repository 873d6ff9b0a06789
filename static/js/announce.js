// What screen readers are told beside the thread's own log: at most one sentence in three seconds, the latest wins.
const PAUSE = 3000
let waiting = ""
let spokenAt = -PAUSE
let timer = 0

const speak = () => {
  timer = 0
  const announcer = document.getElementById("announcer")
  if (announcer) announcer.textContent = waiting
  spokenAt = performance.now()
}

export const announce = (text) => {
  if (!text) return
  waiting = text
  if (!timer) timer = setTimeout(speak, Math.max(0, spokenAt + PAUSE - performance.now()))
}
