"""What the author of a review is told."""

from typing import Final

from carewire.notice import fact

PUBLISHED: Final = fact(
    "review.published",
    about="review",
    texts={
        "en": ("Your review is public", "Thank you. Others can read it now."),
        "hi": ("आपकी समीक्षा प्रकाशित हुई", "धन्यवाद। अब दूसरे इसे पढ़ सकते हैं।"),
        "ar": ("تم نشر تقييمك", "شكرًا لك. يمكن للآخرين قراءته الآن."),
    },
)
REJECTED: Final = fact(
    "review.rejected",
    about="review",
    texts={
        "en": ("Your review was not published", "Reason: {reason}. You can change it."),
        "hi": ("आपकी समीक्षा प्रकाशित नहीं हुई", "कारण: {reason}। आप इसे बदल सकते हैं।"),
        "ar": ("لم يُنشر تقييمك", "السبب: {reason}. يمكنك تعديله."),
    },
)
