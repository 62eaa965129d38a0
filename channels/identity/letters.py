"""What identity sends out: one-time codes, in the reader's language, English where a language has no text."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from carewire.jobs.job import Job, Trip, errand
from carewire.providers import sms
from carewire.providers.letters import SendEmailSecret, SendSmsSecret

OTP_TEXT: Final = {
    "en": "{code} is your Carewire code. It works for 5 minutes. Tell it to nobody.",
    "hi": "{code} आपका Carewire कोड है। यह 5 मिनट तक चलेगा। इसे किसी को न बताएँ।",
    "ar": "{code} هو رمز Carewire الخاص بك. صالح لمدة 5 دقائق. لا تخبر به أحدًا.",
}


class SendOtp(Job, name="otp.send", secret=True):
    """A code to its number. The payload is encrypted in its row and wiped when the row closes."""

    to: str
    code: str
    locale: str
    expires_at: datetime


@errand(SendOtp)
async def send_otp(trip: Trip, job: SendOtp) -> str | None:
    """Hand the message to the provider. A code that has died meanwhile is not sent: its row has expired."""
    text = OTP_TEXT.get(job.locale.split("-", 1)[0], OTP_TEXT["en"])
    return await sms.provider(trip.settings).send_sms(trip, job.to, text.format(code=job.code))


class LetterKind(StrEnum):
    """What is written about."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the subject, not one
    CHANGE_EMAIL = "change_email"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the subject, not one
    CONTACT_CHANGED = "contact_changed"
    ERASURE_ASKED = "erasure_asked"


# Subject and text per language; a short message has no subject.
TEXTS: Final[dict[LetterKind, dict[str, tuple[str, str]]]] = {
    LetterKind.VERIFY_EMAIL: {
        "en": ("Confirm your e-mail", "Enter this in Carewire to confirm that the address is yours: {token}"),
        "hi": ("अपना ई-मेल पक्का करें", "यह पता आपका है, यह बताने के लिए इसे Carewire में डालें: {token}"),
        "ar": ("أكّد بريدك الإلكتروني", "أدخل هذا في Carewire لتأكيد أن العنوان لك: {token}"),
    },
    LetterKind.RESET_PASSWORD: {
        "en": (
            "A new password",
            "Enter this in Carewire within 30 minutes for a new password: {token} If you did not ask, do nothing.",
        ),
        "hi": (
            "नया पासवर्ड",
            "नया पासवर्ड चुनने के लिए इसे 30 मिनट के भीतर Carewire में डालें: {token} यदि आपने नहीं माँगा, तो कुछ न करें।",
        ),
        "ar": (
            "كلمة مرور جديدة",
            "أدخل هذا في Carewire خلال 30 دقيقة لاختيار كلمة مرور جديدة: {token} إذا لم تطلبه فلا تفعل شيئًا.",
        ),
    },
    LetterKind.CHANGE_EMAIL: {
        "en": ("Your new e-mail", "Enter this in Carewire to use this address from now on: {token}"),
        "hi": ("आपका नया ई-मेल", "अब से यह पता काम में लेने के लिए इसे Carewire में डालें: {token}"),
        "ar": ("بريدك الإلكتروني الجديد", "أدخل هذا في Carewire لاستخدام هذا العنوان من الآن: {token}"),
    },
    LetterKind.CONTACT_CHANGED: {
        "en": (
            "Your address was changed",
            "Your Carewire account moved away from here. Not you? Undo in 24 h: {token}",
        ),
        "hi": ("आपका पता बदला गया", "आपका Carewire खाता यहाँ से हटाया गया। आपने नहीं किया? 24 घंटे में वापस लें: {token}"),
        "ar": ("تم تغيير عنوانك", "انتقل حسابك في Carewire من هنا. لست أنت؟ تراجع خلال 24 ساعة: {token}"),
    },
    LetterKind.ERASURE_ASKED: {
        "en": (
            "Your account will be erased",
            "In 3 days everything Carewire keeps about you is erased. Not you? Log in and take it back.",
        ),
        "hi": (
            "आपका खाता मिटाया जाएगा",
            "3 दिन में Carewire आपके बारे में रखी सारी जानकारी मिटा देगा। आपने नहीं कहा? लॉग इन करके इसे वापस लें।",
        ),
        "ar": (
            "سيُمحى حسابك",
            "خلال 3 أيام يُمحى كل ما تحتفظ به Carewire عنك. لست أنت من طلب؟ سجّل الدخول وتراجع.",
        ),
    },
    LetterKind.PASSWORD_CHANGED: {
        "en": ("Your password was changed", "Was it not you? Ask for a new password in Carewire at once."),
        "hi": ("आपका पासवर्ड बदला गया", "क्या यह आपने नहीं किया? तुरंत Carewire में नया पासवर्ड माँगें।"),
        "ar": ("تم تغيير كلمة مرورك", "ألم تكن أنت؟ اطلب كلمة مرور جديدة في Carewire فورًا."),
    },
}


def letter(
    channel: Literal["email", "sms"], to: str, kind: LetterKind, locale: str, *, expires_at: datetime, token: str = ""
) -> SendEmailSecret | SendSmsSecret:
    """A letter about one's account, in its language. Treated as a secret, because most carry a token."""
    texts = TEXTS[kind]
    subject, text = texts.get(locale.split("-", 1)[0], texts["en"])
    text = text.format(token=token)
    if channel == "sms":
        return SendSmsSecret(to=to, text=text, expires_at=expires_at)
    return SendEmailSecret(to=to, subject=subject, text=text, expires_at=expires_at)
