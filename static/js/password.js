// The eye beside a password field.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-reveal]")
  if (!button) return
  const input = document.getElementById(button.getAttribute("aria-controls"))
  const shows = input.type === "password"
  input.type = shows ? "text" : "password"
  button.setAttribute("aria-pressed", String(shows))
})
