/** Talks with the host page: fixed origins both ways, one schema, never HTML. Alone in a window it keeps its own storage. */
import { config, on, state, tell } from "./bus.js";

const alone = window === parent, key = "ieum:" + config.channel;
const stores = { visitor: "localStorage", box: "sessionStorage" };

export const post = (k, v) => {
  if (!alone) return parent.postMessage({ ieum: 1, k, v }, config.host);
  if (!stores[k]) return;
  try { v ? window[stores[k]].setItem(key, v) : window[stores[k]].removeItem(key) } catch {}
};
const kept = (k) => { try { return window[stores[k]].getItem(key) || "" } catch { return "" } };

const heard = {
  hello(v) {
    Object.assign(state, { visitor: v.visitor || "", jwt: v.jwt || "", page: v.page || {}, opened: v.opened, phone: v.phone });
    tell("hello", v);
  },
  open(phone) { Object.assign(state, { opened: true, phone }); tell("open") },
  close() { state.opened = false; tell("close") },
  identify(jwt) { state.jwt = String(jwt); tell("identify") },
  message(text) { tell("prefill", text) },
  page(page) { state.page = page; tell("page") },
};

export const greetHost = () => {
  if (alone) return heard.hello({ visitor: kept("visitor"), box: kept("box"), opened: true });
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || origin !== config.host || !data || data.ieum !== 1) return;
    if (Object.hasOwn(heard, data.k)) heard[data.k](data.v);
  });
  post("ready");
};
on("visitor", (token) => post("visitor", token));
on("unread", (count) => post("unread", count));
on("leave", () => alone || post("close"));
