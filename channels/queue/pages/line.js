/* The line as the waiting room sees it: pure functions over what `line:` tells. */

const MINUTE = 60_000;
const STEP = 5 * MINUTE;

const isWaiting = (token) => token.place !== null;

/** The snapshot after an event. */
export function apply(snapshot, { sitting, tokens, gone, curve }) {
  const byNumber = new Map(snapshot.tokens.map((token) => [token.number, token]));
  for (const token of tokens) byNumber.set(token.number, token);
  for (const number of gone) byNumber.delete(number);
  const inOrder = (a, b) =>
    isWaiting(b) - isWaiting(a) || (isWaiting(a) ? a.place - b.place : a.number - b.number);
  return { sitting, tokens: [...byNumber.values()].sort(inOrder), curve };
}

/** Who is called or inside, by room. */
export function current(snapshot) {
  return snapshot.tokens
    .filter((token) => token.state === "called" || token.state === "in_consultation")
    .sort((a, b) => (a.room ?? "").localeCompare(b.room ?? "", undefined, { numeric: true }));
}

export const waiting = (snapshot) => snapshot.tokens.filter(isWaiting);

/** Who did not come when called. */
export const missed = (snapshot) => snapshot.tokens.filter((token) => token.state === "skipped");

/** The token that was announced last. */
export function lastCalled(snapshot) {
  const announced = snapshot.tokens.filter((token) => token.announced_at !== null);
  return announced.reduce((last, token) => (last && announcedAt(last) >= announcedAt(token) ? last : token), null);
}

export const announcedAt = (token) => (token.announced_at === null ? 0 : Date.parse(token.announced_at));

/** When whoever has `before` others ahead is expected to be called, in milliseconds; null when nothing is known. */
export function expected({ curve }, before) {
  if (curve.length === 0) return null;
  const right = curve.find((point) => point.before >= before) ?? curve.at(-1);
  const left = curve.findLast((point) => point.before <= before) ?? curve[0];
  const share = right === left ? 0 : (before - left.before) / (right.before - left.before);
  const between = (key) => {
    const [a, b] = [Date.parse(left[key]), Date.parse(right[key])];
    return a + (b - a) * share;
  };
  return { low: between("low"), mid: between("mid"), high: between("high") };
}

/** What to print of an expected time: five-minute steps, never in the past; `isSoon` when it is a matter of moments. */
export function rounded(time, now) {
  if (time === null) return null;
  const up = (t) => Math.ceil(t / STEP) * STEP;
  const down = (t) => Math.floor(t / STEP) * STEP;
  const low = Math.max(down(time.low), down(now));
  const mid = Math.round(Math.max(time.mid, now) / STEP) * STEP;
  const high = Math.max(up(time.high), low + STEP);
  return { low, mid: Math.min(Math.max(mid, low), high), high, isSoon: time.mid - now < 3 * MINUTE };
}

const LATE = 1 * MINUTE;
const LINGERS = 15 * MINUTE;

/** How a sitting stands, in one word for the notice on its card: null when all is as it should be. */
export function notice(sitting, now) {
  const starts = Date.parse(sitting.delayed_until ?? sitting.starts_at);
  if (sitting.state === "paused") return { kind: "paused", reason: sitting.paused_reason, until: later(sitting.resumes_at, now) };
  if (sitting.state === "completed" || sitting.state === "cancelled") return { kind: sitting.state };
  if (sitting.state !== "scheduled") return null;
  if (now > starts + LATE) return { kind: "late" };
  return { kind: sitting.delayed_until === null ? "starts" : "delayed", until: starts };
}

const later = (time, now) => (time !== null && Date.parse(time) > now ? Date.parse(time) : null);

/** Which sessions get a card now, and which only a line at the foot. A session before its line was heard is `null`. */
export function arrange(sessions, lines, now, dayOf) {
  const today = dayOf(now);
  const groups = { open: [], soon: [], ended: [], later: [] };
  for (const session of sessions) {
    const line = lines.get(session.session_id);
    const state = line?.sitting.state;
    const isToday = dayOf(Date.parse(session.starts_at)) === today;
    if (state === "cancelled") continue;
    if (state === "live" || state === "paused") groups.open.push(session);
    else if (state === "completed") {
      if (now < Date.parse(session.ends_at) + LINGERS) groups.ended.push(session);
    } else if (isToday && (line?.tokens.length || Date.parse(session.starts_at) - now < 60 * MINUTE)) groups.open.push(session);
    else (isToday ? groups.soon : groups.later).push(session);
  }
  const first = [...groups.open, ...groups.ended];
  if (first.length > 0) return { cards: first, rest: [...groups.soon, ...groups.later] };
  return { cards: groups.soon, rest: groups.later };
}
