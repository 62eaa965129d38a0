"""What people are told in the app about tests and reports. No text names a patient, a test or a value."""

from typing import Final

from carewire.notice import fact

ASKED: Final = fact(
    "lab_test.asked",
    about="lab_test",
    texts={
        "en": ("A test was asked for you", "Your doctor asks for a test. Choose a laboratory and a time."),
        "hi": ("आपके लिए जाँच लिखी गई", "आपके डॉक्टर ने जाँच लिखी है। लैब और समय चुनें।"),
        "ar": ("طُلب لك فحص", "طبيبك يطلب فحصًا. اختر مختبرًا وموعدًا."),
    },
)
ORDERED: Final = fact(
    "lab_test.ordered",
    about="lab_test",
    texts={
        "en": ("A new test", "A patient chose your laboratory."),
        "hi": ("नई जाँच", "एक मरीज़ ने आपकी लैब चुनी है।"),
        "ar": ("فحص جديد", "اختار مريض مختبرك."),
    },
)
MISSED: Final = fact(
    "lab_test.missed",
    about="lab_test",
    texts={
        "en": ("The sample could not be taken", "Nobody was there at the planned time. Choose another one."),
        "hi": ("नमूना नहीं लिया जा सका", "तय समय पर कोई नहीं था। दूसरा समय चुनें।"),
        "ar": ("تعذّر أخذ العينة", "لم يكن أحد في الموعد. اختر موعدًا آخر."),
    },
)
REJECTED: Final = fact(
    "lab_test.sample_rejected",
    about="lab_test",
    texts={
        "en": ("A new sample is needed", "The sample could not be used. Choose a new time; it costs nothing."),
        "hi": ("नया नमूना चाहिए", "नमूना काम का नहीं था। नया समय चुनें; कोई शुल्क नहीं।"),
        "ar": ("نحتاج إلى عينة جديدة", "لم تصلح العينة. اختر موعدًا جديدًا دون رسوم."),
    },
)
PUBLISHED: Final = fact(
    "lab_report.published",
    about="lab_report",
    texts={
        "en": ("A lab report is ready", "The result of a test can be read now."),
        "hi": ("लैब रिपोर्ट तैयार है", "जाँच का परिणाम अब देखा जा सकता है।"),
        "ar": ("تقرير المختبر جاهز", "يمكن الآن قراءة نتيجة الفحص."),
    },
)
AMENDED: Final = fact(
    "lab_report.amended",
    about="lab_report_version",
    texts={
        "en": ("A lab report was corrected", "The laboratory corrected a report. Read the new version."),
        "hi": ("लैब रिपोर्ट सुधारी गई", "लैब ने रिपोर्ट सुधारी है। नया संस्करण पढ़ें।"),
        "ar": ("صُحّح تقرير المختبر", "صحّح المختبر تقريرًا. اقرأ النسخة الجديدة."),
    },
)
CRITICAL: Final = fact(
    "lab_report.critical",
    about="lab_critical",
    texts={
        "en": ("A critical result", "A result needs you at once. Acknowledge it within {minutes} minutes."),
        "hi": ("गंभीर परिणाम", "एक परिणाम को तुरंत देखें। {minutes} मिनट में पुष्टि करें।"),
        "ar": ("نتيجة حرجة", "نتيجة تحتاج إليك فورًا. أكّد الاطلاع خلال {minutes} دقيقة."),
    },
)
CRITICAL_WAITS: Final = fact(
    "lab_report.critical_waits",
    about="lab_critical",
    texts={
        "en": ("A critical result waits", "Nobody has acknowledged a critical result. See to it that somebody does."),
        "hi": ("गंभीर परिणाम प्रतीक्षा में", "किसी ने गंभीर परिणाम की पुष्टि नहीं की। कृपया किसी से कराएँ।"),
        "ar": ("نتيجة حرجة تنتظر", "لم يؤكّد أحد الاطلاع على نتيجة حرجة. احرص على أن يفعل أحد."),
    },
)
