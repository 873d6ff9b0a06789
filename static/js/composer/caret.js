// Writing into a text area as if it were typed, so that undo still works.
export const insert = (area, text, from = area.selectionStart, to = area.selectionEnd) => {
  area.focus()
  area.setSelectionRange(from, to)
  const isDone = text ? document.execCommand("insertText", false, text) : document.execCommand("delete")
  if (isDone && area.value.slice(from, from + text.length) === text) return
  area.setRangeText(text, from, Math.max(from, Math.min(to, area.value.length)), "end")
  area.dispatchEvent(new InputEvent("input", { bubbles: true }))
}
