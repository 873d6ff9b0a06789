/** Home, form and chat: which one is shown, where the focus goes, what the state of the desk changes on them. */
import { $, config, on, say, state, tell } from "./bus.js";
import { call, join, joined, pass, pull } from "./line.js";
import { queued } from "./outbox.js";
import { complain } from "./composer.js";
import { markRead, toEnd } from "./thread.js";

const focusable = 'button:not([disabled]):not([hidden]),a[href],input:not([type=file]),textarea,select,[tabindex="0"]';
const firsts = { home: "start", form: "form-title", chat: "text" };

export const go = (screen, focus = true) => {
  state.screen = screen;
  for (const name of Object.keys(firsts)) if ($(name)) $(name).hidden = name !== screen;
  if (screen === "chat") { toEnd(); markRead() }
  if (focus && state.opened) $(firsts[screen]).focus();
};
const begin = () => go(config.form && !state.known && !state.asked ? "form" : "chat");
const resume = () => { if (state.screen === "home" && (state.talking || queued().length)) go("chat") };

$("start").onclick = begin;
$("recent").onclick = () => go("chat");
$("again").onclick = () => { $("ended").hidden = true; $("composer").hidden = false; $("text").focus() };
document.querySelectorAll("[data-back]").forEach((button) => { button.onclick = () => go("home") });
document.querySelectorAll("[data-close]").forEach((button) => { button.onclick = () => tell("leave") });

const showErrors = (form, errors) => {
  let first;
  for (const field of form.querySelectorAll("[name]")) {
    const error = errors[field.name], note = $(field.getAttribute("aria-describedby"));
    field.setAttribute("aria-invalid", !!error);
    if (note) note.textContent = error || "";
    if (error) first ||= field;
  }
  first?.focus();
};
const submitForm = (form, done) => {
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    showErrors(form, {});
    try {
      tell("news", await call("prechat/", Object.fromEntries(new FormData(form))));
      state.asked = true;
      done();
    } catch (error) { showErrors(form, error.body?.errors || {}); if (!error.body?.errors) $(form.id + "-error").textContent = say("offline") }
    finally { button.disabled = false }
  };
};
if ($("prechat")) submitForm($("prechat"), () => go("chat"));
submitForm($("mail"), () => { $("mail").hidden = true; $("mailed").hidden = false; $("text").focus() });

on("news", ({ conversation, ask_email, known, desk }) => {
  if (known !== undefined) state.known = known;
  if (conversation) {
    state.talking = conversation.status !== "resolved";
    $("ended").hidden = state.talking;
    $("composer").hidden = !state.talking;
  }
  if (ask_email !== undefined) $("mail").hidden = !ask_email || !$("mailed").hidden;
  if (desk) for (const line of document.querySelectorAll(".desk")) { line.textContent = desk.text; line.classList.toggle("desk--away", !desk.open) }
});
// Whoever signs in while writing goes on writing; what a known person leaves behind is nobody else's.
on("person", ({ known }) => { $("ended").hidden = true; $("composer").hidden = false; state.talking = false; if (known && state.screen === "chat" && !queued().length) go("home", false) });
on("queued", () => { $("ended").hidden = true; $("composer").hidden = false });

// A hiccup shows nothing; what lasts does, however often it fails meanwhile.
let trouble = 0;
on("level", (level) => {
  if (!level) { trouble ||= setTimeout(() => { $("bar").hidden = false }, 1500); return }
  clearTimeout(trouble);
  trouble = 0;
  $("bar").hidden = true;
});
on("open", () => { resume(); go(state.screen) });
on("prefill", () => { if (state.screen === "home") begin() });
let moved;
on("page", () => {
  clearTimeout(moved);
  moved = setTimeout(() => { if (joined()) call("page/", state.page).catch(() => {}) }, 400);
});
on("hello", async ({ color }) => {
  const colour = color || config.colour;
  if (colour && CSS.supports("color", colour)) document.documentElement.style.setProperty("--accent", color);
  document.documentElement.classList.toggle("phone", !!state.phone);
  if (state.visitor || state.jwt) await join().then(pull, () => { tell("level", false); setTimeout(() => join().then(pull, () => {}), 3000) });
  resume();
  if (state.opened) go(state.screen);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !document.querySelector(":popover-open")) tell("leave");
  if (event.key !== "Tab" || !state.phone) return;
  // Full screen on a phone: Tab stays inside, for the page behind cannot be seen.
  const stops = [...document.querySelectorAll(focusable)].filter((stop) => stop.checkVisibility());
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus() }
});
// The wish to be called joins the conversation of whoever has a session here.
document.getElementById("call-me")?.addEventListener("submit", ({ target }) => { target.elements.session.value = pass() });
addEventListener("offline", () => complain(""));
