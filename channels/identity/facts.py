"""One known fact: a code proves a number, and numbers are recycled.

An OTP login after 90 idle days, or on a device that never was here, may do everything but read clinical data until its
holder told something that the number's next owner does not know. `access.require_fact` asks for it.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import KNOWN
from carewire.command import Ctx, Rate, command
from carewire.errors import InvalidParams, RateLimited
from channels.identity import caps, devices
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import WrongFact
from channels.identity.nouns import Fact

IDLE: Final = timedelta(days=90)
GUESSING: Final = Rate(burst=10, per_minute=10, shared=True)


class FactTold(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this login still owes a fact; null when it owes none."""

    fact_due: Fact | None


async def is_due(ctx: Ctx, account_id: UUID, device: str | None) -> bool:
    """Whether an OTP login that opens now has to tell a fact. Asked before the login's row is written."""
    row = await ctx.tx.fetchrow(
        "SELECT max(coalesce(t.issued_at, l.created_at)) AS seen, bool_or(l.device = $2) AS known"
        " FROM login l LEFT JOIN refresh_token t ON t.login_id = l.id AND t.used_at IS NULL WHERE l.account_id = $1",
        account_id,
        devices.identifying(device),
    )
    seen: datetime | None = row["seen"] if row else None
    if row is None or seen is None or await question(ctx, account_id) is None:
        return False
    return not row["known"] or ctx.real_now - seen > IDLE


async def question(ctx: Ctx, account_id: UUID) -> Fact | None:
    """What can be asked of this account: the own year of birth; None when it was never told.

    Not the name: that stands in every reply. The year is shown to no login that owes it.
    """
    return None if await _birth_year(ctx, account_id) is None else Fact.BIRTH_YEAR


async def due(ctx: Ctx, login_id: UUID, account_id: UUID) -> Fact | None:
    """The fact this login owes."""
    owes = await ctx.tx.fetchval("SELECT fact_due FROM login WHERE id = $1", login_id)
    return await question(ctx, account_id) if owes else None


@command(
    "auth.tell_fact",
    allow={KNOWN},
    owing=True,
    receipt=False,
    rate=GUESSING,
    errors={WrongFact, RateLimited, InvalidParams},
)
async def tell_fact(
    ctx: Ctx, answer: Annotated[str, Meta(min_length=1, max_length=120, description="The holder's year of birth")]
) -> FactTold:
    """Tell the known fact that this login owes (`fact_due` of the login). Five wrong answers a day."""
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    asked = await due(ctx, ctx.actor.login_id, ctx.actor.id)
    if asked is None:
        return FactTold(fact_due=None)
    charge = charge_of(ctx, Cap.FACT_ACCOUNT, str(ctx.actor.id))
    await caps.spend(ctx, charge)
    if not is_fact(answer, await _birth_year(ctx, ctx.actor.id) or ""):
        refusal = WrongFact()
        refusal.keep = True  # an answer that is rolled back is an answer for free
        raise refusal
    await caps.give_back(ctx, [charge.subject])
    await ctx.tx.execute("UPDATE login SET fact_due = false WHERE id = $1", ctx.actor.login_id)
    return FactTold(fact_due=None)


async def _birth_year(ctx: Ctx, account_id: UUID) -> str | None:
    year: str | None = await ctx.tx.fetchval(
        "SELECT p.birth_year::text FROM guardianship g JOIN patient p ON p.id = g.patient_id"
        " WHERE g.account_id = $1 AND g.kind = 'self' AND NOT g.merged AND g.until IS NULL",
        account_id,
    )
    return year


def is_fact(answer: str, known: str) -> bool:
    """Whether this is what we know."""
    return _plain(answer) == _plain(known)


def _plain(text: str) -> str:
    """Without what people write now so and now so: capitals, double blanks, dots."""
    return " ".join(text.replace(".", " ").casefold().split())
