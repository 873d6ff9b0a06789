// A new version was deployed: say so, and leave it to the agent when to load it.
const own = document.querySelector('script[src*="/js/desk."]')?.getAttribute("src")

document.addEventListener("desk:counted", () => {
  const fresh = document.getElementById("counts")?.dataset.script
  const bar = document.getElementById("new-version")
  if (bar && fresh && own && fresh !== own) bar.hidden = false
})
document.addEventListener("click", ({ target }) => { if (target.closest("[data-reload]")) location.reload() })
