// Passkeys: hide what the browser cannot do, say plainly when it failed.
const supported = Boolean(window.PublicKeyCredential && navigator.credentials)

for (const element of document.querySelectorAll("[data-passkey]")) element.hidden = !supported

document.addEventListener("allauth.error", (event) => {
  event.preventDefault()
  const notice = document.getElementById("passkey-error")
  if (!notice) return
  notice.hidden = false
  notice.focus()
})
