/** What every part of the panel shares: events between parts, elements by id, texts rendered by the template. */
const listeners = {};

export const on = (name, listener) => (listeners[name] ||= []).push(listener);
export const tell = (name, detail) => (listeners[name] || []).forEach((listener) => listener(detail));
export const $ = (id) => document.getElementById(id);
export const config = document.body.dataset;
export const say = (name, values = {}) => $("texts").dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
export const copy = (id) => $(id).content.firstElementChild.cloneNode(true);
export const state = { visitor: "", jwt: "", page: {}, opened: false, screen: "home", unread: 0, known: false };
