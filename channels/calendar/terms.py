"""On what terms a visit is booked: what it costs, what goes back, when coming back is free.

Each is the place's for all its doctors, or the doctor's own for what she does by video without a place; what nobody
said is as the platform says.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.errors import NotFound
from carewire.money import Money
from carewire.refund import RefundStep, percent, share
from carewire.store.db import Tx
from channels.calendar.nouns import HORIZON_MAX, Mode, PaymentMode
from channels.identity import settings_now

LEAD_MINUTES: Final = 0
HORIZON_DAYS: Final = 90
REQUEST_BEFORE: Final = timedelta(hours=1)
"""A request is answered by then before its visit at the latest (PRODUCT 22)."""

HoldMinutes = Annotated[int, Meta(ge=1, le=60, description="How long a slot is held for who is about to pay")]
RequestMinutes = Annotated[int, Meta(ge=10, le=10_080, description="How long a request waits for an answer")]
LeadMinutes = Annotated[int, Meta(ge=0, le=10_080, description="How long before it begins a visit can be booked")]
HorizonDays = Annotated[int, Meta(ge=1, le=HORIZON_MAX, description="How far ahead a visit can be booked")]
RevisitDays = Annotated[int, Meta(ge=0, le=365, description="How long after a paid visit coming back is free")]
RevisitVisits = Annotated[int, Meta(ge=0, le=20, description="How often coming back is free")]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a visit to this doctor, here, in this mode; a booking keeps a copy of them.

    `fee` null: nobody said what it costs. A visit that costs nothing is `free` whatever `payment_modes` says.
    """

    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    fee: Money | None
    payment_modes: list[PaymentMode]
    refund: list[RefundStep]
    needs_confirmation: bool
    """True: a booking is a request until the doctor's side has confirmed it."""
    hold_minutes: HoldMinutes
    request_minutes: RequestMinutes
    lead_minutes: LeadMinutes
    horizon_days: HorizonDays
    revisit_days: RevisitDays
    revisit_visits: RevisitVisits

    def refund_of(self, paid: Money, *, starts_at: datetime, at: datetime) -> Money:
        """What goes back of what was paid when the patient's side calls the visit off at this moment."""
        return share(paid, percent(self.refund, starts_at - at))

    def held_until(self, now: datetime) -> datetime:
        """Until when a slot taken now is held."""
        return now + timedelta(minutes=self.hold_minutes)

    def answered_by(self, now: datetime, starts_at: datetime) -> datetime:
        """When a request made now expires, unless it was answered; never before it was made."""
        return max(now, min(now + timedelta(minutes=self.request_minutes), starts_at - REQUEST_BEFORE))


_READ: Final = """
SELECT d.fee AS own_fee, d.fee_currency AS own_currency, f.fee, f.fee_currency, t.*
  FROM doctor d
  LEFT JOIN consultation_fee f ON f.doctor_id = d.id AND f.place_id IS NOT DISTINCT FROM $2 AND f.mode = $3
  LEFT JOIN appointment_terms t ON CASE WHEN $2::uuid IS NULL THEN t.doctor_id = d.id ELSE t.place_id = $2 END
 WHERE d.id = $1"""


async def read(tx: Tx, doctor_id: UUID, place_id: UUID | None, mode: Mode) -> Terms:
    """The terms as they are now. Raises `NotFound` where there is no such doctor."""
    row = await tx.fetchrow(_READ, doctor_id, place_id, mode)
    if row is None:
        raise NotFound()
    platform = await settings_now(tx)
    said = row["id"] is not None

    def own(name: str, default: Any) -> Any:
        return row[name] if said and row[name] is not None else default

    by_default = [PaymentMode.ONLINE] if place_id is None else [PaymentMode.ONLINE, PaymentMode.COUNTER]
    return Terms(
        doctor_id=doctor_id,
        place_id=place_id,
        mode=mode,
        fee=_money(row["fee"], row["fee_currency"]) or _money(row["own_fee"], row["own_currency"]),
        payment_modes=[PaymentMode(word) for word in own("payment_modes", by_default)],
        refund=msgspec.json.decode(row["refund"], type=list[RefundStep])
        if own("refund", None)
        else platform.refund_steps,
        needs_confirmation=own("needs_confirmation", False),
        hold_minutes=own("hold_minutes", platform.hold_minutes),
        request_minutes=own("request_minutes", platform.request_minutes),
        lead_minutes=own("lead_minutes", LEAD_MINUTES),
        horizon_days=own("horizon_days", HORIZON_DAYS),
        revisit_days=own("revisit_days", 0),
        revisit_visits=own("revisit_visits", 0),
    )


def _money(amount: int | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money.of(amount, currency)
