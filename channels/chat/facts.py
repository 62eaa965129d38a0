"""What somebody is told who has not read for a while. Never what was said."""

from typing import Final

from carewire.notice import fact

ANSWERED: Final = fact(
    "chat.answered",
    about="chat_message",
    texts={
        "en": ("New message", "{who} wrote to you."),
        "hi": ("नया संदेश", "{who} ने आपको लिखा है।"),
        "ar": ("رسالة جديدة", "{who} كتب إليك."),
    },
)
ASKED: Final = fact(
    "chat.asked",
    about="chat_message",
    texts={
        "en": ("New message", "A patient wrote to you."),
        "hi": ("नया संदेश", "एक मरीज़ ने आपको लिखा है।"),
        "ar": ("رسالة جديدة", "كتب إليك أحد المرضى."),
    },
)
EMERGENCY: Final = {
    "en": "In an emergency do not wait for an answer here: call 112 or go to the nearest hospital.",
    "hi": "आपात स्थिति में यहाँ उत्तर की प्रतीक्षा न करें: 112 पर कॉल करें या नज़दीकी अस्पताल जाएँ।",
    "ar": "في حالات الطوارئ لا تنتظر الرد هنا: اتصل بالرقم 112 أو توجه إلى أقرب مستشفى.",
}
"""The notice at the top of every chat, by language."""
