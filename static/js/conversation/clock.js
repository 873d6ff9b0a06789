// What changes by the clock alone: the time left for an answer, the seconds left to take a reply back.
import { fill } from "../strings.js";

function tick() {
  for (const element of document.querySelectorAll("#conv-ctx [data-due]")) drawDue(element);
  for (const element of document.querySelectorAll(".countdown[data-until]")) drawCountdown(element);
}

function drawDue(element) {
  const left = (new Date(element.dataset.due) - Date.now()) / 60000;
  const minutes = Math.floor(Math.abs(left));
  const words = minutes < 60 ? fill(element.dataset.left, { n: minutes }) : fill(element.dataset.hours, { h: Math.floor(minutes / 60), n: minutes % 60 });
  const text = left < 0 ? fill(element.dataset.over, { t: words }) : words;
  element.classList.toggle("sla--over", left < 0);
  const shown = element.querySelector("[data-left-text]");
  if (shown.textContent !== text) shown.textContent = text;
}

function drawCountdown(element) {
  const left = Math.ceil((new Date(element.dataset.until) - Date.now()) / 1000);
  if (left > 90) return;
  const button = element.querySelector("button");
  if (left <= 0) button?.remove();
  element.querySelector("[data-in]").textContent = left > 0 ? fill(element.dataset.words, { n: left }) : element.dataset.now;
}

setInterval(tick, 1000);
document.addEventListener("thread:ready", tick);
