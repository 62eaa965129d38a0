"""What people are told in the app about money that came, and that goes back."""

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
RECEIVED: Final = fact(
    "payment.received",
    about="payment",
    texts={
        "en": ("Payment received", "{money} has been received. Thank you."),
        "hi": ("भुगतान मिल गया", "{money} मिल गए। धन्यवाद।"),
        "ar": ("تم استلام الدفعة", "تم استلام {money}. شكرًا لك."),
    },
)
FAILED: Final = fact(
    "payment.failed",
    about="payment",
    texts={
        "en": ("Payment failed", "{money} could not be paid. Please try again, or pay another way."),
        "hi": ("भुगतान नहीं हो सका", "{money} का भुगतान नहीं हो सका। फिर कोशिश करें या दूसरे तरीके से चुकाएँ।"),
        "ar": ("تعذر الدفع", "تعذر دفع {money}. حاول مجددًا أو ادفع بطريقة أخرى."),
    },
)
NOT_NEEDED: Final = fact(
    "payment.not_needed",
    about="payment",
    texts={
        "en": (
            "Your money goes back",
            "{money} came too late or once too often. All of it goes back the way you paid.",
        ),
        "hi": ("आपके पैसे लौट रहे हैं", "{money} देर से या दोबारा आए। पूरी राशि उसी तरीके से लौटेगी जिससे आपने चुकाया।"),
        "ar": ("سيُرد مالك", "وصل {money} متأخرًا أو أكثر من مرة. يُرد كله بالطريقة التي دفعت بها."),
    },
)
GOES_BACK: Final = fact(
    "payment.goes_back",
    about="refund",
    texts={
        "en": ("You get money back", "{money} for {number} goes back the way you paid."),
        "hi": ("आपको पैसे वापस मिलेंगे", "{number} के {money} उसी तरीके से लौटेंगे जिससे आपने चुकाया।"),
        "ar": ("لك مبلغ مسترد", "يُرد {money} عن {number} بالطريقة التي دفعت بها."),
    },
)
BOUNCED: Final = fact(
    "payment.refund_failed",
    about="refund",
    texts={
        "en": (
            "A refund came back",
            "A bank did not take {money} that went back to a patient. She has to be paid another way.",
        ),
        "hi": ("रिफंड वापस आ गया", "बैंक ने मरीज़ को लौटाए गए {money} नहीं लिए। उन्हें दूसरे तरीके से देने होंगे।"),
        "ar": ("عاد مبلغ مسترد", "لم يقبل البنك {money} المردود إلى مريض. يجب دفعه بطريقة أخرى."),
    },
)
