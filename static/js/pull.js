// Asking the server for a fragment, with the three answers that every caller treats alike: signed out, refused, broken.
export class Failed extends Error {
  constructor(status, html = "") {
    super(`answered ${status}`)
    this.status = status
    this.html = html
  }
}

const isLogin = (answer) => answer.status === 401 || (answer.redirected && new URL(answer.url).pathname === document.body.dataset.login)

export const pull = async (url, { target = "", signal } = {}) => {
  const headers = { "HX-Request": "true", ...(target && { "HX-Target": target }) }
  const answer = await fetch(url, { headers, signal })
  if (isLogin(answer)) {
    document.dispatchEvent(new CustomEvent("live:signed-out"))
    throw new Failed(401)
  }
  const html = await answer.text()
  if (!answer.ok) throw new Failed(answer.status, html)
  return html
}

export const fragment = (html) => {
  const template = document.createElement("template")
  template.innerHTML = html
  return template.content
}

export const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"]

let turn = Promise.resolve()

// A decision: the answer is a toast that htmx puts in its place. One after the other, since htmx drops what comes while it waits.
export const decide = (path, values = {}, method = "POST") => {
  const made = turn.then(() => htmx.ajax(method, path, { values, swap: "none", source: document.body }))
  turn = made.catch(() => {})
  return made
}
