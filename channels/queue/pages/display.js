/* The waiting room's screen: pairs, hears its board and the lines on it, shows and announces.
 *
 * Phases of the page: opening → pairing (a code is shown) → board; dark when the screen was revoked, stopped when the
 * server wants it not to come back. The state of the link is apart from it: a lost connection keeps what was shown. */

import { Announcer, Chime } from "./announcer.js";
import { Card, fit, make, set } from "./card.js";
import { Clock, dayOf, dayPeriod, hourMinute, longDate } from "./clock.js";
import { announcedAt, apply, arrange, lastCalled } from "./line.js";
import { recall, remember } from "./memory.js";
import { inOwnScript, locale, text } from "./texts.js";
import { Tools } from "./tools.js";
import { Wire } from "./wire.js";

const CARDS_MAX = 6;
const PAGE_MS = 12_000;
const LOST_SHOWN_AFTER_MS = 1_500;
const BACK_SHOWN_MS = 4_000;
const ANNOUNCED_WITHIN_MS = 60_000;
const RENEW_BEFORE_MS = 5_000;
const LATER_MAX = 4;

const byId = (id) => document.getElementById(id);
const clock = new Clock();
const chime = new Chime(() => tools.updateSound());
const tools = new Tools(chime, () => render());
const narrow = matchMedia("(max-width: 40rem)");

let me = recall("credential"); // {id, secret, code, expiresAt, wasApproved}
let board = null;
const lines = new Map(); // session → snapshot of its line
const last = new Map(); // session → the token called last, also after it left the line
const cards = new Map();
let flashing = null; // the call that is being announced
let phase = "opening";
let lostAt = null;
let isRenewing = false;

// --- the link --------------------------------------------------------------------------------------------------------

const wire = new Wire(new URL("/ws", location.href.replace(/^http/, "ws")), {
  login: logIn,
  times: (times) => clock.set(times),
  up: linkUp,
  down: linkDown,
  over: (error) => (error.reason === "unauthenticated" ? goDark() : show("stopped")),
});

async function logIn(call) {
  if (!me) await pair(call);
  try {
    await call("auth.authenticate", { access_token: me.secret });
  } catch (error) {
    // A screen that was never approved just asks anew; one that was has been revoked, and says so.
    if (error.reason !== "unauthenticated" || me.wasApproved) throw error;
    forget();
    await pair(call);
    await call("auth.authenticate", { access_token: me.secret });
  }
  wire.follow(`board:${me.id}`, {
    snapshot: setBoard,
    event: (_, data) => setBoard(data.board),
    ended: goDark,
  });
}

async function pair(call) {
  const { display_id: id, code, secret, expires_at: expiresAt } = await call("display.pair", {});
  keep({ id, code, secret, expiresAt, wasApproved: false });
}

function keep(changes) {
  me = { ...me, ...changes };
  remember("credential", me);
}

function forget() {
  if (me) wire.unfollow(`board:${me.id}`);
  me = null;
  remember("credential", null);
}

async function renewCode() {
  if (isRenewing || document.body.dataset.link !== "up") return;
  isRenewing = true;
  try {
    const { code, expires_at: expiresAt } = await wire.call("display.renew", {});
    keep({ code, expiresAt });
    render();
  } catch {
    // Approved this moment, or the connection went: the next tick sees.
  }
  isRenewing = false;
}

function linkUp() {
  const wasShown = document.body.dataset.link === "lost";
  lostAt = null;
  document.body.dataset.link = wasShown ? "back" : "up";
  if (wasShown) setTimeout(() => lostAt === null && ((document.body.dataset.link = "up"), render()), BACK_SHOWN_MS);
  render();
}

function linkDown(since) {
  lostAt = clock.now(since);
  setTimeout(() => lostAt !== null && ((document.body.dataset.link = "lost"), render()), LOST_SHOWN_AFTER_MS);
}

function goDark() {
  phase = "dark";
  wire.stop();
  forget();
  board = null;
  for (const kept of [lines, last, cards]) kept.clear();
  byId("board").replaceChildren();
  announcer.clear();
  hideCall();
  lostAt = null;
  document.body.dataset.link = "up";
  show("dark");
}

// --- what is heard ---------------------------------------------------------------------------------------------------

function setBoard(told) {
  if (told.state === "revoked") return goDark();
  board = told;
  if (told.state === "pending") return show("pairing");
  if (!me.wasApproved) keep({ wasApproved: true, code: null });
  const wanted = new Set(told.sessions.map((session) => session.session_id));
  for (const known of [...cards.keys()]) {
    if (wanted.has(known)) continue;
    wire.unfollow(`line:${known}`);
    for (const kept of [lines, last, cards]) kept.delete(known);
  }
  for (const id of wanted) {
    if (!cards.has(id)) cards.set(id, new Card());
    wire.follow(`line:${id}`, {
      snapshot: (line) => setLine(id, line),
      event: (_, change) => lines.has(id) && setLine(id, apply(lines.get(id), change)),
      ended: () => lines.delete(id), // the board tells why, and whether it comes back
    });
  }
  show("board");
}

function setLine(id, line) {
  const before = lines.get(id);
  lines.set(id, line);
  const [latest, kept] = [lastCalled(line), last.get(id)];
  const wasUndone = kept && line.tokens.some((token) => token.number === kept.number && token.place !== null);
  if (!kept || wasUndone || (latest && announcedAt(latest) >= announcedAt(kept))) last.set(id, latest);
  if (before) announceNew(id, before, line);
  render();
}

/** Calls and recalls since then; those that happened long ago, while the connection was away, are only shown. */
function announceNew(id, before, line) {
  const heard = Math.max(0, ...before.tokens.map(announcedAt));
  for (const token of line.tokens) {
    const at = announcedAt(token);
    const isNew = token.state === "called" && at > heard && (clock.now() - at) / clock.rate < ANNOUNCED_WITHIN_MS;
    if (!isNew) continue;
    const { number } = token;
    const session = board.sessions.find((one) => one.session_id === id);
    const isStill = () => lines.get(id)?.tokens.some((now) => now.number === number && now.state === "called");
    announcer.add({ key: `${id} ${number}`, id, number, session, token, isStill });
  }
}

// --- announcing ------------------------------------------------------------------------------------------------------

const announcer = new Announcer({ show: showCall, hide: hideCall });

function showCall(call) {
  flashing = call;
  if (!tools.isMuted) chime.play();
  render();
  const number = call.token.number;
  const room = inOwnScript(call.token.room ?? call.session.room);
  const words = !room ? "call_no_room" : call.token.calls > 1 ? "call_again" : "call";
  byId("spoken").textContent = text(words, { number, room });
  const takeover = byId("takeover");
  set(takeover.querySelector(".takeover-doctor"), call.session.doctor);
  set(takeover.querySelector(".takeover-number"), String(number));
  set(takeover.querySelector(".takeover-room"), room);
  fit(takeover, String(number), room);
  takeover.dataset.again = String(call.token.calls > 1);
  // With one card alone its own number flashes; among several, the call takes the whole screen.
  takeover.hidden = byId("board").children.length < 2;
}

function hideCall() {
  flashing = null;
  byId("takeover").hidden = true;
  render();
}

// --- what is shown ---------------------------------------------------------------------------------------------------

function show(next) {
  phase = next;
  document.body.dataset.phase = next;
  render();
}

function render() {
  const zone = board?.zone ?? null;
  const now = clock.now();
  const time = hourMinute(locale(), zone, now);
  set(byId("place"), board?.place ?? "Carewire");
  set(byId("label"), board?.label ?? "");
  set(byId("time"), time);
  set(byId("period"), dayPeriod(locale(), zone, now));
  set(byId("date"), longDate(locale(), zone, now));
  const link = document.body.dataset.link;
  if (link === "lost") {
    const since = hourMinute(locale(), zone, lostAt);
    const lost = [make("strong", "", text("lost", { time: since })), make("span", "", text("lost_hint"))];
    if (byId("link").textContent !== lost.map((part) => part.textContent).join("")) byId("link").replaceChildren(...lost);
  } else set(byId("link"), link === "back" ? text("back") : "");
  if (phase === "pairing") renderPairing();
  // While the connection is lost, the cards stay at the moment of which they tell.
  if (phase === "board") renderBoard(link === "lost" ? lostAt : now, zone);
}

function renderPairing() {
  const left = Date.parse(me.expiresAt) - clock.serverNow();
  const isGood = left > RENEW_BEFORE_MS;
  if (!isGood) renewCode();
  const until = hourMinute(locale(), null, Date.parse(me.expiresAt));
  set(byId("code"), isGood ? `${me.code.slice(0, 3)} ${me.code.slice(3)}` : "··· ···");
  set(byId("code-until"), isGood ? text("pair_until", { time: until }) : "");
}

function renderBoard(now, zone) {
  const day = (at) => dayOf(zone, at);
  const { cards: sessions, rest } = arrange(board.sessions, lines, now, day);
  const pages = narrow.matches ? 1 : Math.max(1, Math.ceil(sessions.length / CARDS_MAX));
  const size = Math.ceil(sessions.length / pages);
  const page = Math.floor(Date.now() / PAGE_MS) % pages;
  const onPage = sessions.slice(page * size, (page + 1) * size);
  const elements = onPage.map((session) => {
    const id = session.session_id;
    const number = flashing?.id === id ? flashing.number : null;
    cards.get(id).update({ session, line: lines.get(id) ?? null, last: last.get(id), now, flashing: number });
    return cards.get(id).element;
  });
  const root = byId("board");
  if (elements.length !== root.children.length || elements.some((one, i) => one !== root.children[i])) {
    root.replaceChildren(...elements);
  }
  root.dataset.count = String(elements.length);
  byId("empty").hidden = elements.length > 0;
  set(byId("empty").querySelector(".empty-time"), hourMinute(locale(), zone, now));
  renderStrip(rest, pages, page, day(now), day);
}

function renderStrip(rest, pages, page, today, day) {
  const parts = rest.slice(0, LATER_MAX).map((session) => {
    const starts = Date.parse(session.starts_at);
    const when = `${day(starts) === today ? text("later") : text("tomorrow")} ${hourMinute(locale(), session.zone, starts)}`;
    return [when, session.doctor, inOwnScript(session.room)].filter(Boolean);
  });
  const numbered = pages > 1 ? [[text("page", { page: page + 1, pages })]] : [];
  const wanted = [...numbered, ...parts];
  const key = JSON.stringify(wanted);
  const strip = byId("strip");
  if (strip.dataset.shown === key) return;
  strip.dataset.shown = key;
  strip.replaceChildren(...wanted.map((words) => make("p", "", ...words.map((word, i) => make(i ? "span" : "b", "", word)))));
}

// --- begin -----------------------------------------------------------------------------------------------------------

byId("pair-again").onclick = () => (show("opening"), wire.start());
byId("try-again").onclick = () => (show("opening"), wire.start());
narrow.onchange = render;
setInterval(render, 1_000);
render();
wire.start();
