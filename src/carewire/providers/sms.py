"""Text messages behind one small protocol. Called by errands only, never by a command.

CAREWIRE_SMS_URL=twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com/?from=%2B15005550006
"""

from typing import Protocol
from urllib.parse import urlsplit

from carewire.jobs.job import Trip
from carewire.jobs.problems import Temporary
from carewire.providers.mailbox import Mailbox
from carewire.providers.spending import Counted
from carewire.providers.twilio import Twilio
from carewire.settings import Settings


class Sms(Protocol):
    """Sends one message at least once; a gateway tries to find out before it sends a second time."""

    async def send_sms(self, trip: Trip, to: str, text: str) -> str | None:
        """Hand the message over; answers the gateway's name for it. Raises `Temporary` or `Permanent`."""


def provider(settings: Settings) -> Sms:
    """The provider of this deployment. Production never falls back to the mailbox: a code must reach its phone."""
    if settings.sms_url:
        return Counted(Twilio(urlsplit(settings.sms_url)))
    if settings.mode == "production":
        raise Temporary("no_gateway")  # the row waits until somebody sets CAREWIRE_SMS_URL, or expires
    return Counted(Mailbox())
