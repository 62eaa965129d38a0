"""Whether an article is what a prescription says, for an order and for a till."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from carewire.command import Ctx


class Prescribed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a prescription as a pharmacy has to read it. `left`: units nobody has dispensed."""

    id: UUID
    prescription_id: UUID
    medicine: str
    generic: str | None
    strength: str | None
    substitution: bool
    schedule: str
    left: int


class Named(Protocol):
    """What is known of an article by its words."""

    @property
    def name(self) -> str: ...
    @property
    def generic(self) -> str | None: ...
    @property
    def strength(self) -> str | None: ...


async def prescribed(ctx: Ctx, line_ids: Sequence[UUID]) -> dict[UUID, Prescribed]:
    """These lines, for who has passed the prescription's door or was given them with a request."""
    rows = await ctx.tx.fetch(
        "SELECT id, prescription_id, medicine, generic, strength, substitution, schedule, quantity - spent AS left"
        " FROM prescription_line WHERE id = ANY($1)",
        list(line_ids),
    )
    return {row["id"]: msgspec.convert(dict(row), Prescribed) for row in rows}


def answers(item: Named, line: Prescribed) -> bool:
    """Is this article what the line prescribes: its brand, or its substance where the doctor lets it be another's?"""
    if item.strength and line.strength and _plain(item.strength) != _plain(line.strength):
        return False
    names = {_plain(line.medicine)} | ({_plain(line.generic)} if line.generic and line.substitution else set())
    return bool(names & {_plain(name) for name in (item.name, item.generic) if name})


def _plain(text: str) -> str:
    return "".join(text.lower().split())
