"""What identity sends out: one-time codes, in the reader's language, English where a language has no text."""

from datetime import datetime
from typing import Final

from carewire.jobs.job import Job, Trip, errand
from carewire.providers import sms

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
