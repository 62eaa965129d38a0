"""What people are told in the app about a request."""

from typing import Final

from carewire.notice import fact

ACCEPTED: Final = fact(
    "request.accepted",
    about="request",
    texts={
        "en": ("Your request is in hand", "We are asking for prices and will answer soon."),
        "hi": ("आपका अनुरोध देखा जा रहा है", "हम कीमतें पूछ रहे हैं और जल्द उत्तर देंगे।"),
        "ar": ("طلبك قيد المعالجة", "نستفسر عن الأسعار وسنجيبك قريبًا."),
    },
)
RESPONDED: Final = fact(
    "request.responded",
    about="bill",
    texts={
        "en": ("Your bill is ready", "Look at it and confirm it before it runs out."),
        "hi": ("आपका बिल तैयार है", "इसे देखें और समय समाप्त होने से पहले पुष्टि करें।"),
        "ar": ("فاتورتك جاهزة", "اطلع عليها وأكّدها قبل انتهاء صلاحيتها."),
    },
)
REJECTED: Final = fact(
    "request.rejected",
    about="request",
    texts={
        "en": ("Your request cannot be served", "See why, and ask again."),
        "hi": ("आपका अनुरोध पूरा नहीं हो सकता", "कारण देखें और फिर से अनुरोध करें।"),
        "ar": ("تعذّرت تلبية طلبك", "اطلع على السبب وأعد الطلب."),
    },
)
EXPIRED: Final = fact(
    "request.expired",
    about="bill",
    texts={
        "en": ("Your bill ran out", "Ask again if you still need it."),
        "hi": ("आपके बिल का समय समाप्त हो गया", "यदि अब भी ज़रूरत हो तो फिर से अनुरोध करें।"),
        "ar": ("انتهت صلاحية فاتورتك", "أعد الطلب إن كنت لا تزال بحاجة إليه."),
    },
)
WITHDRAWN: Final = fact(
    "request.withdrawn",
    about="bill",
    texts={
        "en": ("Your bill was taken back", "It cannot be confirmed any more. Another answer follows; see why."),
        "hi": ("आपका बिल वापस लिया गया", "अब इसकी पुष्टि नहीं हो सकती। दूसरा उत्तर आएगा; कारण देखें।"),
        "ar": ("سُحبت فاتورتك", "لم يعد تأكيدها ممكنًا. سيصلك رد آخر؛ اطلع على السبب."),
    },
)
UNPAID: Final = fact(
    "request.unpaid",
    about="bill",
    texts={
        "en": ("Your bill was not paid in time", "It ran out and nothing is taken. Ask again if you still need it."),
        "hi": ("समय पर भुगतान नहीं हुआ", "बिल का समय समाप्त हुआ और कोई राशि नहीं ली गई। ज़रूरत हो तो फिर से अनुरोध करें।"),
        "ar": ("لم تُدفع فاتورتك في الوقت المحدد", "انتهت صلاحيتها ولم يُؤخذ أي مبلغ. أعد الطلب عند الحاجة."),
    },
)
QUOTED: Final = fact(
    "request.quoted",
    about="bill_part",
    texts={
        "en": ("You are quoted", "A patient was offered what you have; it is kept until the bill runs out."),
        "hi": ("आपकी पेशकश भेजी गई", "एक मरीज़ को आपका सामान प्रस्तावित किया गया; बिल की अवधि तक वह सुरक्षित है।"),
        "ar": ("تم عرض ما لديك", "عُرض على مريض ما لديك، وهو محفوظ حتى انتهاء الفاتورة."),
    },
)
TO_READ: Final = fact(
    "request.to_read",
    about="request",
    texts={
        "en": ("A prescription waits to be read", "Please read the photo into lines."),
        "hi": ("एक पर्ची पढ़े जाने की प्रतीक्षा में है", "कृपया फ़ोटो को पंक्तियों में पढ़ें।"),
        "ar": ("وصفة بانتظار القراءة", "يرجى تحويل الصورة إلى بنود."),
    },
)
