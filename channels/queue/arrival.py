"""The code on a place's wall: who can read it is there."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx, command
from carewire.store.db import Tx
from channels.directory import access as directory
from channels.identity import Capacity
from channels.queue.errors import CodeWrong
from channels.session.access import DESK


class ArrivalCode(Struct, frozen=True, kw_only=True):
    """What the QR code on the wall holds."""

    place_id: UUID
    code: str
    since: datetime


@command("queue.arrival_code", allow={Capacity.STAFF}, receipt=False)
async def arrival_code(ctx: Ctx, renew: bool = False, place_id: UUID | None = None) -> ArrivalCode:
    """The code to print and hang up at this place; `renew` makes a new one and the old paper worthless."""
    place = await directory.place(ctx, place_id, duties=DESK)
    row = await ctx.tx.fetchrow(
        """INSERT INTO arrival_code AS a (place_id, code, since) VALUES ($1, $2, $3)
           ON CONFLICT (place_id) DO UPDATE SET code = CASE WHEN $4 THEN EXCLUDED.code ELSE a.code END,
               since = CASE WHEN $4 THEN EXCLUDED.since ELSE a.since END
           RETURNING code, since""",
        place.id,
        secrets.token_urlsafe(18),
        ctx.now,
        renew,
    )
    return ArrivalCode(place_id=place.id, code=row["code"] if row else "", since=row["since"] if row else ctx.now)


async def check(ctx: Ctx, place_id: UUID, code: str) -> None:
    """Raises `CodeWrong` unless this is what hangs on that place's wall."""
    compare(await codes(ctx.tx, [place_id]), place_id, code)


async def codes(tx: Tx, place_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What hangs on these places' walls."""
    if not place_ids:
        return {}
    rows = await tx.fetch("SELECT place_id, code FROM arrival_code WHERE place_id = ANY ($1)", place_ids)
    return {row["place_id"]: row["code"] for row in rows}


def compare(present: Mapping[UUID, str], place_id: UUID, code: str) -> None:
    """Raises `CodeWrong` unless this is the code of that place."""
    if place_id not in present or not hmac.compare_digest(present[place_id].encode(), code.encode()):
        raise CodeWrong()
