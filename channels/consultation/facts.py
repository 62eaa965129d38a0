"""What a visit tells the patient's side when they are not looking."""

from typing import Final

from carewire.notice import fact

FOLLOW_UP: Final = fact(
    "consultation.follow_up",
    about="consultation",
    texts={
        "en": ("Your doctor wants to see you again", "{doctor}: {date}. Book a time."),
        "hi": ("डॉक्टर आपसे फिर मिलना चाहते हैं", "{doctor}: {date}। समय बुक करें।"),
        "ar": ("طبيبك يريد رؤيتك مجددًا", "{doctor}: {date}. احجز موعدًا."),
    },
)
COMPLETED: Final = fact(
    "consultation.completed",
    about="consultation",
    texts={
        "en": ("Your visit is written up", "What {doctor} noted and advised is in your records."),
        "hi": ("आपकी विज़िट दर्ज हो गई", "{doctor} ने जो लिखा और सलाह दी, वह आपके रिकॉर्ड में है।"),
        "ar": ("سُجّلت زيارتك", "ما دوّنه {doctor} ونصح به موجود في سجلاتك."),
    },
)
