// Requests that the conversation's scripts make themselves.
import { token } from "../pull.js"

// Posts form fields; where a sign-in page is the answer, the status is 401 and the page asks to sign in again.
export const post = async (url, body, method = "POST") => {
  const headers = { "X-CSRFToken": token(), "X-Requested-With": "fetch" }
  const answer = await fetch(url, { method, body, headers, redirect: "manual" })
  if (answer.type !== "opaqueredirect") return answer
  document.dispatchEvent(new CustomEvent("live:signed-out"))
  return new Response("", { status: 401 })
}

// Works where the page is not served over TLS, too.
export const uuid = () => {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
