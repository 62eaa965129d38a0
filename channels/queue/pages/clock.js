/* Time: the product's clock as the server tells it, and how people of a place read it. */

/** The product's time here and now. It may run faster than real time in demonstrations. */
export class Clock {
  #heardAt = Date.now();
  #server = Date.now();
  #product = Date.now();
  rate = 1;

  /** From a `socket:welcome` or the answer to a `socket.ping` (which does not repeat the rate). */
  set({ server_time: server, product_time: product, clock_rate: rate = this.rate }) {
    this.#heardAt = Date.now();
    this.#server = Date.parse(server);
    this.#product = Date.parse(product);
    this.rate = rate;
  }

  /** Product time, in milliseconds; `at` is a moment of this device's own clock. */
  now(at = Date.now()) {
    return this.#product + (at - this.#heardAt) * this.rate;
  }

  /** Real time as the server has it. */
  serverNow() {
    return this.#server + (Date.now() - this.#heardAt);
  }
}

const formats = new Map();

function format(locale, zone, options) {
  const key = JSON.stringify([locale, zone, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: zone ?? undefined }));
  return formats.get(key);
}

/** Hours and minutes without am and pm, which nobody in a waiting room needs. */
export function hourMinute(locale, zone, at) {
  const parts = format(locale, zone, { hour: "numeric", minute: "2-digit" }).formatToParts(at);
  const part = (type) => parts.find((p) => p.type === type)?.value ?? "";
  return `${part("hour")}:${part("minute")}`;
}

/** am or pm in the language, or nothing where the day has 24 hours. */
export function dayPeriod(locale, zone, at) {
  const parts = format(locale, zone, { hour: "numeric", minute: "2-digit" }).formatToParts(at);
  return parts.find((p) => p.type === "dayPeriod")?.value ?? "";
}

export function longDate(locale, zone, at) {
  return format(locale, zone, { weekday: "long", day: "numeric", month: "long" }).format(at);
}

/** The calendar day at the place, comparable as text. */
export function dayOf(zone, at) {
  return format("en-CA", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}
