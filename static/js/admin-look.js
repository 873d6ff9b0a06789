// Before the first paint: the administration wears the agent's theme.
document.documentElement.dataset.theme = document.querySelector('meta[name="desk-look"]').content
