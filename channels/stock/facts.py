"""What a pharmacy's people are told in the app about its stock."""

from typing import Final

from carewire.notice import fact

LOW: Final = fact(
    "stock.low",
    about="stock_movement",
    texts={
        "en": ("Running low", "{name}: {left} left."),
        "hi": ("स्टॉक कम है", "{name}: {left} बचे हैं।"),
        "ar": ("المخزون ينفد", "{name}: بقي {left}."),
    },
)
EXPIRED: Final = fact(
    "stock.expired",
    about="stock_batch",
    texts={
        "en": ("Written off", "{name}, batch {batch}: {quantity} expired."),
        "hi": ("स्टॉक से हटाया गया", "{name}, बैच {batch}: {quantity} की अवधि समाप्त हुई।"),
        "ar": ("شُطب من المخزون", "{name}، التشغيلة {batch}: انتهت صلاحية {quantity}."),
    },
)
