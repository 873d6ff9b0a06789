// Finding by initial consonants: ㅂㅅ finds 배송, and so does 배ㅅ while the syllable is still being composed.
const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
const FIRST = 0xac00
const LAST = 0xd7a3

const initialOf = (syllable) => INITIALS[Math.floor((syllable.charCodeAt(0) - FIRST) / 588)]
const isSyllable = (sign) => sign.charCodeAt(0) >= FIRST && sign.charCodeAt(0) <= LAST
const isOpen = (sign) => (sign.charCodeAt(0) - FIRST) % 28 === 0

const fitsSign = (sign, asked) => {
  if (sign === asked) return true
  if (!isSyllable(sign)) return false
  if (INITIALS.includes(asked)) return initialOf(sign) === asked
  return isSyllable(asked) && isOpen(asked) && Math.floor((sign.charCodeAt(0) - FIRST) / 28) === Math.floor((asked.charCodeAt(0) - FIRST) / 28)
}

export const finds = (text, query, { first = false } = {}) => {
  const signs = [...text.toLowerCase().replace(/\s/g, "")]
  const asked = [...query.toLowerCase().replace(/\s/g, "")]
  const starts = first ? signs.slice(0, 1) : signs
  return !asked.length || starts.some((_, at) => asked.every((sign, step) => at + step < signs.length && fitsSign(signs[at + step], sign)))
}
