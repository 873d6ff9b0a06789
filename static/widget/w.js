/* Ieum web chat: the launcher on the host page. The only script a host loads; the chat itself lives in a frame. */
(() => {
  const script = document.currentScript, options = script.dataset, desk = new URL(script.src).origin;
  const first = window.Ieum, channel = options.channel;
  if (!channel || (first && first.loaded)) return;
  const key = "ieum:" + channel;
  const language = (options.lang || document.documentElement.lang || navigator.language || "en").toLowerCase();
  const texts = __TEXTS__, [chat, news, elsewhere] = texts[language.slice(0, 2)] || texts.en;
  const phone = matchMedia("(max-width:480px)"), listeners = {}, waiting = [];
  let frame, ready, opened, unread, jwt, address, timer;

  // Host storage may be forbidden (private mode, sandbox): then visitor and unsent messages live as long as the page.
  const kept = {};
  const keep = (name, store) => {
    try { kept[name] = window[store].getItem(key) } catch {}
    return (value) => {
      kept[name] = value;
      try { window[store].setItem(key, value || "") } catch {}
    };
  };

  const css = `:host{all:initial!important;--c:#2754c5;--o:20px}
*{position:fixed;inset-inline-end:calc(var(--o) + env(safe-area-inset-right));bottom:88px;z-index:2147483000;box-sizing:border-box}
.start{inset-inline:calc(var(--o) + env(safe-area-inset-left)) auto}
button,a{color:#fff;background:var(--c) linear-gradient(160deg,#fff3,#0002);box-shadow:inset 0 1px #fff4,0 8px 24px -8px #0009}
button{bottom:calc(20px + env(safe-area-inset-bottom));width:56px;height:56px;padding:0;border:0;border-radius:50%;cursor:pointer;transition:transform .16s;forced-color-adjust:none}
button:hover{transform:translateY(-2px)}
:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px var(--c)}
button:before{content:"";display:block;width:28px;height:28px;margin:auto;background:#fff;clip-path:path(evenodd,"M14 3C7 3 2 7.5 2 13c0 3 1 5 3 7l-1 5 6-3c1 .5 3 1 4 1 7 0 12-4.5 12-10S21 3 14 3ZM9 10h10v2H9ZM9 14h6v2H9Z")}
.open:before{clip-path:path("m5 9 9 9 9-9 2 2-11 11L3 11Z")}
b{position:absolute;inset:-3px -3px auto auto;min-width:21px;padding:0 6px;border-radius:99px;font:700 12px/21px system-ui;background:#c5301f;box-shadow:0 0 0 2px #fff}
iframe{border:0;width:392px;height:min(680px,100dvh - 104px);border-radius:16px;background:#fff;color-scheme:normal;box-shadow:0 0 0 1px #0001,0 24px 56px -12px #0006;animation:i .22s cubic-bezier(.2,0,0,1)}
a{padding:14px 18px;border-radius:12px;font:600 14px system-ui}
[hidden]{display:none}
@keyframes i{from{opacity:0;transform:translateY(12px)}}
@media(prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media(max-width:480px){iframe{inset:0;width:100%;height:100dvh;border-radius:0}.open{display:none}}
@media print{*{display:none}}`;

  const make = (name, given) => Object.assign(document.createElement(name), given);
  const host = make("div", { id: "ieum-widget" }), root = host.attachShadow({ mode: "closed" }), sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  if (options.color) host.style.setProperty("--c", options.color);
  if (options.offset) host.style.setProperty("--o", options.offset + "px");
  const side = options.position === "start" ? "start" : "";

  const launcher = make("button", { type: "button", hidden: "hideLauncher" in options }), badge = make("b");
  launcher.append(badge);
  root.append(launcher);

  const paint = () => {
    launcher.className = side + (opened ? " open" : "");
    badge.hidden = !unread || opened;
    badge.textContent = unread > 9 ? "9+" : unread;
    launcher.ariaExpanded = !!opened;
    launcher.ariaLabel = unread ? news.replace("{n}", unread) : chat;
    if (frame) frame.hidden = !opened;
  };
  const emit = (event, detail) => (listeners[event] || []).forEach((listener) => listener(detail));
  const post = (k, v) => ready ? frame.contentWindow.postMessage({ ieum: 1, k, v }, desk) : waiting.push([k, v]);
  const page = () => ({ url: location.href, title: document.title });

  const mount = () => {
    if (frame) return;
    const src = `${desk}/w/${channel}/?lang=${language}&theme=${options.theme || ""}&o=${encodeURIComponent(location.origin)}`;
    frame = make("iframe", { src, className: side, title: chat, hidden: !opened });
    root.prepend(frame);
    timer = setTimeout(blocked, 8000);
  };
  // A host whose policy forbids our frame gets a link instead of a silent white box.
  const blocked = () => {
    const href = `${desk}/w/${channel}/?popout&lang=${language}`;
    unmount();
    root.append(make("a", { href, target: "_blank", rel: "noopener", className: side, textContent: elsewhere }));
    opened = 0;
    paint();
  };
  const unmount = () => {
    clearTimeout(timer);
    if (frame) frame.remove();
    frame = ready = undefined;
    waiting.length = 0;
  };
  const turn = (on) => {
    if (!opened === !on) return;
    opened = on;
    mount();
    paint();
    post(on ? "open" : "close", phone.matches);
    on ? frame.focus() : launcher.focus();
    emit(on ? "open" : "close");
  };

  const heard = {
    visitor: keep("visitor", "localStorage"),
    box: keep("box", "sessionStorage"),
    ready() {
      clearTimeout(timer);
      ready = 1;
      post("hello", { ...kept, jwt, page: page(), opened, phone: phone.matches, color: options.color });
      waiting.splice(0).forEach(([k, v]) => post(k, v));
      emit("ready");
    },
    unread(count) { unread = count; paint(); emit("unread", unread) },
    close() { turn(false) },
    expired() { emit("tokenExpired") },
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== desk || !data || data.ieum !== 1) return;
    if (Object.hasOwn(heard, data.k)) heard[data.k](data.v);
  });

  const api = {
    open() { turn(true) },
    close() { turn(false) },
    toggle() { turn(!opened) },
    show() { launcher.hidden = false },
    hide() { launcher.hidden = true },
    identify(token) { jwt = token; ready ? post("identify", token) : mount() },
    message(words) { turn(true); post("message", String(words)) },
    on(event, listener) { (listeners[event] ||= []).push(listener) },
    shutdown() { heard.visitor(); heard.box(); jwt = opened = unread = 0; unmount(); paint() },
  };
  const Ieum = window.Ieum = (name, ...rest) => { if (Object.hasOwn(api, name)) api[name](...rest) };
  Ieum.loaded = true;

  const moved = () => {
    if (address === location.href) return;
    address = location.href;
    if (frame) post("page", page());
  };
  const start = () => {
    document.body.append(host);
    paint();
    address = location.href;
    window.navigation ? navigation.addEventListener("navigatesuccess", moved) : setInterval(moved, 1000);
    launcher.onclick = api.toggle;
    launcher.onpointerenter = mount;
    if (kept.visitor) (window.requestIdleCallback || setTimeout)(mount);
    ((first && first.q) || []).forEach((call) => Ieum(...call));
  };
  document.body ? start() : addEventListener("DOMContentLoaded", start);
})();
