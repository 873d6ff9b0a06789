// A chat client in JavaScript without dependencies, for browsers and Node 18 or later (docs/channels/inapp.md).
//
//   import { Chat } from "./chat.mjs";
//   const chat = new Chat("https://desk.example.com", TOKEN, { visitor: await keychain.get("ieum") });
//   await chat.open();
//   chat.listen((message) => draw(message));
//   await chat.say("Where is my parcel?");
//
//   node chat.mjs https://desk.example.com TOKEN --say Hello --answers 1

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Chat {
  // Keep `visitor` in safe storage: whoever has it has the history. `jwt`: a function that fetches a token of your server.
  constructor(desk, token, { visitor = "", jwt = null, language = "en" } = {}) {
    this.desk = desk.replace(/\/$/, "");
    this.base = `${this.desk}/w/${token}/`;
    Object.assign(this, { visitor, jwt, language, session: "", cursor: "", stopped: new AbortController() });
  }

  // Come in; gives the newest messages.
  async open() {
    const about = { visitor: this.visitor, language: this.language, renew: this.session };
    if (this.jwt) about.jwt = await this.jwt();
    this.session = "";
    const entry = await this.#post("session/", about);
    this.session = entry.session;
    this.cursor = entry.cursor;
    this.visitor = entry.visitor || this.visitor;
    return entry.messages;
  }

  // Send a message; repeat it with the same id where no answer came.
  say(text, files = [], clientId = crypto.randomUUID()) {
    return this.#post("messages/", { client_id: clientId, text, files });
  }

  // Upload a Blob or File; gives what to name it by in a message.
  async leave(file, name = file.name) {
    const form = new FormData();
    form.append("file", file, name);
    return (await this.#ask("files/", { method: "POST", body: form })).token;
  }

  // What is new or changed since the last look.
  async news() {
    const found = [];
    for (let more = true; more; ) {
      const answer = await this.#ask(`messages/?after=${encodeURIComponent(this.cursor)}`);
      this.cursor = answer.cursor;
      more = answer.more;
      found.push(...answer.messages);
    }
    return found;
  }

  // The page before a message.
  async before(id) {
    return (await this.#ask(`messages/?before=${id}`)).messages;
  }

  read(upTo) {
    return this.#post("read/", { up_to: upTo });
  }

  typing() {
    return this.#post("typing/", {});
  }

  // The address of a message's file.
  url(file) {
    return new URL(file.url, this.desk).href;
  }

  // Calls `heard` for each message as it comes, until `stop`; connects again after every break.
  async listen(heard, typing = () => {}) {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        for (const message of await this.news()) heard(message);
        for await (const [event, data] of this.#events(signal)) {
          if (event === "typing") typing(data.name);
          else for (const message of await this.news()) heard(message);
        }
      } catch (error) {
        if (!signal.aborted) await pause(2000);
      }
    }
  }

  stop() {
    this.stopped.abort();
  }

  async *#events(signal) {
    const headers = { Authorization: `Bearer ${this.session}` };
    const answer = await fetch(`${this.desk}/ws/webchat/stream/`, { headers, signal });
    if (answer.status === 401) return void (await this.open());
    if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
    let text = "";
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (event) yield [event, JSON.parse(data)];
      }
    }
  }

  #post(path, said) {
    const headers = { "Content-Type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(said) });
  }

  // One request; a session that has ended is opened anew, once.
  async #ask(path, options = {}, isSecond = false) {
    const hadSession = Boolean(this.session);
    const headers = { ...options.headers, ...(hadSession && { Authorization: `Bearer ${this.session}` }) };
    const answer = await fetch(this.base + path, { ...options, headers });
    if (answer.status === 401 && hadSession && !isSecond) {
      await this.open();
      return this.#ask(path, options, true);
    }
    if (!answer.ok) throw Object.assign(new Error(`the desk answered ${answer.status}`), { status: answer.status, said: await answer.text() });
    return answer.json();
  }
}

// In Node: say something, print so many answers as JSON, end.
async function main([desk, token, ...rest]) {
  const option = (name, otherwise = "") => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : otherwise);
  const chat = new Chat(desk, token, { visitor: option("--visitor") });
  const show = (message) => console.log(JSON.stringify(message));
  (await chat.open()).forEach(show);
  show({ visitor: chat.visitor });
  const files = option("--file") ? [await chat.leave(new Blob([(await import("node:fs")).readFileSync(option("--file"))]), option("--file").split("/").pop())] : [];
  if (option("--say") || files.length) await chat.say(option("--say"), files);
  const answers = new Set();
  await chat.listen(async (message) => {
    show(message); // a message comes again when something about it has changed
    if (message.kind !== "out" || answers.has(message.id)) return;
    answers.add(message.id);
    await chat.read(message.id);
    if (answers.size === Number(option("--answers", "1"))) chat.stop();
  });
}

if (globalThis.process?.argv?.[1] && import.meta.url === (await import("node:url")).pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}
