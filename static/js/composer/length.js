// How long a text is in the unit in which the channel's provider counts.
const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
const GSM_DOUBLE = new Set("^{}\\[~]|€\f")

export const segments = (text) => {
  const signs = [...text]
  if (!signs.length) return 0
  if (signs.every((sign) => GSM.has(sign) || GSM_DOUBLE.has(sign))) {
    const septets = signs.reduce((sum, sign) => sum + (GSM_DOUBLE.has(sign) ? 2 : 1), 0)
    return septets <= 160 ? 1 : Math.ceil(septets / 153)
  }
  return text.length <= 70 ? 1 : Math.ceil(text.length / 67)
}

export const length = (text, unit) => {
  if (unit === "UTF-16 units") return text.length
  if (unit === "bytes") return new TextEncoder().encode(text).length
  return unit === "GSM segments" ? segments(text) : [...text].length
}
