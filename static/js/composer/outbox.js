// What was sent and not yet taken by the server: kept on this device, posted in order, once each by its own id.
import { post } from "../conversation/http.js"

const FIRST_PAUSE = 2000
const LONGEST_PAUSE = 30_000
const key = () => `outbox:${document.body.dataset.agent}`
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`outbox:${name}`, { detail }))
// What waited longer than this is not sent by itself any more: a person looks at it first.
const OLD = 12 * 3_600_000
let failures = 0
let timer = 0

export const entries = () => {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "[]")
  } catch {
    return []
  }
}

const write = (list) => {
  if (list.length) localStorage.setItem(key(), JSON.stringify(list))
  else localStorage.removeItem(key())
}

export const change = (cid, news) => write(entries().map((entry) => (entry.cid === cid ? { ...entry, ...news } : entry)))

export const drop = (cid) => write(entries().filter((entry) => entry.cid !== cid))

// Kept at once, before anything that could take a moment: the page may be left in it.
export const put = (entry) => write([...entries(), entry])

export const isOld = (entry) => Date.now() - entry.at > OLD

export const again = (cid, { anyway = false } = {}) => {
  const entry = entries().find((one) => one.cid === cid)
  if (!entry) return null
  const body = new URLSearchParams(entry.body)
  if (anyway) body.delete("seen")
  change(cid, { body: body.toString(), problem: "", at: Date.now() })
  failures = 0
  return flush()
}

// One tab posts at a time, so that the order is kept.
export const flush = () => (navigator.locks ? navigator.locks.request("outbox", work) : work())

const work = async () => {
  clearTimeout(timer)
  for (const entry of entries()) {
    if (entry.problem || isOld(entry)) continue
    tell("sending", entry)
    const answer = await attempt(entry)
    if (!answer) return
    await settle(entry, answer)
  }
  failures = 0
}

const attempt = async (entry) => {
  try {
    const answer = await post(entry.url, new URLSearchParams(entry.body))
    // A refusal for good is the form's own 4xx; a lost session, a stale token or a busy server pass.
    if (answer.status < 500 && ![401, 403, 408, 429].includes(answer.status)) return answer
    return wait(entry, answer.status)
  } catch {
    return wait(entry, 0)
  }
}

const wait = (entry, status) => {
  failures += 1
  tell("waiting", { ...entry, status })
  timer = setTimeout(flush, Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))
  return null
}

const settle = async (entry, answer) => {
  const html = await answer.text()
  if (answer.ok) {
    drop(entry.cid)
    return tell("sent", { ...entry, html })
  }
  change(entry.cid, { problem: `${answer.status}` })
  return tell("refused", { ...entry, status: answer.status, html })
}

addEventListener("online", flush)
document.addEventListener("live:state", ({ detail }) => detail.state === "on" && flush())
document.addEventListener("desk:signed-in", flush)
if (document.body.dataset.agent && entries().length) flush()
