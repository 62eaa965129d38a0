/* What the code on a printed slip opens: one number, how many are before it, and when. No login, no name.
 *
 * The key stands in the fragment, which a browser never sends to a server; it goes up the socket only. */

const AGAIN_MS = 15_000;
const LOST_MS = 5_000;

const TEXTS = {
  en: {
    title: "Your number",
    waiting: (n) => (n === 0 ? "You are next" : `${n} before you`),
    called: (room) => `Please come in${room ? `: ${room}` : ""}`,
    expected: (from, to) => `expected ${from}–${to}`,
    states: {
      expected: "Please report at the desk",
      in_consultation: "With the doctor",
      away: "Please come back after your test",
      skipped: "You were called. Please report at the desk",
      no_show: "You were called. Please report at the desk",
      completed: "Done. Thank you",
      cancelled: "This number is not valid any more",
    },
    lost: "No connection. Trying again…",
    unknown: "This slip is not valid any more",
  },
  hi: {
    title: "आपका नंबर",
    waiting: (n) => (n === 0 ? "अगली बारी आपकी है" : `आपसे पहले ${n}`),
    called: (room) => `कृपया अंदर आइए${room ? `: ${room}` : ""}`,
    expected: (from, to) => `संभावित समय ${from}–${to}`,
    states: {
      expected: "कृपया काउंटर पर बताइए",
      in_consultation: "डॉक्टर के पास",
      away: "जाँच के बाद वापस आइए",
      skipped: "आपको बुलाया गया था। कृपया काउंटर पर बताइए",
      no_show: "आपको बुलाया गया था। कृपया काउंटर पर बताइए",
      completed: "पूरा हुआ। धन्यवाद",
      cancelled: "यह नंबर अब मान्य नहीं है",
    },
    lost: "कनेक्शन नहीं है। फिर कोशिश हो रही है…",
    unknown: "यह पर्ची अब मान्य नहीं है",
  },
  ar: {
    title: "رقمك",
    waiting: (n) => (n === 0 ? "أنت التالي" : `قبلك ${n}`),
    called: (room) => `تفضل بالدخول${room ? `: ${room}` : ""}`,
    expected: (from, to) => `الوقت المتوقع ${from}–${to}`,
    states: {
      expected: "يرجى مراجعة الاستقبال",
      in_consultation: "عند الطبيب",
      away: "يرجى العودة بعد الفحص",
      skipped: "تم استدعاؤك. يرجى مراجعة الاستقبال",
      no_show: "تم استدعاؤك. يرجى مراجعة الاستقبال",
      completed: "انتهت الزيارة. شكراً",
      cancelled: "هذا الرقم لم يعد صالحاً",
    },
    lost: "لا يوجد اتصال. تجري المحاولة من جديد…",
    unknown: "هذه القسيمة لم تعد صالحة",
  },
};

const language = (navigator.languages ?? [navigator.language]).map((l) => l.slice(0, 2)).find((l) => l in TEXTS) ?? "en";
const texts = TEXTS[language];
const clock = new Intl.DateTimeFormat(`${language}-u-nu-latn`, { hour: "numeric", minute: "2-digit" });
const show = (id, text) => {
  document.getElementById(id).textContent = text ?? "";
};

function draw({ number, state, before, expected, room }) {
  show("number", number ?? "–");
  if (state === "waiting") show("state", texts.waiting(before));
  else if (state === "called") show("state", texts.called(room));
  else show("state", texts.states[state]);
  const times = state === "waiting" && expected;
  show("expected", times ? texts.expected(...[times.low, times.high].map((at) => clock.format(new Date(at)))) : "");
  show("link", "");
}

function refuse({ data, message }) {
  if (data.reason !== "not_found") return show("link", message);
  for (const id of ["number", "expected", "link"]) show(id, "");
  return show("state", texts.unknown);
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "carewire.v1");
  const look = () => {
    const params = { key: location.hash.slice(1) };
    if (socket.readyState === WebSocket.OPEN && params.key) {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "queue.look", params }));
    } else if (!params.key) refuse({ data: { reason: "not_found" } });
  };
  const timer = setInterval(look, AGAIN_MS);
  const seen = () => document.visibilityState === "visible" && look();
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("hashchange", look);
  socket.onopen = look;
  socket.onmessage = ({ data }) => {
    const { id, result, error } = JSON.parse(data);
    if (id !== 1) return;
    if (result) draw(result);
    else refuse(error);
  };
  socket.onclose = () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("hashchange", look);
    show("link", texts.lost);
    setTimeout(connect, LOST_MS * (0.5 + Math.random()));
  };
}

document.documentElement.lang = language;
document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
show("title", texts.title);
connect();
