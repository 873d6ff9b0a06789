/** What the visitor wrote and the desk has not acknowledged: client-made ids, one at a time, in order, kept over reloads. */
import { on, tell } from "./bus.js";
import { post } from "./bridge.js";
import { call, lost, pause } from "./line.js";

export const QUEUE = 20;
let box = [], busy, timer, tries = 0;

const keep = () => post("box", box.length ? JSON.stringify(box) : "");
const waiting = () => box.find((entry) => !entry.failed);
export const full = () => box.length >= QUEUE;
export const queued = () => box;

export const put = (text, files = []) => {
  const entry = { client_id: crypto.randomUUID(), text, files, at: new Date().toISOString() };
  box.push(entry);
  keep();
  tell("queued", entry);
  flush();
};
const settle = (entry, answer) => {
  box = box.filter((other) => other !== entry);
  keep();
  tell("sent", answer);
};
const refuse = (entry, error) => {
  entry.failed = error.body.error || "refused";
  keep();
  tell("failed", entry);
};
const deliver = async (entry) => {
  const { client_id, text, at, files } = entry;
  try { settle(entry, await call("messages/", { client_id, text, at, files: files.map((file) => file.token) })) }
  catch (error) { if (lost(error)) throw error; refuse(entry, error) }
};
export const flush = async () => {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  try {
    for (let entry; (entry = waiting());) await deliver(entry);
    tries = 0;
    tell("level", true);
  } catch {
    tell("level", false);
    timer = setTimeout(flush, pause(tries++));
  } finally { busy = false }
};
export const retry = (id) => {
  box.filter((entry) => entry.client_id === id).forEach((entry) => { delete entry.failed; tell("queued", entry) });
  tries = 0;
  flush();
};
on("hello", ({ box: saved }) => {
  try { box.unshift(...JSON.parse(saved || "[]")) } catch {}
  box.forEach((entry) => tell("queued", entry));
  if (box.length) flush();
});
on("wake", () => { tries = 0; flush() });
