// When Enter means "send" although an input method is at work. A Korean Enter ends the last syllable and is meant to send;
// a Japanese or Chinese Enter only confirms the words. Browsers report the first Enter once or twice: it is answered once.
const HANGUL = /^[ㄱ-ㆎ가-힣]*$/
const ECHO = 150
const PATIENCE = 120

export const listenForSend = (area, wantsSend, send) => {
  let composed = ""
  let isWaiting = false
  let sentAt = -ECHO
  const sendOnce = () => {
    if (!isWaiting) return
    isWaiting = false
    sentAt = performance.now()
    send()
  }
  // Some input methods leave the words open after ⌘↵; losing the focus for a moment ends them.
  const finish = (field) => {
    isWaiting = true
    setTimeout(() => { if (isWaiting) { field.blur(); field.focus() } }, PATIENCE)
  }
  area.addEventListener("compositionupdate", ({ data }) => { composed = data ?? "" })
  area.addEventListener("compositionend", ({ data }) => {
    composed = data ?? ""
    if (isWaiting) setTimeout(sendOnce)
  })
  area.addEventListener("keydown", (event) => {
    const isComposing = event.isComposing || event.keyCode === 229
    if (event.defaultPrevented || (event.key !== "Enter" && event.code !== "Enter" && event.code !== "NumpadEnter")) return
    if (isComposing) {
      const isAsked = event.metaKey || event.ctrlKey
      if (wantsSend(event) && (isAsked || HANGUL.test(composed))) finish(event.target)
      return
    }
    if (isWaiting || performance.now() - sentAt < ECHO) return event.preventDefault()
    if (!wantsSend(event)) return
    event.preventDefault()
    send()
  })
}
