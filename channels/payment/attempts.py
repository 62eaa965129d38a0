"""The rows of payments through a gateway: each attempt one, and what is told of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire import window
from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.jobs.vault import Vault
from carewire.money import Money
from carewire.paid import Due
from carewire.providers.payments import GatewayName, PaymentGateway
from carewire.store.db import Tx
from carewire.topic import topic
from channels.identity.access import may_hear_oneself
from channels.payment.lifecycle import PAYMENT, PaymentState
from channels.payment.nouns import Payable

SHOWN: Final = 50
"""Payments that the topic of who pays shows, the latest first."""
SEALED_AS: Final = "payment.checkout"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `online_payment`."""

    id: UUID
    about_noun: Payable
    about_id: UUID
    patient_id: UUID
    payer_id: UUID
    amount: int
    currency: str
    gateway: GatewayName
    state: PaymentState
    created_at: datetime
    expires_at: datetime
    intent: str | None
    checkout: bytes | None
    heard_at: datetime | None
    problem: str | None
    received: int | None
    received_currency: str | None
    completed_at: datetime | None
    refund_reason: Due | None
    refunded: int

    @property
    def money(self) -> Money:
        """What is to be paid."""
        return Money.of(self.amount, self.currency)

    @property
    def came(self) -> Money | None:
        """What came."""
        if self.received is None or self.received_currency is None:
            return None
        return Money.of(self.received, self.received_currency)


class OnlinePayment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay online. `ready`: `payment.status` has what the app pays with.

    `problem` is the gateway's word for why it failed or ended. `refund_reason`: why the money came and does not count;
    all of it goes back. `refunded` is what the gateway has sent back so far.
    """

    id: UUID
    about: Payable
    about_id: UUID
    patient_id: UUID
    money: Money
    gateway: GatewayName
    state: PaymentState
    ready: bool
    created_at: datetime
    expires_at: datetime
    problem: str | None
    received: Money | None
    completed_at: datetime | None
    refund_reason: Due | None
    refunded: Money | None


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """What the app pays with, in the gateway's own form: for who pays alone, and never in an address or a log."""

    gateway: GatewayName
    public_key: str
    secret: str


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """What an account pays online, the latest `most` of it first."""

    account_id: UUID
    most: int
    payments: list[OnlinePayment]


class PaymentUpdated(Event, name="payment:updated", topic="payments:{account_id}"):
    """A payment was begun, or has come further."""

    account_id: UUID
    payment: OnlinePayment

    @staticmethod
    def apply(snapshot: Payments, event: "PaymentUpdated") -> Payments:
        """The snapshot after this event."""
        payments = window.put(snapshot.payments, event.payment, most=snapshot.most, key=_latest)
        return msgspec.structs.replace(snapshot, payments=payments)


@topic("payments:{account_id}", may=may_hear_oneself)
async def payments_topic(ctx: Ctx, account_id: UUID) -> Payments:
    """What this account has paid online, or is about to."""
    found = await of_payer(ctx.tx, account_id, SHOWN)
    return Payments(account_id=account_id, most=SHOWN, payments=[view(attempt) for attempt in found])


COLUMNS: Final = ", ".join(f"p.{name}" for name in Attempt.__struct_fields__)


def view(attempt: Attempt) -> OnlinePayment:
    """As its payer sees it."""
    came = attempt.came
    return OnlinePayment(
        id=attempt.id,
        about=attempt.about_noun,
        about_id=attempt.about_id,
        patient_id=attempt.patient_id,
        money=attempt.money,
        gateway=attempt.gateway,
        state=attempt.state,
        ready=attempt.checkout is not None,
        created_at=attempt.created_at,
        expires_at=attempt.expires_at,
        problem=attempt.problem,
        received=came,
        completed_at=attempt.completed_at,
        refund_reason=attempt.refund_reason,
        refunded=came and Money.of(attempt.refunded, came.currency),
    )


@door
async def own(ctx: Ctx, payment_id: UUID, *, lock: bool = False) -> Attempt:
    """A payment of the caller's own."""
    found = await find(ctx.tx, payment_id, lock=lock)
    if found is None or found.payer_id != ctx.actor.id:
        raise NotFound()
    return found


async def find(tx: Tx, payment_id: UUID, *, lock: bool = False) -> Attempt | None:
    """The row, for jobs and webhooks. Lock what it is for first."""
    lock_ = " FOR UPDATE" if lock else ""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM online_payment p WHERE p.id = $1{lock_}", payment_id)
    return None if row is None else _attempt(row)


async def of_payer(
    tx: Tx, account_id: UUID, limit: int, *, before: UUID | None = None, state: PaymentState | None = None
) -> list[Attempt]:
    """What this account has paid or tried to, the latest first; `before` this one."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM online_payment p WHERE p.payer_id = $1 AND ($2::uuid IS NULL OR p.id < $2)"
        " AND ($3::text IS NULL OR p.state = $3) ORDER BY p.id DESC LIMIT $4",
        account_id,
        before,
        state,
        limit,
    )
    return [_attempt(row) for row in rows]


async def unfinished(tx: Tx, about: Payable, about_id: UUID) -> Sequence[Attempt]:
    """The attempts for this (locked) thing that may still be paid, locked."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM online_payment p WHERE p.about_noun = $1 AND p.about_id = $2"
        " AND p.state IN ('pending', 'processing', 'failed') ORDER BY p.id FOR UPDATE",
        about,
        about_id,
    )
    return [_attempt(row) for row in rows]


async def begin(ctx: Ctx, attempt: Attempt) -> None:
    """Write down a new attempt, and tell it."""
    names = Attempt.__struct_fields__
    await ctx.tx.execute(
        f"INSERT INTO online_payment ({', '.join(names)}) VALUES ({', '.join(f'${n + 1}' for n in range(len(names)))})",
        *(getattr(attempt, name) for name in names),
    )
    tell(ctx, attempt)


async def change(ctx: Ctx, attempt: Attempt, move: str | None = None, **columns: Any) -> Attempt:
    """A locked attempt after this move, with these columns; its payer is told."""
    if move is not None:
        columns["state"] = PAYMENT.move(attempt.state, move)
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
    await ctx.tx.execute(f"UPDATE online_payment SET {sets} WHERE id = $1", attempt.id, *columns.values())
    after = msgspec.structs.replace(attempt, **columns)
    tell(ctx, after)
    return after


def tell(ctx: Ctx, attempt: Attempt) -> None:
    """Its payer hears where it stands."""
    ctx.emit(PaymentUpdated(account_id=attempt.payer_id, payment=view(attempt)))


def sealed(ctx: Ctx, secret: str) -> bytes:
    """A checkout secret, as it may stand in a row."""
    return Vault(ctx.settings.secret).seal(SEALED_AS, secret.encode())


def checkout(ctx: Ctx, attempt: Attempt, gateway: PaymentGateway | None) -> Checkout | None:
    """What the app pays this with, as long as it can be paid."""
    if attempt.checkout is None or gateway is None:
        return None
    secret = Vault(ctx.settings.secret).open(SEALED_AS, attempt.checkout).decode()
    return Checkout(gateway=attempt.gateway, public_key=gateway.public_key, secret=secret)


def _attempt(row: Any) -> Attempt:
    return msgspec.convert(dict(row), Attempt)


def _latest(payment: OnlinePayment) -> int:
    return -payment.id.int
