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
GLASS_BROKEN: Final = fact(
    "break_glass.opened",
    about="break_glass",
    texts={
        "en": (
            "Your records were opened in an emergency",
            "{doctor} opened your records without asking, for one hour.",
        ),
        "hi": ("आपात स्थिति में आपके रिकॉर्ड खोले गए", "{doctor} ने बिना पूछे एक घंटे के लिए आपके रिकॉर्ड खोले।"),
        "ar": ("فُتحت سجلاتك في حالة طارئة", "{doctor} فتح سجلاتك دون استئذان لمدة ساعة."),
    },
)
GLASS_TO_REVIEW: Final = fact(
    "break_glass.to_review",
    about="break_glass",
    texts={
        "en": ("A break-glass to review", "A doctor opened a patient's records without asking."),
        "hi": ("समीक्षा करें: आपात पहुँच", "एक डॉक्टर ने बिना पूछे मरीज़ के रिकॉर्ड खोले।"),
        "ar": ("وصول طارئ للمراجعة", "طبيب فتح سجلات مريض دون استئذان."),
    },
)
