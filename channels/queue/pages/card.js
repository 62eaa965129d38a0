/* One session on the screen: who sits there, which number is in, who is next and when. */

import { hourMinute } from "./clock.js";
import { announcedAt, current, expected, missed, notice, rounded, waiting } from "./line.js";
import { inOwnScript, locale, text } from "./texts.js";

const NEXT = 5;
const MISSED_MAX = 5;

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Touch the page only where something changed: no flicker, and a reader aloud hears only news. */
export function set(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function mark(element, name, value) {
  if (value === null) delete element.dataset[name];
  else if (element.dataset[name] !== value) element.dataset[name] = value;
}

/** A time reads from left to right in every language. */
const ltr = (value) => `\u2066${value}\u2069`;

export class Card {
  constructor() {
    this.doctor = make("h2", "doctor");
    this.specialty = make("p", "specialty");
    this.now = make("div", "now");
    this.calm = make("p", "calm");
    this.calmHint = make("p", "calm-hint");
    this.calmBox = make("div", "calm-box", this.calm, this.calmHint);
    this.band = make("p", "band");
    this.nextTitle = make("h3", "next-title");
    this.nextNobody = make("p", "next-nobody");
    this.rows = Array.from({ length: NEXT }, () => new Row());
    this.facts = { waiting: new Fact("waiting"), last_called: new Fact("last_called"), missed: new Fact("missed") };
    this.slots = [];
    this.element = make(
      "article",
      "card",
      make(
        "div",
        "inner",
        make("header", "who", this.doctor, this.specialty),
        this.now,
        this.band,
        make("section", "next", this.nextTitle, this.nextNobody, make("ol", "rows", ...this.rows.map((row) => row.element))),
        make("dl", "facts", ...Object.values(this.facts).map((fact) => fact.element)),
      ),
    );
  }

  /** `line` is null until it was heard; `last` is who was called last; `flashing` the number being announced. */
  update({ session, line, last, now, flashing }) {
    const time = (at) => ltr(hourMinute(locale(), session.zone, at));
    set(this.doctor, session.doctor);
    set(this.specialty, [session.specialty, inOwnScript(session.room)].filter(Boolean).join(" · "));
    set(this.nextTitle, text("next"));
    const told = line && notice(line.sitting, now);
    mark(this.element, "state", line?.sitting.state ?? "unknown");
    mark(this.element, "notice", told?.kind ?? null);
    this.#updateNow(line ? current(line) : [], session, flashing, words(told, time), line !== null);
    const ahead = line ? waiting(line) : [];
    const isOver = told?.kind === "completed";
    set(this.nextNobody, line && !isOver && ahead.length === 0 ? text("nobody_waits") : "");
    this.rows.forEach((row, before) => {
      const time_ = line && !isOver ? rounded(expected(line, before), now) : null;
      row.update(isOver ? null : ahead[before], time_, time);
    });
    this.facts.waiting.update(line ? String(ahead.length) : "–");
    const where = last && [inOwnScript(last.room), time(announcedAt(last))].filter(Boolean).join(" · ");
    this.facts.last_called.update(last ? String(last.number) : "–", where);
    const absent = line ? missed(line).map((token) => token.number) : [];
    this.facts.missed.update(absent.slice(-MISSED_MAX).join("  ") || null);
  }

  #updateNow(tokens, session, flashing, [headline, hint], isKnown) {
    const isCalm = tokens.length === 0;
    mark(this.element, "calm", isCalm ? "" : null);
    set(this.band, isCalm ? "" : [headline, hint].filter(Boolean).join(" · "));
    set(this.calm, isKnown ? (headline ?? text("nobody")) : "");
    set(this.calmHint, hint ?? "");
    while (this.slots.length < tokens.length) this.slots.push(new Slot());
    this.slots.length = tokens.length;
    const shown = isCalm ? [this.calmBox] : this.slots.map((slot) => slot.element);
    if (shown.length !== this.now.children.length || shown.some((one, i) => one !== this.now.children[i])) {
      this.now.replaceChildren(...shown);
    }
    mark(this.now, "rooms", String(tokens.length));
    tokens.forEach((token, i) => this.slots[i].update(token, session, token.number === flashing));
  }
}

/** The words of a notice: what is, and until when. */
function words(told, time) {
  if (!told) return [null, null];
  const at = told.until ? time(told.until) : null;
  if (told.kind === "paused") {
    return [text(`paused_${told.reason ?? "other"}`), at ? text("until", { time: at }) : text("until_unknown")];
  }
  return [text(told.kind, { time: at }), null];
}

/** A number that is called or inside, and its room. */
class Slot {
  constructor() {
    this.what = make("p", "what");
    this.number = make("p", "number");
    this.room = make("p", "room");
    this.element = make("div", "slot", make("div", "slot-inner", this.what, this.number, this.room));
  }

  update(token, session, isFlashing) {
    const number = String(token.number);
    set(this.what, text(token.state));
    set(this.number, number);
    set(this.room, inOwnScript(token.room ?? session.room));
    mark(this.element, "state", token.state);
    mark(this.element, "flash", isFlashing && token.state === "called" ? "" : null);
    fit(this.element, number, this.room.textContent);
  }
}

/** How long number and room are, so that they are as large as fits; one digit more or less moves nothing. */
export function fit(element, number, room) {
  element.style.setProperty("--digits", Math.max(2, number.length));
  element.style.setProperty("--letters", Math.max(8, room.length + 2));
}

/** One of the next: the number, about when, and between when. */
class Row {
  constructor() {
    this.number = make("span", "row-number");
    this.about = make("span", "row-about");
    this.range = make("span", "row-range");
    this.element = make("li", "row", this.number, make("span", "row-time", this.about, this.range));
  }

  update(token, expectedTime, time) {
    mark(this.element, "empty", token ? null : "");
    set(this.number, token ? String(token.number) : "");
    set(this.about, !token || !expectedTime ? "" : expectedTime.isSoon ? text("soon") : text("about", { time: time(expectedTime.mid) }));
    set(this.range, !token || !expectedTime ? "" : ltr(`${plain(time(expectedTime.low))}–${plain(time(expectedTime.high))}`));
  }
}

const plain = (value) => value.replace(/[\u2066\u2069]/g, "");

/** A name and a value at the card's foot; without a value it is not there. */
class Fact {
  constructor(name) {
    this.name = name;
    this.term = make("dt");
    this.value = make("dd");
    this.more = make("dd", "more");
    this.element = make("div", `fact fact-${name}`, this.term, this.value, this.more);
  }

  update(value, more) {
    set(this.term, text(this.name));
    set(this.value, value ?? "");
    set(this.more, more ?? "");
    mark(this.element, "empty", value === null ? "" : null);
  }
}
