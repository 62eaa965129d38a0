/* Calls, one after another: each is chimed, shown and said before the next. */

const SHOWN_MS = 6_000;
const HURRIED_MS = 3_500;
const BETWEEN_MS = 400; // the same number again must be seen as another call

export class Announcer {
  #queue = [];
  #timer = null;
  #on;

  /** `on.show(call)`, `on.hide(call)`; a call has `key`, and `isStill()` says whether it still stands. */
  constructor(on) {
    this.#on = on;
  }

  /** A later call of the same number replaces one that waits. */
  add(call) {
    this.#queue = [...this.#queue.filter((waiting) => waiting.key !== call.key), call];
    if (this.#timer === null) this.#next();
  }

  clear() {
    this.#queue = [];
  }

  #next() {
    const call = this.#queue.shift();
    if (!call) return (this.#timer = null);
    if (!call.isStill()) return this.#next();
    this.#on.show(call);
    const end = () => {
      this.#on.hide(call);
      this.#timer = setTimeout(() => this.#next(), BETWEEN_MS);
    };
    this.#timer = setTimeout(end, this.#queue.length > 1 ? HURRIED_MS : SHOWN_MS);
  }
}

const NOTES = [
  [783.99, 0],
  [622.25, 0.42],
];
const PARTIALS = [
  [1, 0.5],
  [2, 0.16],
  [3.01, 0.06],
];

/** Two soft bells. Browsers keep sound blocked until somebody has touched the page. */
export class Chime {
  #context = null;
  #changed;

  constructor(changed) {
    this.#changed = changed;
    if (!window.AudioContext) return;
    this.#context = new AudioContext();
    this.#context.onstatechange = changed;
  }

  get isBlocked() {
    return this.#context?.state !== "running";
  }

  /** Only works while the browser handles a tap or a key. */
  async unlock() {
    if (!this.#context || !this.isBlocked) return;
    await this.#context.resume();
    this.play();
    this.#changed();
  }

  play() {
    if (this.isBlocked) return;
    for (const [pitch, after] of NOTES) {
      for (const [partial, loudness] of PARTIALS) this.#ring(pitch * partial, loudness, this.#context.currentTime + after);
    }
  }

  #ring(pitch, loudness, at) {
    const tone = new OscillatorNode(this.#context, { frequency: pitch });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness * 0.6, at + 0.012);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 1.6);
    tone.connect(gain).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + 1.7);
  }
}
