"""E-mail behind one small protocol. Called by errands only, never by a command.

    CAREWIRE_EMAIL_URL=smtps://USER:PASSWORD@mail.example.com/?from=clinic%40example.com

Any mail service speaks SMTP, SendGrid too (`smtps://apikey:KEY@smtp.sendgrid.net/`).
"""

from typing import Protocol
from urllib.parse import urlsplit

from carewire.jobs.job import Trip
from carewire.jobs.problems import Temporary
from carewire.providers.mailbox import Mailbox
from carewire.providers.smtp import Smtp
from carewire.providers.spending import Counted
from carewire.settings import Settings


class Email(Protocol):
    """Sends one mail at least once; of the same job always the same mail, with the same Message-ID."""

    async def send_email(self, trip: Trip, to: str, subject: str, text: str) -> str | None:
        """Hand the mail over; answers the gateway's name for it. Raises `Temporary` or `Permanent`."""


def provider(settings: Settings) -> Email:
    """The provider of this deployment. Production never falls back to the mailbox."""
    if settings.email_url:
        return Counted(Smtp(urlsplit(settings.email_url)))
    if settings.mode == "production":
        raise Temporary("no_gateway")
    return Counted(Mailbox())
