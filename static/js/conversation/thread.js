// The open conversation: pulls what is new, stays at the bottom while the reader is there, keeps their place while not.
import { unwatch, watch } from "../live.js";
import { fragment } from "../pull.js";
import { fill } from "../strings.js";
import { post } from "./http.js";
import { morph, place } from "./lines.js";

const NEAR = 80;
const RETRY = 5000;
const SPARED = 2000;

// What was marked unread a moment ago is not read because its pane comes up just then.
const spared = new Map();
document.addEventListener("desk:unread", ({ detail }) => { for (const id of detail.ids) spared.set(id, performance.now()) });

export class DeskThread extends HTMLElement {
  connectedCallback() {
    this.pane = this.closest("#conversation");
    this.list = this.querySelector("#messages");
    this.tail = this.querySelector("#tail");
    this.jump = this.querySelector("#jump");
    this.unseen = 0;
    this.gone = new AbortController();
    const listen = (target, name, handler) => target.addEventListener(name, handler, { signal: this.gone.signal });
    for (const name of ["live:nudge", "live:refused"]) listen(document, name, (event) => this.hear(event.detail));
    listen(document, "desk:unread", (event) => this.leaveUnread(event.detail));
    listen(document, "visibilitychange", () => this.seen());
    listen(window, "focus", () => this.seen());
    listen(this, "scroll", () => this.scrolled());
    listen(this.tail, "htmx:configRequest", (event) => (event.detail.parameters.after = this.tail.dataset.after));
    listen(this.tail, "htmx:beforeSwap", (event) => this.pulled(event));
    for (const name of ["htmx:sendError", "htmx:responseError"]) listen(this.tail, name, (event) => this.failed(event));
    listen(this.jump, "click", () => this.toBottom());
    listen(this, "click", (event) => this.clicked(event));
    this.growth = new ResizeObserver(() => this.isFollowing && this.toBottom());
    this.growth.observe(this.list);
    this.growth.observe(this);
    // By itself and not by a name: of two threads of one conversation, the old one leaves after the new one came.
    watch(this.pane.dataset.topic, this);
    this.start();
    document.dispatchEvent(new CustomEvent("thread:ready", { detail: this }));
  }

  disconnectedCallback() {
    unwatch(this.pane.dataset.topic, this);
    this.gone.abort();
    this.growth.disconnect();
    clearTimeout(this.reading);
    clearTimeout(this.again);
  }

  start() {
    const target = location.hash.startsWith("#m-") && this.querySelector(location.hash);
    const fresh = this.querySelector("#newline");
    if (target) target.scrollIntoView({ block: "center" });
    else if (fresh) this.scrollTop = Math.max(0, fresh.offsetTop - this.offsetTop - 120);
    else this.toBottom();
    this.isFollowing = this.atBottom;
    if (performance.now() - (spared.get(this.pane.dataset.conversation) ?? -SPARED) < SPARED) this.marked = this.tail.dataset.after;
    this.seen(true);
  }

  get atBottom() {
    return this.scrollHeight - this.scrollTop - this.clientHeight < NEAR;
  }

  toBottom() {
    this.isFollowing = true;
    this.scrollTop = this.scrollHeight;
  }

  scrolled() {
    this.isFollowing = this.atBottom;
    if (this.isFollowing) this.unseen = 0;
    this.drawJump();
    this.seen();
  }

  hear(nudge) {
    if (nudge.topic === this.pane.dataset.topic && !nudge.kind) this.pull();
  }

  pull() {
    globalThis.htmx.trigger(this.tail, "thread:pull");
  }

  pulled(event) {
    event.detail.shouldSwap = false;
    const { status, responseText } = event.detail.xhr;
    const news = status === 200 && fragment(responseText).firstElementChild;
    // A sign-in page comes with 200, too.
    if (news && news.dataset.revision) this.take(news);
  }

  // Nobody asked for it, so nobody is told; it is tried again, unless the answer was a refusal.
  failed(event) {
    event.stopPropagation();
    clearTimeout(this.again);
    const { status } = event.detail.xhr;
    if (status === 404) document.dispatchEvent(new CustomEvent("thread:gone"));
    else if (![401, 403].includes(status)) this.again = setTimeout(() => this.pull(), RETRY);
  }

  take(news) {
    if (Number(news.dataset.revision) < Number(this.tail.dataset.after)) return;
    const added = this.add(news.querySelector("ol").children);
    if (news.dataset.kept !== undefined) this.drop(news.dataset.kept.split(","));
    for (const id of ["conv-head", "conv-ctx"]) morph(document.getElementById(id), news.querySelector(`#${id}`));
    this.tail.dataset.after = news.dataset.revision;
    this.pane.dataset.status = news.dataset.status;
    if (added.some((line) => !line.classList.contains("m--me"))) document.dispatchEvent(new CustomEvent("thread:news"));
    this.seen();
  }

  // Lines join the list; the reader's place stays where it is.
  add(lines) {
    const follows = this.isFollowing;
    const added = place(this.list, lines);
    const others = added.filter((line) => !line.classList.contains("m--me"));
    if (others.length && document.hidden && !this.querySelector("#newline")) this.markNew(others[0]);
    if (follows) this.toBottom();
    else this.unseen += others.length;
    this.drawJump();
    return added;
  }

  markNew(line) {
    line.before(this.querySelector("#tpl-newline").content.cloneNode(true));
  }

  drop(kept) {
    const ids = new Set(kept.map((id) => `m-${id}`));
    for (const line of this.list.querySelectorAll(".m[id^='m-']")) if (!ids.has(line.id)) line.remove();
  }

  drawJump() {
    this.jump.hidden = this.isFollowing;
    const words = this.unseen === 0 ? "none" : this.unseen === 1 ? "one" : "many";
    this.jump.textContent = fill(this.jump.dataset[words], { n: this.unseen });
  }

  // What stands on a visible screen counts as read, for the unread marks and for "somebody was faster".
  seen(isFirst = false) {
    if (document.hidden || !(isFirst || this.atBottom)) return;
    const revision = this.tail.dataset.after;
    const field = document.querySelector("#composer [name=seen]");
    if (field) field.value = revision;
    if (this.marked === revision) return;
    clearTimeout(this.reading);
    this.reading = setTimeout(() => this.markRead(revision), 300);
  }

  async markRead(revision) {
    this.marked = revision;
    this.telling = post(this.dataset.read, new URLSearchParams({ revision })).catch(() => null);
    const answer = await this.telling;
    if (!answer?.ok) this.marked = null;
    else document.dispatchEvent(new CustomEvent("conversation:read", { detail: { id: this.pane.dataset.conversation } }));
  }

  // Whoever marks it unread does not want it read a moment later; what is already on its way comes first.
  leaveUnread({ ids, settled }) {
    if (!ids.includes(this.pane.dataset.conversation)) return;
    clearTimeout(this.reading);
    this.marked = this.tail.dataset.after;
    settled.push(this.telling);
  }

  clicked(event) {
    const button = event.target.closest("[data-earlier]");
    if (button) this.earlier(button);
  }

  async earlier(button) {
    button.disabled = true;
    const answer = await fetch(button.dataset.earlier, { headers: { "HX-Request": "true" } }).catch(() => null);
    button.disabled = false;
    if (!answer?.ok) return;
    const fromBottom = this.scrollHeight - this.scrollTop;
    place(this.list, fragment(await answer.text()).querySelector("ol").children);
    this.scrollTop = this.scrollHeight - fromBottom;
  }
}
