"""Taking money at a counter, and what was taken."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.ids import uuid7
from carewire.money import Money
from carewire.paid import Outcome, Owed, Paid, RefundDue
from carewire.store import paging
from carewire.store.paging import Page
from channels.identity import Capacity
from channels.identity import access as identity
from channels.payment import access
from channels.payment.access import COLUMNS, KINDS, TAKEN_EMITS, PaymentView, view
from channels.payment.errors import NothingOwed, OtherAmount
from channels.payment.nouns import Means, Payable

AboutId = Annotated[UUID, Meta(description="The appointment, order or request")]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The payment, and what its thing says to it."""

    payment: PaymentView
    answer: Outcome


@query("payment.owed", allow={Capacity.STAFF}, errors={NotFound})
async def owed(ctx: Ctx, about: Payable, about_id: AboutId) -> Owed:
    """What is to be paid for a thing at one's counter; `money` null: nothing."""
    return await access.owed_here(ctx, about, about_id)


@command(
    "payment.take",
    allow={Capacity.STAFF},
    emits=TAKEN_EMITS,
    errors={NotFound, InvalidParams, NothingOwed, OtherAmount},
)
async def take(ctx: Ctx, about: Payable, about_id: AboutId, money: Money, means: Means) -> Taken:
    """Money was taken at the counter: the whole of what is owed. For those who take money there.

    Nothing is written when it is not the amount that is owed: the desk has the money in its hand and gives it back.
    """
    due = await access.owed_here(ctx, about, about_id, lock=True)
    if due.money is None or due.place_id is None:
        raise NothingOwed()
    if (money.amount, money.currency) != (due.money.amount, due.money.currency):
        raise OtherAmount(owed=msgspec.to_builtins(due.money))
    payment_id = uuid7(ctx.real_now.timestamp())
    row = await ctx.tx.fetchrow(
        "INSERT INTO payment AS p (id, about_noun, about_id, patient_id, place_id, amount, currency, means, taken_by,"
        f" taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {COLUMNS}",
        payment_id,
        about,
        about_id,
        due.patient_id,
        due.place_id,
        money.amount,
        money.currency,
        means,
        ctx.actor.id,
        ctx.now,
    )
    ctx.about("payment", payment_id, patient=due.patient_id)
    answer = await KINDS[about].mark_paid(
        ctx,
        Paid(payment_id=payment_id, about_id=about_id, money=due.money, at=ctx.now, place_id=due.place_id),
    )
    if isinstance(answer, RefundDue):  # it was owed a moment ago and is locked since: the thing contradicts itself
        raise NothingOwed()
    return Taken(payment=view(row), answer=answer)


@query("payment.list", allow={Capacity.STAFF, Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def list_(
    ctx: Ctx,
    place_id: UUID | None = None,
    patient_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[PaymentView]:
    """What was taken at a place where one takes money, or from a patient one acts for; the latest first."""
    if (place_id is None) == (patient_id is None):
        raise InvalidParams(fields=(Field("$.place_id", "give either place_id or patient_id"),))
    if place_id is not None:
        await access.takes_money(ctx, place_id)
    elif patient_id is not None:
        await identity.patient(ctx, patient_id)
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"""SELECT {COLUMNS} FROM payment p
             WHERE ($1::uuid IS NULL OR p.place_id = $1) AND ($2::uuid IS NULL OR p.patient_id = $2)
               AND ($3::uuid IS NULL OR p.id < $3) ORDER BY p.id DESC LIMIT $4""",
        place_id,
        patient_id,
        before,
        limit + 1,
    )
    more = paging.encode(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[view(row) for row in rows[:limit]], cursor=more)
