"""What goes back of money that was taken at a counter: due at that counter, until somebody there has handed it back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import msgspec

from carewire import window
from carewire.access import door
from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.event import Event, tells_too
from carewire.forms import Cursor, Limit
from carewire.money import Money
from carewire.notice import Fact
from carewire.paid import Refund, on_refund
from carewire.store import paging
from carewire.store.db import Tx
from carewire.store.paging import Page
from carewire.topic import Ask, topic
from channels.appointment import access as appointment
from channels.identity import Capacity
from channels.identity import access as identity
from channels.order import access as orders
from channels.payment import access, facts
from channels.payment.access import COUNTER
from channels.payment.errors import HandedBack
from channels.payment.nouns import Means, Payable

SHOWN: Final = 500
"""Open refunds of a counter that its topic shows, the oldest first."""


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a counter payment that goes back. `means`: how it was taken; `handed_at`: null as long as it is due."""

    id: UUID
    payment_id: UUID
    about: Payable
    about_id: UUID
    number: str
    place_id: UUID
    money: Money
    means: Means
    reason: str
    due_at: datetime
    handed_at: datetime | None
    handed_means: Means | None


class Refunds(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be handed back at a counter, the oldest first, the first `most` of it."""

    place_id: UUID
    most: int
    refunds: list[RefundView]


class RefundDue(Event, name="refund:due", topic="refunds:{place_id}"):
    """Something that was paid at this counter goes back."""

    place_id: UUID
    refund: RefundView

    @staticmethod
    def apply(snapshot: Refunds, event: "RefundDue") -> Refunds:
        """The snapshot after this event."""
        refunds = window.put(snapshot.refunds, event.refund, most=snapshot.most, key=_place)
        return msgspec.structs.replace(snapshot, refunds=refunds)


class RefundHanded(Event, name="refund:handed", topic="refunds:{place_id}"):
    """It was handed back, and leaves the list."""

    place_id: UUID
    refund: RefundView
    moved_up: list[RefundView] = []
    """What is shown last now, where a longer list than the topic shows lost one."""

    @staticmethod
    def apply(snapshot: Refunds, event: "RefundHanded") -> Refunds:
        """The snapshot after this event."""
        refunds = window.leave(snapshot.refunds, event.refund, event.moved_up, most=snapshot.most, key=_place)
        return msgspec.structs.replace(snapshot, refunds=refunds)

    def is_late(self) -> bool:
        """What moves up is known last."""
        return True

    async def completed(self, tx: Tx, times: int) -> Self:
        """With what moved up."""
        moved_up = await _open(tx, self.place_id, *window.moved_up(times, SHOWN))
        return msgspec.structs.replace(self, moved_up=moved_up)


DUE_EMITS: Final[frozenset[type[Event]]] = frozenset({RefundDue})
for _told in (appointment.PAID_EMITS, orders.TELLS):
    tells_too(_told, DUE_EMITS)

_COLUMNS: Final = """SELECT r.id, r.payment_id, p.about_noun AS about, p.about_id, r.number, r.place_id, r.amount,
       p.currency, p.means, r.reason, r.due_at, r.handed_at, r.handed_means, r.patient_id
  FROM counter_refund r JOIN payment p ON p.id = r.payment_id"""


def _place(refund: RefundView) -> tuple[datetime, UUID]:
    return refund.due_at, refund.id


def _view(row: Any) -> RefundView:
    return msgspec.convert({**dict(row), "money": Money.of(row["amount"], row["currency"])}, RefundView)


async def _open(tx: Tx, place_id: UUID, limit: int, skip: int = 0) -> list[RefundView]:
    rows = await tx.fetch(
        f"{_COLUMNS} WHERE r.place_id = $1 AND r.handed_at IS NULL ORDER BY r.due_at, r.id LIMIT $2 OFFSET $3",
        place_id,
        limit,
        skip,
    )
    return [_view(row) for row in rows]


async def may_hear_refunds(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who takes money at the place."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks], COUNTER)


@topic("refunds:{place_id}", may=may_hear_refunds)
async def refunds_topic(ctx: Ctx, place_id: UUID) -> Refunds:
    """What is to be handed back at this counter."""
    return Refunds(place_id=place_id, most=SHOWN, refunds=await _open(ctx.tx, place_id, SHOWN))


@door
async def refund_here(ctx: Ctx, refund_id: UUID, *, lock: bool = False) -> Any:
    """The row of a refund at a counter where the caller takes money."""
    row = await ctx.tx.fetchrow(f"{_COLUMNS} WHERE r.id = $1{' FOR UPDATE OF r' if lock else ''}", refund_id)
    if row is None:
        raise NotFound()
    await access.takes_money(ctx, row["place_id"])
    return row


@on_refund
async def due(ctx: Ctx, refund: Refund) -> None:
    """A thing gives back of what was paid for it: if that was at a counter, it is handed back there."""
    tag = await ctx.tx.execute(
        "INSERT INTO counter_refund (id, payment_id, place_id, patient_id, number, amount, reason, due_at)"
        " SELECT $2, id, place_id, patient_id, $3, $4, $5, $6 FROM payment WHERE id = $1",
        refund.payment_id,
        refund.refund_id,
        refund.number,
        refund.money.amount,
        refund.reason,
        ctx.now,
    )
    if tag.endswith(" 0"):
        return  # it was not taken at a counter
    row = await ctx.tx.fetchrow(f"{_COLUMNS} WHERE r.id = $1", refund.refund_id)
    assert row is not None
    ctx.emit(RefundDue(place_id=row["place_id"], refund=_view(row)))
    await _tell_family(ctx, row, facts.DUE)
    for account_id in await identity.people_at(ctx.tx, [row["place_id"]], COUNTER):
        ctx.notify(account_id, facts.TO_HAND_BACK, row["id"], number=row["number"], money=_said(row))


@command("payment.hand_back", allow={Capacity.STAFF}, emits={RefundHanded}, errors={NotFound, HandedBack})
async def hand_back(ctx: Ctx, refund_id: UUID, means: Means) -> RefundView:
    """The money was given back at the counter that took it, the whole of it. Once; her side is told. For those who take
    money there: hand it over when this has answered.
    """
    row = await refund_here(ctx, refund_id, lock=True)
    ctx.about("refund", refund_id, patient=row["patient_id"])
    if row["handed_at"] is not None:
        raise HandedBack(handed_at=row["handed_at"].isoformat())
    await ctx.tx.execute(
        "UPDATE counter_refund SET handed_by = $2, handed_at = $3, handed_means = $4 WHERE id = $1",
        refund_id,
        ctx.actor.id,
        ctx.now,
        means,
    )
    handed = msgspec.structs.replace(_view(row), handed_at=ctx.now, handed_means=means)
    ctx.emit(RefundHanded(place_id=handed.place_id, refund=handed))
    await _tell_family(ctx, row, facts.HANDED)
    return handed


@query("payment.refunds", allow={Capacity.STAFF, Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def refunds(
    ctx: Ctx,
    place_id: UUID | None = None,
    patient_id: UUID | None = None,
    handed: bool | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[RefundView]:
    """What goes back of counter payments, `handed` back or not yet: at a place where one takes money, or to a patient
    one acts for; the latest first."""
    if (place_id is None) == (patient_id is None):
        raise InvalidParams(fields=(Field("$.place_id", "give either place_id or patient_id"),))
    if place_id is not None:
        await access.takes_money(ctx, place_id)
    elif patient_id is not None:
        await identity.patient(ctx, patient_id)
    before = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    rows = await ctx.tx.fetch(
        f"""{_COLUMNS} WHERE ($1::uuid IS NULL OR r.place_id = $1) AND ($2::uuid IS NULL OR r.patient_id = $2)
               AND ($3::bool IS NULL OR (r.handed_at IS NOT NULL) = $3)
               AND ($4::timestamptz IS NULL OR (r.due_at, r.id) < ($4, $5::uuid))
             ORDER BY r.due_at DESC, r.id DESC LIMIT $6""",
        place_id,
        patient_id,
        handed,
        *before,
        limit + 1,
    )
    page = [_view(row) for row in rows[:limit]]
    more = paging.encode(page[-1].due_at, page[-1].id) if len(rows) > limit else None
    return Page(rows=page, cursor=more)


async def _tell_family(ctx: Ctx, row: Any, told: Fact) -> None:
    if row["patient_id"] is None:
        return
    place: str = await ctx.tx.fetchval("SELECT name FROM place WHERE id = $1", row["place_id"])
    for _, account_id in await identity.acting_for(ctx.tx, [row["patient_id"]]):
        ctx.notify(account_id, told, row["id"], number=row["number"], money=_said(row), place=place)


def _said(row: Any) -> str:
    return Money.of(row["amount"], row["currency"]).said()
