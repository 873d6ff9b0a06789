// What a host adds to use more than the launcher: who is signed in, a button of its own, a fresh token when one is asked for.
window.Ieum = window.Ieum || function () { (window.Ieum.q = window.Ieum.q || []).push(arguments) };
const { token, shopper } = document.body.dataset;
const LAST = "shop:shopper", FETCHED = "shop:fetched";

// Signing out, or in as somebody else, ends the chat of the one before.
const before = localStorage.getItem(LAST) || "";
if (before && before !== shopper) window.Ieum("shutdown");
localStorage.setItem(LAST, shopper);

if (token) window.Ieum("identify", token);
window.Ieum("on", "tokenExpired", () => {
  if (Date.now() - sessionStorage.getItem(FETCHED) < 60000) return;
  sessionStorage.setItem(FETCHED, Date.now());
  location.reload();
});
document.querySelectorAll("[data-chat]").forEach((button) => {
  button.onclick = () => (button.dataset.chat ? window.Ieum("message", button.dataset.chat) : window.Ieum("open"));
});
