/* What whoever sets the screen up may turn: language, light, sound, full screen. Hidden while nobody touches it. */

import { make, set } from "./card.js";
import { recall, remember } from "./memory.js";
import { LANGUAGES, choose, language, text } from "./texts.js";

const SHOWN_MS = 6_000;
const byId = (id) => document.getElementById(id);

export class Tools {
  #chime;
  #changed;
  #timer = null;
  #isMuted = recall("muted") === true;

  /** `changed` is called when the language is another one. */
  constructor(chime, changed) {
    this.#chime = chime;
    this.#changed = changed;
    document.documentElement.dataset.theme = recall("theme") ?? "dark";
    for (const [name, { name: own, dir }] of Object.entries(LANGUAGES)) {
      const button = make("button", "", own);
      Object.assign(button, { type: "button", lang: name, dir });
      button.dataset.language = name;
      button.onclick = () => this.#choose(name);
      byId("languages").append(button);
    }
    byId("theme").onclick = () => this.#turnLight();
    byId("sound").onclick = () => this.#turnSound();
    byId("full-screen").onclick = () =>
      document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    byId("full-screen").hidden = !document.fullscreenEnabled;
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, ({ target }) => this.#touched(target));
    addEventListener("pointermove", () => this.#touched(null));
    document.addEventListener("visibilitychange", stayAwake);
    stayAwake();
    this.update();
  }

  get isMuted() {
    return this.#isMuted;
  }

  /** Every text that does not depend on the line. */
  update() {
    const root = document.documentElement;
    root.lang = language();
    root.dir = LANGUAGES[language()].dir;
    document.title = text("title");
    for (const element of document.querySelectorAll("[data-text]")) set(element, text(element.dataset.text));
    for (const button of byId("languages").children) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language()));
    }
    byId("languages").setAttribute("aria-label", text("language"));
    set(byId("theme"), text(root.dataset.theme === "dark" ? "light" : "dark"));
    this.updateSound();
  }

  updateSound() {
    const state = this.#isMuted ? "off" : this.#chime.isBlocked ? "blocked" : "on";
    document.body.dataset.sound = state;
    set(byId("sound-state"), state === "on" ? "" : text(`sound_${state}`));
    set(byId("sound"), text(state === "on" ? "sound_on" : state === "off" ? "sound_off" : "sound_unlock"));
  }

  #choose(name) {
    choose(name);
    this.update();
    this.#changed();
  }

  #turnLight() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    remember("theme", root.dataset.theme);
    this.update();
  }

  #turnSound() {
    this.#isMuted = !this.#isMuted && !this.#chime.isBlocked;
    remember("muted", this.#isMuted);
    if (!this.#isMuted) this.#chime.unlock();
    this.updateSound();
  }

  /** Any tap unlocks sound; the sound's own button decides for itself what its tap means. */
  #touched(tapped) {
    document.body.dataset.tools = "shown";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => delete document.body.dataset.tools, SHOWN_MS);
    if (tapped && tapped !== byId("sound") && !this.#isMuted) this.#chime.unlock();
  }
}

/** A screen on a wall must not go to sleep. Where the browser cannot promise that, the device's own setting rules. */
function stayAwake() {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
}
