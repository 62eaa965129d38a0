"""What people are told in the app about money that goes back over a counter."""

from typing import Final

from carewire.notice import fact

DUE: Final = fact(
    "refund.due",
    about="refund",
    texts={
        "en": ("You get money back", "{money} for {number}: it is handed back at the counter of {place}."),
        "hi": ("आपको पैसे वापस मिलेंगे", "{number} के {money}: {place} के काउंटर पर लौटाए जाएँगे।"),
        "ar": ("لك مبلغ مسترد", "{money} عن {number}: يُسلَّم لك عند شباك {place}."),
    },
)
TO_HAND_BACK: Final = fact(
    "refund.to_hand_back",
    about="refund",
    texts={
        "en": ("Money to hand back", "{money} for {number} goes back over your counter."),
        "hi": ("पैसे लौटाने हैं", "{number} के {money} आपके काउंटर से लौटाने हैं।"),
        "ar": ("مبلغ يجب رده", "{money} عن {number} يُرد عند شباككم."),
    },
)
HANDED: Final = fact(
    "refund.handed",
    about="refund",
    texts={
        "en": ("Money was handed back", "{money} for {number}, at {place}. If you did not get it, say so there."),
        "hi": ("पैसे लौटा दिए गए", "{number} के {money}, {place} में। न मिले हों तो वहीं बताएँ।"),
        "ar": ("تم رد المبلغ", "{money} عن {number} في {place}. إن لم تستلمه فأبلغ عنه هناك."),
    },
)
