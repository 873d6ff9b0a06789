// (3) before the title: how many of the agent's conversations have something unread.
let plain = document.title

const paint = () => {
  const number = document.getElementById("n-rail")?.dataset.n
  const shown = Number(number) ? `(${document.getElementById("n-rail").textContent}) ${plain}` : plain
  if (document.title !== shown) document.title = shown
}

export const setTitle = (text) => { plain = text; paint() }

document.addEventListener("desk:counted", paint)
