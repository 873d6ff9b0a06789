/** Messages on the screen: one element per message, found again by its ids, ordered by the desk's order. */
import { $, config, copy, on, say, state, tell } from "./bus.js";
import { call, earlier } from "./line.js";
import { retry } from "./outbox.js";

const list = $("list"), log = $("log"), lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(lang, { month: "long", day: "numeric", weekday: "short" });
let readUpTo = 0, seenUpTo = 0, last = null;

const MARKS = /(https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,!?;:])|\*\*(?=\S)([^*\n]+)\*\*|`([^`\n]+)`/g;
const node = (name, given, ...inside) => {
  const made = Object.assign(document.createElement(name), given);
  made.append(...inside);
  return made;
};
/** Text to nodes: links, bold and code. Built node by node, so no markup of a sender can ever run. */
const nodes = (text) => {
  const made = [];
  let at = 0;
  for (const match of text.matchAll(MARKS)) {
    made.push(text.slice(at, match.index));
    const [whole, link, bold, code] = match;
    made.push(link ? node("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link) : node(bold ? "strong" : "code", {}, bold || code));
    at = match.index + whole.length;
  }
  return [...made, text.slice(at)];
};
export const size = (bytes) => (bytes < 1e6 ? Math.ceil(bytes / 1e3) + " KB" : (bytes / 1e6).toFixed(1) + " MB");
const attachment = ({ url, name, type, size: bytes }) => {
  const picture = url && /^image\/(png|jpeg|gif|webp)$/.test(type);
  const link = node(url ? "a" : "span", { className: picture ? "pic" : "file", ...(url && { href: url, target: "_blank", rel: "noopener" }) });
  if (picture) link.append(node("img", { src: url, alt: name, loading: "lazy", onload: stick }));
  else link.append(copy("file-icon"), node("bdi", {}, name), node("small", {}, size(bytes)));
  return node("li", {}, link);
};

const nearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 120;
let following = true;
log.addEventListener("scroll", () => { following = nearEnd() });
const stick = () => { if (following) log.scrollTop = log.scrollHeight };
new ResizeObserver(stick).observe(log);
export const toEnd = () => { following = true; stick() };

const find = (message) => (message.id && $("m-" + message.id)) || (message.client_id && list.querySelector(`[data-client="${CSS.escape(message.client_id)}"]`));
const place = (item, id) => {
  const after = [...list.children].find((other) => id && other.dataset.at && (!other.dataset.id || +other.dataset.id > id));
  list.insertBefore(item, after || $("typing"));
};
const status = (message) => {
  if (message.failed) return say("failed");
  if (!message.id) return say(navigator.onLine ? "sending" : "waiting");
  return message.id <= seenUpTo ? say("read") : say("sent");
};
const fill = (item, message) => {
  const mine = message.kind !== "out", at = new Date(message.at);
  item.className = "m " + (mine ? "m--me" : "m--us") + (message.id ? "" : " m--wait") + (message.failed ? " m--fail" : "");
  Object.assign(item.dataset, { at: message.at, who: mine ? "" : message.author.name, client: message.client_id || "" });
  if (message.id) Object.assign(item, { id: "m-" + message.id }).dataset.id = message.id;
  const part = (name) => item.querySelector("." + name);
  part("av").textContent = mine ? "" : message.author.initials;
  part("av").classList.add("av--" + (mine ? 8 : message.author.tint));
  part("who").textContent = mine ? "" : message.author.name;
  Object.assign(part("at"), { dateTime: message.at, textContent: clock.format(at) + (message.via ? " · " + message.via : "") });
  part("bub").replaceChildren(...nodes(message.text));
  part("bub").hidden = !message.text;
  part("files").replaceChildren(...message.files.map(attachment));
  part("state").firstChild.textContent = mine ? status(message) : "";
  part("again").hidden = !message.failed;
  part("again").onclick = () => retry(message.client_id);
};
const show = (message) => {
  const item = find(message) || copy("message"), fresh = !item.isConnected, before = item.dataset.id;
  fill(item, message);
  if (fresh || before !== String(message.id || "")) place(item, message.id);
  return fresh;
};

/** Day lines, grouped senders and the one visible receipt follow from the order of the elements. */
const tidy = () => {
  list.querySelectorAll(".day").forEach((line) => line.remove());
  let previous = null;
  for (const item of list.querySelectorAll(".m[data-at]")) {
    const same = previous && day.format(new Date(previous.dataset.at)) === day.format(new Date(item.dataset.at));
    if (!same) item.before(node("li", { className: "day" }, day.format(new Date(item.dataset.at))));
    const close = same && new Date(item.dataset.at) - new Date(previous.dataset.at) < 3e5;
    item.classList.toggle("m--on", !!close && previous.classList.contains("m--me") === item.classList.contains("m--me") && previous.dataset.who === item.dataset.who);
    previous = item;
  }
  const mine = [...list.querySelectorAll(".m--me[data-at]")];
  mine.forEach((item, i) => item.classList.toggle("m--last", i === mine.length - 1));
  stick();
};
const count = () => {
  const unread = [...list.querySelectorAll(".m--us[data-id]")].filter((item) => +item.dataset.id > readUpTo).length;
  if (unread !== state.unread) tell("unread", state.unread = unread);
  $("recent-count").hidden = !unread;
  $("recent-count").textContent = unread;
};
const newest = () => Math.max(0, ...[...list.querySelectorAll(".m--us[data-id]")].map((item) => +item.dataset.id));

export const markRead = () => {
  const id = newest();
  if (!state.opened || state.screen !== "chat" || document.hidden || id <= readUpTo) return;
  readUpTo = id;
  count();
  call("read/", { up_to: id }).catch(() => { readUpTo = 0 });
};
const preview = () => {
  const items = list.querySelectorAll(".m[data-at]");
  last = items[items.length - 1];
  $("recent").hidden = !last;
  if (last) $("recent-text").textContent = last.querySelector(".bub").textContent || last.querySelector(".files").textContent || say("picture");
};

const see = (id) => {
  seenUpTo = id;
  for (const item of list.querySelectorAll(".m--me[data-id]")) if (+item.dataset.id <= id) item.querySelector(".state").firstChild.textContent = say("read");
};

on("news", (news) => {
  readUpTo = Math.max(readUpTo, news.read_up_to || 0);
  if (news.seen_up_to > seenUpTo) see(news.seen_up_to);
  const fresh = news.messages.map(show).filter(Boolean).length;
  if (news.messages.some((message) => message.kind === "out")) tell("typing", { on: false });
  $("earlier").hidden = !(news.earlier ?? !$("earlier").hidden);
  if (fresh || news.messages.length) { tidy(); preview() }
  count();
  markRead();
});
on("queued", (entry) => { show({ ...entry, kind: "in" }); tidy(); toEnd(); preview() });
on("failed", (entry) => { show({ ...entry, kind: "in" }); tidy() });
on("sent", ({ message, client_id }) => {
  const item = find({ client_id });
  if (message) show(message);
  else if (item) { item.classList.remove("m--wait"); item.querySelector(".state").firstChild.textContent = say("sent") }
  tidy();
});
on("person", () => { list.querySelectorAll(".m[data-id]").forEach((item) => item.remove()); readUpTo = seenUpTo = 0; tidy(); preview(); count() });
$("earlier").onclick = async () => {
  const first = list.querySelector(".m[data-at]"), height = log.scrollHeight;
  following = false;
  tell("news", await earlier(first.dataset.id).catch(() => ({ messages: [] })));
  log.scrollTop += log.scrollHeight - height;
};

let silence;
on("typing", ({ on: active = true, name }) => {
  clearTimeout(silence);
  $("typing").hidden = !active;
  if (!active) return;
  $("typing").querySelector(".vh").textContent = say("typing", { name: name || config.brand });
  silence = setTimeout(() => { $("typing").hidden = true }, 6000);
  stick();
});
document.addEventListener("visibilitychange", markRead);
