"""Letters any domain may leave behind: `ctx.enqueue(SendSms(to=…, text=…))`.

Texts are personal: sealed in their rows. One that holds a secret (a code, a link) is a `…Secret`, wiped however its row
closes. `expires_at` (real time) is when nobody has any use for it any more.
"""

from datetime import datetime

from carewire.jobs.job import Job, Trip, errand
from carewire.providers import email, sms


class SendSms(Job, name="sms.send", personal=True):
    """A text message. `to` is an E.164 number."""

    to: str
    text: str
    expires_at: datetime | None = None


class SendSmsSecret(Job, name="sms.secret", secret=True):
    """A text message that holds a secret."""

    to: str
    text: str
    expires_at: datetime


class SendEmail(Job, name="email.send", personal=True):
    """A mail in plain text."""

    to: str
    subject: str
    text: str
    expires_at: datetime | None = None


class SendEmailSecret(Job, name="email.secret", secret=True):
    """A mail that holds a secret."""

    to: str
    subject: str
    text: str
    expires_at: datetime


async def _sms(trip: Trip, job: SendSms | SendSmsSecret) -> str | None:
    return await sms.provider(trip.settings).send_sms(trip, job.to, job.text)


async def _email(trip: Trip, job: SendEmail | SendEmailSecret) -> str | None:
    return await email.provider(trip.settings).send_email(trip, job.to, job.subject, job.text)


errand(SendSms)(_sms)
errand(SendSmsSecret)(_sms)
errand(SendEmail)(_email)
errand(SendEmailSecret)(_email)
