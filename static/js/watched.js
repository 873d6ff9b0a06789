// An element that names a topic is told of its nudges, so that htmx pulls it anew.
import { watch } from "./live.js"

for (const element of document.querySelectorAll("[data-topic]")) watch(element.dataset.topic, element.id)

document.addEventListener("live:nudge", ({ detail }) => {
  for (const element of document.querySelectorAll(`[data-topic="${CSS.escape(detail.topic)}"]`)) htmx.trigger(element, "nudged")
})
