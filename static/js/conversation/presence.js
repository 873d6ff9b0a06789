// Who else looks at the conversation and who types, from the socket; forgotten when nothing is heard any more.
import { send } from "../live.js";
import { fill } from "../strings.js";
import { post } from "./http.js";

const VIEWING_MS = 20_000;
const TYPING_MS = 6_000;
const BEAT_MS = 10_000;
const others = new Map();
let customerUntil = 0;
let shown = "";

const pane = () => document.querySelector("#conversation[data-topic]");
const me = () => document.body.dataset.agent;

const concerns = ({ topic, agent }) => topic === pane()?.dataset.topic && String(agent) !== me();

document.addEventListener("live:presence", ({ detail }) => {
  if (!concerns(detail)) return;
  if (detail.state === "away") others.delete(detail.agent);
  else meet(detail.agent, detail.name, { viewing: Date.now() + VIEWING_MS });
  draw();
});

// Nobody's name: it is the customer who types.
document.addEventListener("live:typing", ({ detail }) => {
  if (!concerns(detail)) return;
  if (detail.agent === undefined) customerUntil = Date.now() + TYPING_MS;
  else meet(detail.agent, detail.name, { typing: Date.now() + TYPING_MS, viewing: Date.now() + VIEWING_MS, mode: detail.mode });
  draw();
});

function meet(agent, name, news) {
  others.set(agent, { ...others.get(agent), name, ...news });
}

function draw() {
  const now = Date.now();
  for (const [agent, other] of others) if (other.viewing < now) others.delete(agent);
  drawViewers([...others.values()]);
  drawCollision([...others.values()].find((other) => other.typing > now));
  const typing = document.getElementById("typing");
  if (typing && typing.hidden !== customerUntil < now) typing.hidden = customerUntil < now;
}

function drawViewers(list) {
  const stack = document.getElementById("viewers");
  if (!stack) return;
  const names = list.map((other) => other.name).join(", ");
  if (stack.dataset.names === names) return;
  stack.dataset.names = names;
  stack.hidden = !list.length;
  stack.setAttribute("aria-label", fill(stack.dataset.label, { names }));
  stack.replaceChildren(...list.slice(0, 4).map((other) => disc(other.name)));
}

function drawCollision(other) {
  const bar = document.getElementById("collide");
  if (!bar) return;
  bar.hidden = !other || Date.now() < Number(bar.dataset.quiet ?? 0);
  if (!other) return;
  const text = fill(other.mode === "note" ? bar.dataset.noting : bar.dataset.writing, { name: other.name });
  if (bar.querySelector("[data-text]").textContent === text) return;
  bar.querySelector("[data-text]").textContent = text;
  bar.querySelector(".av").replaceWith(disc(other.name));
}

function disc(name) {
  const element = document.createElement("span");
  element.className = `av av--24 av--${(crc32(name) % 8) + 1}`;
  element.textContent = initials(name);
  element.title = name;
  element.setAttribute("aria-hidden", "true");
  return element;
}

// The same signs and tints as the server draws.
function initials(name) {
  const words = name.match(/[\p{L}\p{N}_'’]+/gu) ?? ["?"];
  if (/[가-힣]/.test(words.at(-1))) return words.join("").slice(-2);
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : words[0][0]).toUpperCase();
}

function crc32(text) {
  let crc = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function beat() {
  const topic = (!document.hidden && pane()?.dataset.topic) || "";
  if (shown && shown !== topic) {
    send({ type: "presence", topic: shown, state: "away" });
    others.clear();
  }
  if (topic) send({ type: "presence", topic, state: "viewing" });
  shown = topic;
}

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-take-over]")) return;
  const bar = document.getElementById("collide");
  bar.dataset.quiet = Date.now() + 60_000;
  bar.hidden = true;
  await post(`/conversations/${pane().dataset.conversation}/assignment/`, new URLSearchParams({ agent: "me" })).catch(() => null);
  document.getElementById("reply")?.focus();
});

setInterval(beat, BEAT_MS);
setInterval(draw, 1000);
document.addEventListener("visibilitychange", beat);
document.addEventListener("thread:ready", beat);
document.addEventListener("live:state", beat);
addEventListener("pagehide", () => shown && send({ type: "presence", topic: shown, state: "away" }));
