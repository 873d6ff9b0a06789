// What the scripts say: the page carries every sentence in its language as a data attribute of #strings.
export const t = (name, values = {}) => fill(document.getElementById("strings")?.dataset[name] ?? "", values)

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "")
