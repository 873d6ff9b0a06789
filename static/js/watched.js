// An element that names a topic and an address is told of the topic's nudges, so that htmx pulls it anew.
import { watch } from "./live.js"

for (const element of document.querySelectorAll("[data-topic][hx-get]")) watch(element.dataset.topic, element.id)

document.addEventListener("live:nudge", ({ detail }) => {
  for (const element of document.querySelectorAll(`[data-topic="${CSS.escape(detail.topic)}"][hx-get]`)) htmx.trigger(element, "nudged")
})
