"""What the line tells a person who is not looking."""

from typing import Final

from carewire.notice import fact

TURN_NEAR: Final = fact(
    "queue.turn_near",
    about="token",
    texts={
        "en": ("Your turn is near", "{before} before you."),
        "hi": ("आपकी बारी आने वाली है", "आपसे पहले {before} लोग हैं।"),
        "ar": ("اقترب دورك", "أمامك {before}."),
    },
)
