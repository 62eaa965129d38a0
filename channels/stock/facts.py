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
    about="stock_movement",
    texts={
        "en": ("Expired stock written off", "{packs} packs of {batches} batches, {name} among them."),
        "hi": ("अवधि समाप्त स्टॉक हटाया गया", "{batches} बैच के {packs} पैक, उनमें {name}।"),
        "ar": ("شُطب مخزون منتهي الصلاحية", "{packs} عبوة من {batches} تشغيلة، منها {name}."),
    },
)
