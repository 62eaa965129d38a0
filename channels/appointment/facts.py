"""What people are told in the app about appointments. Names and times only: nothing of what she has."""

from typing import Final

from carewire.notice import fact

REQUESTED: Final = fact(
    "appointment.requested",
    about="appointment",
    texts={
        "en": ("An appointment is requested", "{number} on {when}: confirm it, or say no."),
        "hi": ("अपॉइंटमेंट का अनुरोध है", "{number}, {when}: पुष्टि करें या मना करें।"),
        "ar": ("طلب موعد جديد", "{number} في {when}: أكّده أو ارفضه."),
    },
)
BOOKED: Final = fact(
    "appointment.booked",
    about="appointment",
    texts={
        "en": ("A new appointment", "{number} on {when}."),
        "hi": ("नया अपॉइंटमेंट", "{number}, {when}।"),
        "ar": ("موعد جديد", "{number} في {when}."),
    },
)
CONFIRMED: Final = fact(
    "appointment.confirmed",
    about="appointment_step",
    texts={
        "en": ("Your appointment is confirmed", "{number} on {when}."),
        "hi": ("आपका अपॉइंटमेंट पक्का है", "{number}, {when}।"),
        "ar": ("تم تأكيد موعدك", "{number} في {when}."),
    },
)
MOVED: Final = fact(
    "appointment.moved",
    about="appointment_step",
    texts={
        "en": ("An appointment was moved", "{number} is on {when} now."),
        "hi": ("अपॉइंटमेंट का समय बदला", "{number} अब {when} पर है।"),
        "ar": ("تغيّر الموعد", "{number} أصبح في {when}."),
    },
)
CANCELLED: Final = fact(
    "appointment.cancelled",
    about="appointment_step",
    texts={
        "en": ("An appointment was cancelled", "{number} on {when} does not take place."),
        "hi": ("अपॉइंटमेंट रद्द हुआ", "{number}, {when} नहीं होगा।"),
        "ar": ("أُلغي الموعد", "{number} في {when} لن يتم."),
    },
)
DOCTOR_AWAY: Final = fact(
    "appointment.doctor_away",
    about="appointment_step",
    texts={
        "en": (
            "Your doctor is not there",
            "{number} on {when} is off. What was paid goes back. Please book another time.",
        ),
        "hi": ("आपके डॉक्टर उपलब्ध नहीं हैं", "{number}, {when}: रद्द। दिया गया पूरा पैसा लौटेगा। कृपया दूसरा समय चुनें।"),
        "ar": ("طبيبك غير موجود", "{number} في {when} أُلغي. يُعاد كل ما دُفع. يُرجى حجز وقت آخر."),
    },
)
PLACE_CLOSED: Final = fact(
    "appointment.place_closed",
    about="appointment_step",
    texts={
        "en": (
            "It is closed on the day of your visit",
            "{number} on {when} is off. What was paid goes back. Please book another time.",
        ),
        "hi": ("आपकी मुलाक़ात के दिन छुट्टी है", "{number}, {when}: रद्द। दिया गया पूरा पैसा लौटेगा। कृपया दूसरा समय चुनें।"),
        "ar": ("المكان مغلق يوم موعدك", "{number} في {when} أُلغي. يُعاد كل ما دُفع. يُرجى حجز وقت آخر."),
    },
)
LEFT_OPEN: Final = fact(
    "appointment.left_open",
    about="appointment",
    texts={
        "en": ("A visit was still open", "{number} on {when} counts as done now. You can still complete its notes."),
        "hi": ("एक मुलाक़ात खुली रह गई थी", "{number}, {when}: अब पूरी मानी गई है। उसके नोट्स अब भी पूरे कर सकते हैं।"),
        "ar": ("بقيت زيارة مفتوحة", "{number} في {when} تُعدّ منتهية الآن. ما زال بإمكانك إكمال ملاحظاتها."),
    },
)
NOT_SEEN: Final = fact(
    "appointment.not_seen",
    about="appointment",
    texts={
        "en": ("A patient was not seen", "{number} on {when}: the patient was there. All that was paid goes back."),
        "hi": ("एक मरीज़ को देखा नहीं गया", "{number}, {when}: मरीज़ मौजूद था। दिया गया पूरा पैसा लौटेगा।"),
        "ar": ("لم يُفحَص أحد المرضى", "{number} في {when}: كان المريض حاضرًا. يُعاد كل ما دُفع."),
    },
)
REMINDER: Final = fact(
    "appointment.reminder",
    about="appointment",
    texts={
        "en": ("Your visit is coming up", "{doctor}: {when}. {number}"),
        "hi": ("आपकी मुलाक़ात आने वाली है", "{doctor}: {when}। {number}"),
        "ar": ("موعدك يقترب", "{doctor}: {when}. {number}"),
    },
)
OFFERED: Final = fact(
    "waitlist.offered",
    about="hold",
    texts={
        "en": ("A seat became free", "{when} is held for you until {until}."),
        "hi": ("एक समय ख़ाली हुआ", "{when} आपके लिए {until} तक रोका गया है।"),
        "ar": ("توفّر موعد", "{when} محجوز لك حتى {until}."),
    },
)
