"""The embedded default of every outgoing letter: a table that development and tests read. Nothing leaves the house."""

from datetime import datetime

from carewire.store.db import Tx


class Mailbox:
    """Serves as `Sms` and as `Email`. Letters are rows of the consumer's own transaction, so they exist once."""

    async def send_sms(self, tx: Tx, to: str, text: str, at: datetime) -> None:
        await tx.execute("INSERT INTO mailbox (channel, address, body, at) VALUES ('sms', $1, $2, $3)", to, text, at)

    async def send_email(self, tx: Tx, to: str, subject: str, text: str, at: datetime) -> None:
        await tx.execute(
            "INSERT INTO mailbox (channel, address, subject, body, at) VALUES ('email', $1, $2, $3, $4)",
            to.lower(),
            subject,
            text,
            at,
        )
