// A field with a list of choices below it: arrows move, Enter takes, typing filters. The palette and the pickers are such.
import Combobox from "../vendor/combobox-nav/index.js"

const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"

const initialsOf = (text) => text.replace(/[가-힣]/g, (sign) => INITIALS[Math.floor((sign.charCodeAt(0) - 0xac00) / 588)])

// Whether a text has what was typed in it, by letters or by the initial consonants of its syllables.
export const fits = (text, typed) => {
  const [whole, part] = [text.toLowerCase(), typed.trim().toLowerCase()]
  return whole.includes(part) || (/^[ㄱ-ㅎ\s]+$/.test(part) && initialsOf(whole).includes(part))
}

export const listbox = (input, list) => {
  const box = new Combobox(input, list, { tabInsertsSuggestions: false, firstOptionSelectionMode: "selected" })
  const restart = () => {
    box.stop()
    for (const [at, option] of [...list.querySelectorAll('[role="option"]')].entries()) {
      option.id ||= `${list.id}-${at}`
      option.setAttribute("aria-selected", "false")
    }
    box.start()
  }
  return { restart, stop: () => box.stop() }
}
