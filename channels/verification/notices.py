"""What people are told in the app about a verification. The reason stands in the case, not in the notice."""

from typing import Final

from carewire.notice import fact

WAITING: Final = fact(
    "verification.waiting",
    about="verification_step",
    texts={
        "en": ("A verification waits", "{name} waits for a verification."),
        "hi": ("एक सत्यापन प्रतीक्षा में है", "{name} सत्यापन की प्रतीक्षा में है।"),
        "ar": ("طلب توثيق بانتظارك", "{name} بانتظار التوثيق."),
    },
)
APPROVED: Final = fact(
    "verification.approved",
    about="verification_step",
    texts={
        "en": ("Verified", "{name} is verified."),
        "hi": ("सत्यापित", "{name} सत्यापित है।"),
        "ar": ("تم التوثيق", "تم توثيق {name}."),
    },
)
REJECTED: Final = fact(
    "verification.rejected",
    about="verification_step",
    texts={
        "en": ("Not verified", "{name} could not be verified. See why, and submit it again."),
        "hi": ("सत्यापन नहीं हुआ", "{name} का सत्यापन नहीं हो सका। कारण देखें और फिर भेजें।"),
        "ar": ("لم يتم التوثيق", "تعذّر توثيق {name}. انظر السبب وأعد الإرسال."),
    },
)
WITHDRAWN: Final = fact(
    "verification.withdrawn",
    about="verification_step",
    texts={
        "en": ("Approval withdrawn", "The approval of {name} was withdrawn. See why."),
        "hi": ("स्वीकृति वापस ली गई", "{name} की स्वीकृति वापस ले ली गई। कारण देखें।"),
        "ar": ("سُحبت الموافقة", "سُحبت الموافقة على {name}. انظر السبب."),
    },
)
