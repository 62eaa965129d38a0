/* The wire: JSON-RPC 2.0 over one websocket that survives what sockets suffer.
 *
 * A `Socket` is one connection. The `Wire` follows topics over any number of them: it comes back with jittered
 * back-off, logs in, resumes every topic from its own offset and drops what was heard before. Knows no medicine. */

const BACKOFF_MS = [250, 10_000];
const ANSWER_MS = 10_000;
const STEADY_MS = 5_000;
const WATCH_MS = 1_000;

/** The server's typed no. `retry` is "never", "same" or {after_ms}. */
export class Refused extends Error {
  constructor({ code, message, data = {} }) {
    super(message);
    Object.assign(this, { code, reason: data.reason, retry: data.retry ?? "never" });
  }

  /** Milliseconds until it may be sent again; null: never. */
  get pause() {
    if (typeof this.retry === "object") return this.retry.after_ms;
    return this.retry === "same" ? 500 : null;
  }
}

/** The socket went before the answer came. */
export class Lost extends Error {}

/** A close code from 4200 on says: do not come back. (4000-4099: at once; 4100-4199: after logging in again.) */
const isFinal = (code) => code >= 4200 && code < 5000;
const isAtOnce = (code) => code >= 4000 && code < 4100;

class Socket {
  #web;
  #number = 0;
  #waiting = new Map();
  #isRetiring = false;

  constructor(url, { hear, gone }) {
    this.openedAt = this.heardAt = Date.now();
    this.code = null; // the close code, once it is over
    this.#web = new WebSocket(url, "carewire.v1");
    this.#web.onclose = ({ code }) => this.#end(code);
    this.#web.onmessage = ({ data }) => {
      this.heardAt = Date.now();
      const message = JSON.parse(data);
      if (message.method === "socket:welcome") this.#settle("welcome", message.params);
      else if (message.method) hear(this, message.method, message.params);
      else if (message.error) this.#settle(message.id, null, new Refused(message.error));
      else this.#settle(message.id, message.result);
    };
    this.gone = gone;
    this.welcome = this.#expect("welcome");
  }

  async call(method, params = {}) {
    if (this.code !== null || this.#web.readyState !== WebSocket.OPEN) throw new Lost();
    const id = ++this.#number;
    this.#web.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return this.#expect(id);
  }

  /** Close once the replies under way have come, or after the grace. */
  retire(graceMs = 0) {
    this.gone = () => {};
    this.#isRetiring = true;
    if (this.#waiting.size === 0) this.#end(1000);
    else setTimeout(() => this.#end(1000), graceMs);
  }

  #expect(id) {
    return new Promise((resolve, reject) => {
      // No answer in time means a dead connection: TCP alone may take a quarter of an hour to notice.
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(() => this.#end(1006), ANSWER_MS) });
    });
  }

  #settle(id, result, error) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(error);
    else waiting.resolve(result);
    if (this.#isRetiring && this.#waiting.size === 0) this.#end(1000);
  }

  #end(code) {
    if (this.code !== null) return;
    this.code = code;
    this.#web.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null, new Lost());
    this.gone(this, code);
  }
}

export class Wire {
  #url;
  #on;
  #topics = new Map(); // name → {listener, epoch, offset}; offset null: no snapshot yet
  #socket = null; // the one in use
  #next = null; // logged in and taking over
  #run = null; // changes with every start and stop, so that what belongs to an earlier run ends
  #wait = BACKOFF_MS[0];
  #wake = () => {};
  #silenceMs = 10_000;

  /** `on.login(call)` runs on each new socket; `on.times(t)` hears server and product time; `on.up()` and
   *  `on.down(since)` the state of the link; `on.over(error)` that there is no coming back. */
  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    addEventListener("online", () => this.#wake());
    setInterval(() => this.#watch(), WATCH_MS);
  }

  start() {
    if (this.#run) return;
    this.#run = Symbol();
    this.#comeBack(0);
  }

  stop() {
    this.#run = null;
    this.#topics.clear();
    this.#wake();
    for (const socket of [this.#socket, this.#next]) socket?.retire();
    this.#socket = this.#next = null;
  }

  call(method, params) {
    return this.#socket ? this.#socket.call(method, params) : Promise.reject(new Lost());
  }

  /** `listener`: snapshot(value), event(name, data), ended(refused). */
  follow(name, listener) {
    if (this.#topics.has(name)) return;
    this.#topics.set(name, { listener, epoch: null, offset: null });
    this.#join(this.#next ?? this.#socket, name).catch(() => {}); // lost: the next socket joins it
  }

  unfollow(name) {
    if (this.#topics.delete(name)) this.call("topic.unsubscribe", { topic: name }).catch(() => {});
  }

  // --- coming and going ---------------------------------------------------------------------------------------------

  async #comeBack(wait) {
    const run = this.#run;
    while (run) {
      await this.#nap(Math.random() * wait);
      if (run !== this.#run) return;
      let least = 0;
      try {
        return this.#adopt(await this.#connect());
      } catch (error) {
        if (run !== this.#run) return;
        if (error instanceof Refused && error.pause === null) return this.#giveUp(error);
        if (!(error instanceof Refused || error instanceof Lost)) console.error(error);
        if (isFinal(error.closedWith)) return this.#giveUp(error);
        least = error.pause ?? 0;
      }
      wait = this.#wait = Math.min(Math.max(this.#wait, least) * 2, Math.max(BACKOFF_MS[1], least * 2));
      if (least) await this.#nap(least);
    }
  }

  /** A socket that is logged in and has resumed everything. */
  async #connect() {
    const run = this.#run;
    const socket = new Socket(this.#url, {
      hear: (from, name, params) => this.#hear(from, name, params),
      gone: (from, code) => this.#lose(from, code),
    });
    try {
      const welcome = await socket.welcome;
      this.#silenceMs = welcome.heartbeat_s * 500;
      this.#on.times(welcome);
      await this.#on.login((method, params) => socket.call(method, params));
      if (run !== this.#run) throw new Lost();
      this.#next = socket;
      await this.#resume(socket);
      if (run !== this.#run) throw new Lost();
      return socket;
    } catch (error) {
      error.closedWith = socket.code;
      if (this.#next === socket) this.#next = null;
      socket.retire();
      throw error;
    }
  }

  #adopt(socket) {
    this.#next = null;
    this.#socket = socket;
    if (socket.code !== null) return this.#lose(socket, socket.code);
    this.#on.up();
  }

  #lose(socket, code) {
    if (socket !== this.#socket) return; // one that was still connecting: its own error tells
    this.#socket = null;
    this.#on.down(socket.heardAt);
    if (isFinal(code)) return this.#giveUp(new Lost(`closed with ${code}`));
    // Who is thrown out again right after coming in waits longer each time, whatever the code says.
    const wasSteady = Date.now() - socket.openedAt > STEADY_MS;
    if (wasSteady) this.#wait = BACKOFF_MS[0];
    else this.#wait = Math.min(this.#wait * 2, BACKOFF_MS[1]);
    this.#comeBack(wasSteady && isAtOnce(code) ? 0 : this.#wait);
  }

  /** The node stops: the new socket takes over before the old one is let go. */
  async #move({ after_ms: afterMs, grace_ms: graceMs }) {
    const old = this.#socket;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    if (old === null || old !== this.#socket) return;
    try {
      const socket = await this.#connect();
      if (old === this.#socket) {
        this.#adopt(socket);
        old.retire(graceMs);
      } else socket.retire();
    } catch {
      // The old socket's close will bring us back.
    }
  }

  #giveUp(error) {
    this.stop();
    this.#on.over(error);
  }

  #nap(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  /** A browser does not tell of the server's heartbeats, so silence is broken by a question. */
  #watch() {
    const socket = this.#socket;
    if (!socket || socket.isAsked || Date.now() - socket.heardAt < this.#silenceMs) return;
    socket.isAsked = true;
    const answered = (pong) => this.#on.times(pong);
    socket.call("socket.ping").then(answered, () => {}).finally(() => (socket.isAsked = false));
  }

  // --- topics -------------------------------------------------------------------------------------------------------

  async #join(socket, name) {
    if (!socket) return;
    const topic = this.#topics.get(name);
    while (topic && this.#topics.get(name) === topic) {
      try {
        const position = topic.offset === null ? {} : { epoch: topic.epoch, after: topic.offset };
        const answer = await socket.call("topic.subscribe", { topic: name, ...position });
        return this.#place(name, answer.epoch, answer);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.pause === null) return this.#drop(name, error);
        await new Promise((resolve) => setTimeout(resolve, error.pause));
      }
    }
  }

  async #resume(socket) {
    const joins = [];
    const known = new Map();
    for (const [name, topic] of this.#topics) {
      if (topic.offset === null) joins.push(this.#join(socket, name));
      else known.set(topic.epoch, { ...known.get(topic.epoch), [name]: topic.offset });
    }
    for (const [epoch, topics] of known) {
      const placeAll = (answer) =>
        Object.entries(answer.topics).forEach(([name, part]) => this.#place(name, answer.epoch, part));
      joins.push(socket.call("socket.resume", { epoch, topics }).then(placeAll));
    }
    await Promise.all(joins);
  }

  /** The answer to a subscribe or a resume: what was missed, or everything anew. */
  #place(name, epoch, { offset, snapshot, events, error }) {
    const topic = this.#topics.get(name);
    if (!topic) return;
    if (error) return this.#drop(name, new Refused(error));
    topic.epoch = epoch;
    if (events) events.forEach((event) => this.#take(topic, event.name, event));
    else {
      topic.offset = offset;
      topic.listener.snapshot(snapshot);
    }
  }

  #hear(socket, name, params) {
    if (socket !== this.#socket && socket !== this.#next) return;
    const topic = this.#topics.get(params.topic);
    if (name === "socket:moving") this.#move(params);
    else if (name === "topic:ended") this.#drop(params.topic, null);
    else if (name === "topic:resync") this.#join(socket, params.topic).catch(() => {});
    else if (topic) this.#take(topic, name, params);
  }

  /** Each numbered event once: after a move or a resume some come twice. */
  #take(topic, name, { offset, data }) {
    if (offset !== undefined) {
      if (topic.offset === null || offset <= topic.offset) return;
      topic.offset = offset;
    }
    topic.listener.event(name, data);
  }

  #drop(name, refused) {
    const topic = this.#topics.get(name);
    this.#topics.delete(name);
    topic?.listener.ended(refused);
  }
}
