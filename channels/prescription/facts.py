"""What the patient's side is told of prescriptions."""

from typing import Final

from carewire.notice import fact

ISSUED: Final = fact(
    "prescription.issued",
    about="prescription",
    texts={
        "en": ("A new prescription", "{doctor} wrote you a prescription."),
        "hi": ("नया पर्चा", "{doctor} ने आपके लिए पर्चा लिखा है।"),
        "ar": ("وصفة طبية جديدة", "{doctor} كتب لك وصفة طبية."),
    },
)
CANCELLED: Final = fact(
    "prescription.cancelled",
    about="prescription",
    texts={
        "en": ("A prescription was cancelled", "{doctor} took a prescription back. Do not use it; ask if in doubt."),
        "hi": ("पर्चा रद्द हुआ", "{doctor} ने पर्चा वापस लिया। उसका उपयोग न करें; शंका हो तो पूछें।"),
        "ar": ("أُلغيت وصفة طبية", "{doctor} سحب وصفة طبية. لا تستعملها؛ اسأل إن كنت في شك."),
    },
)
