/* Every word on the screen, in every language of it. Digits are Latin everywhere: they are what the slips say. */

import { recall, remember } from "./memory.js";

export const LANGUAGES = {
  en: { name: "English", dir: "ltr", locale: "en-IN" },
  hi: { name: "हिन्दी", dir: "ltr", locale: "hi-IN", script: "Devanagari" },
  ar: { name: "العربية", dir: "rtl", locale: "ar", script: "Arabic" },
};

export const TEXTS = {
  en: {
    title: "Waiting room",
    connecting: "Connecting…",
    pair_title: "Connect this screen",
    pair_1: "Log in to Carewire as front desk, manager or owner.",
    pair_2: "Approve this code for the rooms or doctors to be shown.",
    pair_3: "The screen starts by itself.",
    pair_until: "Code is good until {time}",
    sound_on: "Sound is on",
    sound_off: "Sound is off",
    sound_blocked: "Sound is blocked. Tap the screen once.",
    sound_unlock: "Turn on sound",
    full_screen: "Full screen",
    light: "Light",
    dark: "Dark",
    language: "Language",
    called: "Please come in",
    in_consultation: "With the doctor",
    nobody: "Please wait for your number",
    nobody_waits: "Nobody is waiting",
    next: "Next",
    waiting: "Waiting",
    last_called: "Last called",
    missed: "Missed their call, please see the desk",
    soon: "any moment",
    about: "about {time}",
    paused_break: "The doctor is on a short break",
    paused_rounds: "The doctor is on ward rounds",
    paused_emergency: "The doctor is with an emergency",
    paused_prayer: "The doctor is at prayer",
    paused_technical: "Short technical interruption",
    paused_other: "Short interruption",
    until: "Goes on at about {time}",
    until_unknown: "We will go on as soon as possible",
    starts: "Starts at {time}",
    delayed: "The doctor is late: starts at about {time}",
    late: "The doctor has not started yet",
    completed: "This session has ended",
    later: "Later",
    tomorrow: "Tomorrow",
    empty: "No session at the moment",
    call: "Number {number}: {room}",
    call_again: "Once more: number {number}: {room}",
    call_no_room: "Number {number}, please come in",
    again: "Once more",
    lost: "Connection lost since {time}",
    lost_hint: "You see the numbers of that moment. Please listen to the staff.",
    back: "Connected again. Everything is up to date.",
    revoked: "This screen has been switched off",
    pair_again: "Get a new pairing code",
    stopped: "The server asked this screen to stop",
    try_again: "Try again",
    page: "Page {page} of {pages}",
  },
  hi: {
    title: "प्रतीक्षालय",
    connecting: "जुड़ रहा है…",
    pair_title: "इस स्क्रीन को जोड़ें",
    pair_1: "Carewire में रिसेप्शन, प्रबंधक या मालिक के रूप में लॉग इन करें।",
    pair_2: "जो कमरे या डॉक्टर दिखाने हैं, उनके लिए यह कोड स्वीकार करें।",
    pair_3: "स्क्रीन अपने आप चालू हो जाएगी।",
    pair_until: "कोड {time} बजे तक मान्य है",
    sound_on: "आवाज़ चालू है",
    sound_off: "आवाज़ बंद है",
    sound_blocked: "आवाज़ रुकी है। स्क्रीन को एक बार छुएँ।",
    sound_unlock: "आवाज़ चालू करें",
    full_screen: "पूरी स्क्रीन",
    light: "हल्का",
    dark: "गहरा",
    language: "भाषा",
    called: "कृपया अंदर आएँ",
    in_consultation: "डॉक्टर के पास",
    nobody: "कृपया अपने नंबर की प्रतीक्षा करें",
    nobody_waits: "कोई प्रतीक्षा में नहीं है",
    next: "अगले नंबर",
    waiting: "प्रतीक्षा में",
    last_called: "पिछला बुलावा",
    missed: "बुलावे पर नहीं आए, कृपया काउंटर पर मिलें",
    soon: "बस अभी",
    about: "लगभग {time}",
    paused_break: "डॉक्टर थोड़े विराम पर हैं",
    paused_rounds: "डॉक्टर वार्ड के दौरे पर हैं",
    paused_emergency: "डॉक्टर एक आपात स्थिति में हैं",
    paused_prayer: "डॉक्टर प्रार्थना में हैं",
    paused_technical: "थोड़ी तकनीकी रुकावट है",
    paused_other: "थोड़ी रुकावट है",
    until: "लगभग {time} बजे फिर शुरू होगा",
    until_unknown: "जल्द से जल्द फिर शुरू होगा",
    starts: "{time} बजे शुरू होगा",
    delayed: "डॉक्टर को देर है: लगभग {time} बजे शुरू होगा",
    late: "डॉक्टर ने अभी शुरू नहीं किया है",
    completed: "यह सत्र समाप्त हो गया है",
    later: "बाद में",
    tomorrow: "कल",
    empty: "अभी कोई सत्र नहीं है",
    call: "नंबर {number}: {room}",
    call_again: "एक बार फिर: नंबर {number}: {room}",
    call_no_room: "नंबर {number}, कृपया अंदर आएँ",
    again: "एक बार फिर",
    lost: "{time} बजे से कनेक्शन नहीं है",
    lost_hint: "ये नंबर उसी समय के हैं। कृपया कर्मचारियों की बात सुनें।",
    back: "फिर से जुड़ गया। सब कुछ ताज़ा है।",
    revoked: "यह स्क्रीन बंद कर दी गई है",
    pair_again: "नया कोड लें",
    stopped: "सर्वर ने इस स्क्रीन को रोक दिया है",
    try_again: "फिर कोशिश करें",
    page: "पृष्ठ {page} / {pages}",
  },
  ar: {
    title: "غرفة الانتظار",
    connecting: "جارٍ الاتصال…",
    pair_title: "ربط هذه الشاشة",
    pair_1: "سجّل الدخول إلى Carewire بصفة الاستقبال أو المدير أو المالك.",
    pair_2: "وافق على هذا الرمز للغرف أو الأطباء المطلوب عرضهم.",
    pair_3: "تبدأ الشاشة وحدها.",
    pair_until: "الرمز صالح حتى {time}",
    sound_on: "الصوت يعمل",
    sound_off: "الصوت مغلق",
    sound_blocked: "الصوت محجوب. المس الشاشة مرة واحدة.",
    sound_unlock: "تشغيل الصوت",
    full_screen: "ملء الشاشة",
    light: "فاتح",
    dark: "داكن",
    language: "اللغة",
    called: "تفضّل بالدخول",
    in_consultation: "عند الطبيب",
    nobody: "يُرجى انتظار رقمكم",
    nobody_waits: "لا أحد في الانتظار",
    next: "التالي",
    waiting: "في الانتظار",
    last_called: "آخر نداء",
    missed: "لم يحضر عند النداء، يُرجى مراجعة الاستقبال",
    soon: "بعد لحظات",
    about: "نحو {time}",
    paused_break: "الطبيب في استراحة قصيرة",
    paused_rounds: "الطبيب في جولة على المرضى",
    paused_emergency: "الطبيب مع حالة طارئة",
    paused_prayer: "الطبيب في الصلاة",
    paused_technical: "انقطاع تقني قصير",
    paused_other: "انقطاع قصير",
    until: "نتابع نحو الساعة {time}",
    until_unknown: "نتابع في أقرب وقت ممكن",
    starts: "تبدأ الساعة {time}",
    delayed: "تأخّر الطبيب: تبدأ نحو الساعة {time}",
    late: "لم يبدأ الطبيب بعد",
    completed: "انتهت هذه الجلسة",
    later: "لاحقًا",
    tomorrow: "غدًا",
    empty: "لا توجد جلسة الآن",
    call: "الرقم {number}: {room}",
    call_again: "مرة أخرى: الرقم {number}: {room}",
    call_no_room: "الرقم {number}، تفضّل بالدخول",
    again: "مرة أخرى",
    lost: "انقطع الاتصال منذ {time}",
    lost_hint: "هذه أرقام تلك اللحظة. يُرجى الاستماع إلى الموظفين.",
    back: "عاد الاتصال. كل شيء محدّث.",
    revoked: "تم إيقاف هذه الشاشة",
    pair_again: "الحصول على رمز جديد",
    stopped: "طلب الخادم إيقاف هذه الشاشة",
    try_again: "حاول مجددًا",
    page: "صفحة {page} من {pages}",
  },
};

const wanted = [recall("language"), ...navigator.languages.map((tag) => tag.split("-")[0])];
let chosen = wanted.find((language) => language in LANGUAGES) ?? "en";

export const language = () => chosen;

/** For Intl: the device's own variant of the chosen language if it has one; Gregorian calendar, Latin digits. */
export function locale() {
  const own = navigator.languages.find((tag) => tag.startsWith(`${chosen}-`));
  return `${own?.split("-u-")[0] ?? LANGUAGES[chosen].locale}-u-ca-gregory-nu-latn`;
}

export function choose(name) {
  chosen = name;
  remember("language", name);
}

/** A text in the chosen language, its {gaps} filled. */
export function text(key, values = {}) {
  return TEXTS[chosen][key].replace(/\{(\w+)\}/g, (_, gap) => values[gap]);
}

/** A name may be written in several scripts with a dot between ("Room 2 · कक्ष 2"): the part in the reader's own. */
export function inOwnScript(name) {
  const parts = (name ?? "").split(" · ");
  const isIn = (script, part) => new RegExp(`\\p{Script=${script}}`, "u").test(part);
  return parts.find((part) => isIn(LANGUAGES[chosen].script ?? "Latin", part)) ?? parts[0];
}
