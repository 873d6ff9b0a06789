// Signed out elsewhere: sign in again in place, so that nothing that was begun is lost.
import { resume } from "./live.js"
import { fragment } from "./pull.js"

const dialog = document.getElementById("signed-out")
const form = dialog?.querySelector("form")
const trouble = dialog?.querySelector(".errors")
const login = document.body.dataset.login

const renew = (token) => {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }))
  for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token
}

// The token of a page as the server draws it now; blank when that page is still the sign-in.
const tokenOf = (html) => {
  const headers = new DOMParser().parseFromString(html, "text/html").body.getAttribute("hx-headers")
  return headers ? JSON.parse(headers)["X-CSRFToken"] : ""
}

const welcomeBack = (token) => {
  renew(token)
  dialog.close()
  form.reset()
  resume()
}

const look = async () => {
  const answer = await fetch(location.href).catch(() => null)
  const token = answer?.ok ? tokenOf(await answer.text()) : ""
  if (token) welcomeBack(token)
  return Boolean(token)
}

const signIn = async () => {
  const page = fragment(await (await fetch(login)).text())
  const body = new FormData(form)
  body.set("csrfmiddlewaretoken", page.querySelector("input[name=csrfmiddlewaretoken]").value)
  await fetch(login, { method: "POST", body })
  trouble.hidden = await look()
  if (!trouble.hidden) trouble.focus()
}

if (dialog) {
  document.addEventListener("live:signed-out", () => { if (!dialog.open) dialog.showModal() })
  form.addEventListener("submit", (event) => { event.preventDefault(); signIn() })
  dialog.addEventListener("cancel", (event) => event.preventDefault())
  document.addEventListener("visibilitychange", () => { if (dialog.open && !document.hidden) look() })
  // Every request that htmx makes: an answer from the sign-in page is never swapped in.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail
    if (xhr.status !== 401 && !(xhr.responseURL && new URL(xhr.responseURL).pathname === login)) return
    event.preventDefault()
    document.dispatchEvent(new CustomEvent("live:signed-out"))
  })
}
