"""What identity sends out: one-time codes, in the reader's language, English where a language has no text."""

from datetime import datetime
from typing import Final

from carewire.command import Ctx
from carewire.jobs.job import Job, consumer
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


@consumer(SendOtp)
async def send_otp(ctx: Ctx, job: SendOtp) -> None:
    """Hand the message to the provider, unless the code has died meanwhile."""
    if ctx.real_now >= job.expires_at:
        return
    text = OTP_TEXT.get(job.locale.split("-", 1)[0], OTP_TEXT["en"])
    await sms.provider(ctx.settings).send_sms(ctx.tx, job.to, text.format(code=job.code), ctx.real_now)
