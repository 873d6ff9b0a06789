// What can still be done about a reply: take it back before it is out, or try another channel after it failed.
import { announce } from "../announce.js"
import { run } from "../commands.js"
import { post } from "../conversation/http.js"
import { place } from "../conversation/lines.js"
import { fragment } from "../pull.js"

const restore = (text) => {
  const form = document.getElementById("composer")
  const detail = { conversation: form.dataset.conversation, kind: "reply", text }
  document.dispatchEvent(new CustomEvent("composer:restore", { detail }))
}

document.addEventListener("click", async ({ target }) => {
  const cancel = target.closest("[data-cancel-send]")
  if (cancel) await takeBack(cancel)
  const other = target.closest("[data-other-channel]")
  if (!other) return
  restore(other.dataset.text)
  document.getElementById("routes").showPopover()
})

// The notice with which Z takes it back, for as long as that is possible.
document.addEventListener("outbox:sent", ({ detail }) => {
  const button = fragment(detail.html).querySelector("[data-cancel-send]")
  const form = document.getElementById("composer")
  if (!button || !form || new Date(button.closest("[data-until]").dataset.until) - Date.now() > 60_000) return
  const notice = document.getElementById("tpl-undo").content.firstElementChild.cloneNode(true)
  notice.querySelector("span").textContent = form.dataset.tSent
  Object.assign(notice.querySelector("button").dataset, { cancelSend: button.dataset.cancelSend, text: button.dataset.text })
  document.getElementById("toasts").append(notice)
})

// Sent and resolved: the next conversation takes its place, as after E.
document.addEventListener("outbox:sent", ({ detail }) => {
  const isResolved = new URLSearchParams(detail.body).get("then") === "resolve"
  if (isResolved && document.getElementById("conversation")?.dataset.conversation === detail.conversation) run("next")
})

const takeBack = async (button) => {
  button.disabled = true
  const answer = await post(button.dataset.cancelSend).catch(() => null)
  if (answer?.ok) {
    restore(button.dataset.text)
    announce(document.getElementById("composer")?.dataset.tCancelled)
    place(document.getElementById("messages"), fragment(await answer.text()).querySelectorAll("li"))
  } else button.disabled = false
}
