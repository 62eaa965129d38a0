"""The doors to what is owed and what was paid."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.money import Money
from carewire.paid import Outcome, Owed, Paid
from channels.appointment import access as appointment
from channels.identity import Duty
from channels.identity import access as identity
from channels.order import access as orders
from channels.payment.nouns import AT_COUNTERS, Means, Payable
from channels.request import access as requests

COUNTER: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that take money at their place. Who collects samples or delivers will hand it in at the counter."""


class Kind(NamedTuple):
    """How one kind of payable thing is asked, and told."""

    owed: Callable[..., Awaitable[Owed]]
    mark_paid: Callable[[Ctx, Paid], Awaitable[Outcome]]
    emits: frozenset[type[Event]]


KINDS: Final[dict[Payable, Kind]] = {
    Payable.APPOINTMENT: Kind(appointment.owed, appointment.mark_paid, appointment.PAID_EMITS),
    Payable.ORDER: Kind(orders.owed, orders.mark_paid, orders.PAID_EMITS),
    Payable.REQUEST: Kind(requests.owed, requests.mark_paid, requests.PAID_EMITS),
}
PAID_EMITS: Final[frozenset[type[Event]]] = frozenset(event for kind in KINDS.values() for event in kind.emits)
"""What is emitted by who tells any of them of money."""
TAKEN_EMITS: Final[frozenset[type[Event]]] = frozenset(event for noun in AT_COUNTERS for event in KINDS[noun].emits)
"""What is emitted by who takes it at a counter."""


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that was taken at a counter, and for what."""

    id: UUID
    about: Payable
    about_id: UUID
    place_id: UUID
    money: Money
    means: Means
    taken_at: datetime


COLUMNS: Final = "p.id, p.about_noun AS about, p.about_id, p.place_id, p.amount, p.currency, p.means, p.taken_at"


@door
async def owed_here(ctx: Ctx, about: str, about_id: UUID, *, lock: bool = False) -> Owed:
    """What is owed for a thing that is paid at a counter where the caller takes money. A stranger gets `NotFound`."""
    kind = KINDS[Payable(about)]
    if about not in AT_COUNTERS:
        raise NotFound()
    owed = await kind.owed(ctx, about_id)
    if owed.place_id is None or not COUNTER & await identity.duties(ctx, owed.place_id):
        raise NotFound()
    return await kind.owed(ctx, about_id, lock=True) if lock else owed


@door
async def owed_by_her(ctx: Ctx, about: str, about_id: UUID, *, lock: bool = False) -> tuple[Owed, UUID]:
    """What is owed for a thing of a patient the caller acts for, and her. A stranger gets `NotFound`."""
    kind = KINDS[Payable(about)]
    owed = await kind.owed(ctx, about_id)
    if owed.patient_id is None:
        raise NotFound()
    patient = await identity.patient(ctx, owed.patient_id)
    return await kind.owed(ctx, about_id, lock=True) if lock else owed, patient.id


@door
async def takes_money(ctx: Ctx, place_id: UUID) -> None:
    """The caller takes money at this place."""
    if not COUNTER & await identity.duties(ctx, place_id):
        raise NotFound()


def view(row: Any) -> PaymentView:
    """A row that selected `COLUMNS`."""
    values = dict(row)
    amount, currency = values.pop("amount"), values.pop("currency")
    return msgspec.convert(values | {"money": Money.of(amount, currency)}, PaymentView)
