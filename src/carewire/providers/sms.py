"""Text messages behind one small protocol. Called by job consumers only, never by a command."""

from datetime import datetime
from typing import Protocol

from carewire.errors import Unavailable
from carewire.providers.mailbox import Mailbox
from carewire.settings import Settings
from carewire.store.db import Tx


class Sms(Protocol):
    """Sends one message at least once. A gateway ignores `tx`; the mailbox writes into it."""

    async def send_sms(self, tx: Tx, to: str, text: str, at: datetime) -> None:
        """Hand the message over; raises when it was not accepted, and the job is tried again."""


def provider(settings: Settings) -> Sms:
    """The provider of this deployment. Production never falls back to the mailbox: a code must reach its phone."""
    if settings.mode == "production":
        raise Unavailable("No SMS gateway is configured")
    return Mailbox()
