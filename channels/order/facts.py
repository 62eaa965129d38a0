"""What people are told in the app about an order."""

from typing import Final

from carewire.notice import fact

OFFERED: Final = fact(
    "order.offered",
    about="order",
    texts={
        "en": ("A new order", "Order {number}: please accept it in time."),
        "hi": ("नया ऑर्डर", "ऑर्डर {number}: कृपया समय पर स्वीकार करें।"),
        "ar": ("طلب جديد", "الطلب {number}: يرجى قبوله في الوقت المحدد."),
    },
)
CONFIRMED: Final = fact(
    "order.confirmed",
    about="order",
    texts={
        "en": ("Your order is accepted", "Order {number} is being worked on."),
        "hi": ("आपका ऑर्डर स्वीकार हुआ", "ऑर्डर {number} पर काम हो रहा है।"),
        "ar": ("تم قبول طلبك", "يجري العمل على الطلب {number}."),
    },
)
READY: Final = fact(
    "order.ready",
    about="order",
    texts={
        "en": ("Your order is ready", "Order {number} is ready. Show your four digits when you get it."),
        "hi": ("आपका ऑर्डर तैयार है", "ऑर्डर {number} तैयार है। लेते समय अपने चार अंक दिखाएँ।"),
        "ar": ("طلبك جاهز", "الطلب {number} جاهز. أظهر أرقامك الأربعة عند الاستلام."),
    },
)
ON_ITS_WAY: Final = fact(
    "order.on_its_way",
    about="order",
    texts={
        "en": ("Your order is on its way", "Order {number} is on its way. Tell the four digits at the door only."),
        "hi": ("आपका ऑर्डर रास्ते में है", "ऑर्डर {number} रास्ते में है। चार अंक केवल दरवाज़े पर बताएँ।"),
        "ar": ("طلبك في الطريق", "الطلب {number} في الطريق. لا تذكر الأرقام الأربعة إلا عند الباب."),
    },
)
ENDED: Final = fact(
    "order.ended",
    about="order",
    texts={
        "en": ("Your order ended", "Order {number} was not delivered. What you paid for it goes back."),
        "hi": ("आपका ऑर्डर समाप्त हुआ", "ऑर्डर {number} नहीं पहुँचाया गया। भुगतान की राशि वापस होगी।"),
        "ar": ("انتهى طلبك", "لم يتم تسليم الطلب {number}. سيُعاد ما دفعته."),
    },
)
LONG_ON_ITS_WAY: Final = fact(
    "order.long_on_its_way",
    about="order",
    texts={
        "en": ("An order has been out for days", "Order {number} was neither delivered nor brought back. Ask for it."),
        "hi": ("एक ऑर्डर कई दिनों से बाहर है", "ऑर्डर {number} न पहुँचा, न लौटा। इसके बारे में पूछें।"),
        "ar": ("طلب في الطريق منذ أيام", "لم يُسلَّم الطلب {number} ولم يُعَد. استفسر عنه."),
    },
)
UNPAID: Final = fact(
    "order.unpaid",
    about="order",
    texts={
        "en": ("Your order was not paid in time", "Order {number} is off and nothing is taken. Order again to get it."),
        "hi": ("समय पर भुगतान नहीं हुआ", "ऑर्डर {number} रद्द हुआ और कोई राशि नहीं ली गई। चाहिए तो फिर से ऑर्डर करें।"),
        "ar": ("لم يُدفع طلبك في الوقت المحدد", "أُلغي الطلب {number} ولم يُؤخذ أي مبلغ. اطلب من جديد إن أردت."),
    },
)
MOVED: Final = fact(
    "order.moved",
    about="order",
    texts={
        "en": (
            "Your order has another provider",
            "Order {number} costs the same. See who brings it and whether something is of another maker; you may still"
            " cancel.",
        ),
        "hi": (
            "आपका ऑर्डर अब दूसरे के पास है",
            "ऑर्डर {number} की कीमत वही है। देखें कौन लाएगा और क्या कुछ दूसरी कंपनी का है; आप अब भी रद्द कर सकते हैं।",
        ),
        "ar": (
            "طلبك لدى مزوّد آخر",
            "سعر الطلب {number} كما هو. انظر من سيحضره وهل فيه صنف من شركة أخرى؛ ما زال بإمكانك الإلغاء.",
        ),
    },
)
CUT: Final = fact(
    "order.cut",
    about="order",
    texts={
        "en": ("Something on your order is missing", "Order {number} comes without a part of it. See what."),
        "hi": ("आपके ऑर्डर में कुछ कम है", "ऑर्डर {number} का एक हिस्सा नहीं आएगा। देखें क्या।"),
        "ar": ("ينقص طلبك شيء", "سيصل الطلب {number} دون جزء منه. اطلع على التفاصيل."),
    },
)
OVERDUE: Final = fact(
    "order.overdue",
    about="order",
    texts={
        "en": (
            "An order waits for a provider",
            "Order {number} was not accepted. Offer it to another, or it is refunded.",
        ),
        "hi": ("एक ऑर्डर प्रदाता की प्रतीक्षा में है", "ऑर्डर {number} स्वीकार नहीं हुआ। किसी और को दें, नहीं तो राशि वापस होगी।"),
        "ar": ("طلب بانتظار مزوّد", "لم يُقبل الطلب {number}. اعرضه على آخر وإلا أُعيد المبلغ."),
    },
)
