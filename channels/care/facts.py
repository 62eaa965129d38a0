"""What a patient, and those who act for her, are told about who sees her data."""

from typing import Final

from carewire.notice import fact

RELATION_ASKED: Final = fact(
    "relation.asked",
    about="relation",
    texts={
        "en": (
            "May your data be seen?",
            "{place} asks to see your allergies and medicines. Tell the desk your code, or confirm here.",
        ),
        "hi": (
            "क्या आपकी जानकारी देखी जाए?",
            "{place} आपकी एलर्जी और दवाएँ देखना चाहता है। काउंटर पर कोड बताएँ या यहाँ पुष्टि करें।",
        ),
        "ar": (
            "هل يُسمح بالاطلاع على بياناتك؟",
            "{place} يطلب الاطلاع على الحساسيات والأدوية. أخبر المكتب بالرمز أو أكّد هنا.",
        ),
    },
)
