"""Reading the letters that development would have sent."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command
from carewire.errors import InvalidParams
from carewire.forms import Limit
from carewire.providers.letters import SendEmail, SendEmailSecret, SendSms, SendSmsSecret
from channels.identity import phones
from channels.identity.letters import SendOtp

POLLING = Rate(burst=5000, per_minute=60_000)
"""A load test reads hundreds of codes at once from one address, asking until they come."""

LETTERS = [job.spec.name for job in (SendOtp, SendSms, SendSmsSecret, SendEmail, SendEmailSecret)]
_ON_THEIR_WAY = "SELECT pg_sleep(0.02) FROM job WHERE state = 'open' AND name = ANY($1) AND due_at <= $2 LIMIT 1"
_LOOKS_MAX = 100


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What the product sent to an address, as it would have left the building."""

    id: UUID | None
    """Of the letter, for who plays the gateway and reports how far it came."""
    channel: Literal["sms", "email"]
    """The way it would have gone."""
    address: str
    subject: str | None
    body: str
    at: datetime


# A command, though it changes nothing: a query is of one moment and would not see a letter arrive.
@command("dev.mailbox", allow={ANYONE}, receipt=False, development=True, rate=POLLING, errors={InvalidParams})
async def mailbox(ctx: Ctx, to: Annotated[str, Meta(min_length=3, max_length=254)], limit: Limit = 10) -> list[Letter]:
    """The latest letters to a phone number or e-mail address, newest first, after those now on their way have arrived.

    Exists in development only.
    """
    for _ in range(_LOOKS_MAX):
        if await ctx.tx.fetchrow(_ON_THEIR_WAY, LETTERS, ctx.now) is None:
            break
    address = to.lower() if "@" in to else phones.normalise(ctx.settings, to)
    rows = await ctx.tx.fetch(
        "SELECT job AS id, channel, address, subject, body, at FROM mailbox"
        " WHERE address = $1 ORDER BY mailbox.id DESC LIMIT $2",
        address,
        limit,
    )
    return [msgspec.convert(dict(row), Letter) for row in rows]
