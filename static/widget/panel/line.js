/** The line to the desk: session, pulls after a cursor, a socket for nudges, polling and back-off without it. */
import { config, on, state, tell } from "./bus.js";
import { post } from "./bridge.js";

let session = "", renewAt = 0, opening, cursor = "", pulling, again, socket, live = false, failures = 0, timer, dialler, redials = 0, beat, heard = false, soon = 0, verified = false;

export const joined = () => !!session;
export const pass = () => session;
const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const fetchJson = async (path, options = {}) => {
  const headers = { ...options.headers, ...(session && { Authorization: "Bearer " + session }) };
  const response = await fetch(config.api + path, { ...options, headers, credentials: "omit", cache: "no-store" });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(path), { status: response.status, body });
  return body;
};

const enter = async () => {
  const renew = session;
  session = "";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone, language = config.language || navigator.language;
  const request = { ticket: config.ticket, renew, visitor: state.visitor, jwt: state.jwt, page: state.page, zone, language };
  const news = await fetchJson("session/", json(request)).catch((error) => {
    session = renew;
    // The ticket of a page that has been open for a day has run out: a fresh frame has a fresh one.
    if (error.status === 403 && performance.now() > 60000) location.reload();
    throw Object.assign(error, { status: 0 });
  });
  if (state.jwt === request.jwt) state.jwt = "";
  session = news.session;
  renewAt = Date.now() + news.expires_in * 800;
  if (news.visitor !== state.visitor) tell("visitor", state.visitor = news.visitor);
  if (news.identity === "refused" || (verified && news.identity === "anonymous")) post("expired");
  const other = state.person && news.person !== state.person;
  if (other) tell("person", { known: verified });
  verified = news.identity === "verified";
  state.person = news.person;
  cursor = news.cursor;
  tell("news", news);
  // What was taken while the person changed may have been drawn for the one before: ask again.
  plan(other ? 0 : quiet());
  socket ? greet() : dial();
};
/** Opens a session once, however many callers wait for it; once more for a token that came meanwhile. */
const enterAll = async () => { do await enter(); while (state.jwt) };
export const join = () => opening ||= enterAll().finally(() => { opening = null });

/** One authorised request; an expired session is renewed once. */
export const call = async (path, body, options) => {
  if (!session || Date.now() > renewAt) await join();
  const used = session;
  const send = () => fetchJson(path, options || (body ? json(body) : {}));
  return send().catch(async (error) => {
    if (error.status !== 401) throw error;
    if (!session || session === used) await join();
    return send();
  });
};

export const lost = (error) => !error.status || error.status >= 500 || [408, 425, 429].includes(error.status);
export const pause = (tries) => Math.min(60, 2 ** Math.min(tries, 6)) * (700 + Math.random() * 600);
const quiet = () => (live ? 45000 : state.opened && !document.hidden ? 4000 : 25000);

const plan = (delay) => { clearTimeout(timer); timer = setTimeout(pull, delay) };
export const pull = async () => {
  if (!session) return;
  if (pulling) { again = true; return }
  pulling = true;
  try {
    do {
      again = false;
      const { person } = state, news = await call("messages/?after=" + encodeURIComponent(cursor));
      // An answer for the person before: neither the messages nor the cursor are this one's.
      if (person !== state.person) { again = true; continue }
      cursor = news.cursor;
      tell("news", news);
      again ||= news.more;
    } while (again);
    failures = 0;
    tell("level", true);
    plan(quiet());
  } catch (error) {
    tell("level", false);
    plan(pause(failures++));
  } finally { pulling = false }
};
export const earlier = async (before) => {
  const { person } = state, news = await call("messages/?before=" + before);
  return person === state.person ? news : { messages: [] };
};

const shout = (message) => { if (socket?.readyState === 1) socket.send(JSON.stringify(message)) };
const greet = () => shout({ type: "hello", session });
const dial = () => {
  if (socket || !session || !(state.opened || state.talking)) return;
  socket = new WebSocket(config.socket.replace(/^\//, location.origin.replace("http", "ws") + "/"));
  socket.onopen = () => { greet(); beat = setInterval(() => shout({ type: "ping" }), 25000) };
  socket.onmessage = ({ data }) => {
    const { type, ...rest } = JSON.parse(data);
    if (type === "ready") { live = true; redials = 0; pull() }
    if (type === "pull") soon ||= setTimeout(() => { soon = 0; pull() }, 25);
    if (type === "typing") tell("typing", rest);
  };
  socket.onclose = () => {
    hangUp();
    clearTimeout(dialler);
    dialler = setTimeout(dial, pause(redials++));
    if (session) plan(Math.min(quiet(), 1000));
  };
};
const hangUp = () => {
  clearInterval(beat);
  if (socket) { socket.onclose = null; socket.close() }
  socket = null;
  live = false;
};
// The first message makes the visitor known to the desk: from then on there is something to listen to.
on("sent", () => { if (!heard) { heard = true; greet() } });

let typedAt = 0;
export const typing = () => {
  if (!session || Date.now() - typedAt < 3000) return;
  typedAt = Date.now();
  live ? shout({ type: "typing" }) : fetchJson("typing/", json({})).catch(() => {});
};

const wake = () => { failures = redials = 0; if (session) { dial(); pull() } tell("wake") };
addEventListener("online", wake);
addEventListener("offline", () => tell("level", false));
document.addEventListener("visibilitychange", () => document.hidden || wake());
// An open socket would keep the host page out of the back/forward cache.
addEventListener("pagehide", hangUp);
addEventListener("pageshow", ({ persisted }) => persisted && wake());
on("open", wake);
on("identify", () => join().then(pull, () => setTimeout(() => tell("identify"), pause(failures++))));
