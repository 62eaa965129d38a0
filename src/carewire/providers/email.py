"""E-mail behind one small protocol. Called by job consumers only, never by a command."""

from datetime import datetime
from typing import Protocol

from carewire.errors import Unavailable
from carewire.providers.mailbox import Mailbox
from carewire.settings import Settings
from carewire.store.db import Tx


class Email(Protocol):
    """Sends one mail at least once. A gateway ignores `tx`; the mailbox writes into it."""

    async def send_email(self, tx: Tx, to: str, subject: str, text: str, at: datetime) -> None:
        """Hand the mail over; raises when it was not accepted, and the job is tried again."""


def provider(settings: Settings) -> Email:
    """The provider of this deployment. Production never falls back to the mailbox."""
    if settings.mode == "production":
        raise Unavailable("No mail gateway is configured")
    return Mailbox()
