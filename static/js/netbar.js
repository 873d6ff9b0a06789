// The bars that say the connection is lost; a fragment that comes in later gets its bar in the right state too.
const paint = () => {
  const isLost = ["wait", "off"].includes(document.documentElement.dataset.live)
  for (const bar of document.querySelectorAll("[data-netbar]")) bar.hidden = !isLost
}

document.addEventListener("live:state", paint)
document.addEventListener("htmx:afterSettle", paint)
document.addEventListener("desk:opened", paint)
