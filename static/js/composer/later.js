// Sending at another time: tomorrow morning, unless the writer says when.
export const toggleLater = (form, isLater) => {
  const box = form.querySelector("#later")
  const at = box.querySelector("#later-at")
  box.hidden = !isLater
  form.querySelector("#send-menu").hidePopover()
  if (!isLater) return
  const morning = new Date()
  morning.setDate(morning.getDate() + 1)
  morning.setHours(9, 0, 0, 0)
  at.value ||= new Date(morning - morning.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
  at.focus()
}

// The chosen time in UTC; blank where it goes out at once.
export const laterTime = (form) => {
  const at = form.querySelector("#later").hidden ? "" : form.querySelector("#later-at").value
  return at && new Date(at).toISOString()
}
