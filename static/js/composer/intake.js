// Files come in by paste and by drop, anywhere over the conversation.
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files")

export const takeFiles = (form, pane, uploads, signal) => {
  const drop = form.querySelector("#drop, [data-drop]")
  form.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (!files.length) return
    event.preventDefault()
    uploads.add(files)
  })
  pane.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    drop.hidden = false
  }, { signal })
  pane.addEventListener("dragleave", (event) => { if (!pane.contains(event.relatedTarget)) drop.hidden = true }, { signal })
  pane.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    drop.hidden = true
    uploads.add([...event.dataTransfer.files])
  }, { signal })
}
