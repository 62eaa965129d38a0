"""What a visit costs, what goes back of it, and when coming back is free: reckoned once, from what was shown."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.money import Money
from carewire.refund import percent, share
from carewire.store.db import Tx
from channels.appointment.errors import PaymentModeRefused, SlotUnavailable
from channels.appointment.nouns import EndReason, Side
from channels.appointment.rows import Appointment, Policy
from channels.calendar import PaymentMode
from channels.calendar.access import IN_LEAVE, ON_HOLIDAY, Terms

WHOLE: Final = 100


class Price(Struct, frozen=True, kw_only=True):
    """What a booking costs and how it is paid; `revisit_of` is the paid visit that makes it free."""

    money: Money
    payment: PaymentMode
    revisit_of: UUID | None = None
    revisit_number: int | None = None


def policy_of(terms: Terms) -> Policy:
    """The copy that a booking keeps."""
    return Policy(refund=terms.refund, revisit_days=terms.revisit_days, revisit_visits=terms.revisit_visits)


async def price(
    tx: Tx, terms: Terms, patient_id: UUID, starts_at: datetime, asked: PaymentMode | None, currency: str
) -> Price:
    """What she pays. Raises `PaymentModeRefused` where a visit is not paid in the mode asked for."""
    nothing = Money(amount=0, currency=terms.fee.currency if terms.fee else currency)
    free = await _free_revisit(tx, terms, patient_id, starts_at)
    if free is not None:
        return replace(free, money=nothing)
    if terms.fee is None or terms.fee.amount == 0:
        return Price(money=nothing, payment=PaymentMode.FREE)
    modes = terms.payment_modes
    payment = asked or modes[0]
    if payment not in modes:
        raise PaymentModeRefused(modes=[mode.value for mode in modes])
    if payment is PaymentMode.FREE:
        return Price(money=nothing, payment=payment)
    return Price(money=terms.fee, payment=payment)


async def _free_revisit(tx: Tx, terms: Terms, patient_id: UUID, starts_at: datetime) -> Price | None:
    """The window that a paid visit opened, if a visit is left in it; the one that closes first."""
    row = await tx.fetchrow(
        """SELECT w.appointment_id, n.number FROM revisit_window w
            CROSS JOIN LATERAL (SELECT min(g) AS number FROM generate_series(1, w.visits) g
                 WHERE NOT EXISTS (SELECT FROM appointment a WHERE a.revisit_of = w.appointment_id
                     AND a.revisit_number = g AND a.state <> 'cancelled')) n
            WHERE w.patient_id = $1 AND w.doctor_id = $2 AND w.place_id IS NOT DISTINCT FROM $3 AND w.until > $4
              AND n.number IS NOT NULL ORDER BY w.until LIMIT 1""",
        patient_id,
        terms.doctor_id,
        terms.place_id,
        starts_at,
    )
    if row is None:
        return None
    return Price(
        money=Money(amount=0, currency="INR"),
        payment=PaymentMode.FREE,
        revisit_of=row["appointment_id"],
        revisit_number=row["number"],
    )


async def require_in_window(tx: Tx, row: Appointment, starts_at: datetime) -> None:
    """Raises `SlotUnavailable` where a free visit would be moved to a time at which coming back is not free."""
    if row.revisit_of is not None and not await tx.fetchval(
        "SELECT until > $2 FROM revisit_window WHERE appointment_id = $1", row.revisit_of, starts_at
    ):
        raise SlotUnavailable("Her free visits end before that")


# Somebody whose facts are looked at once more (`pending`) still sees who is booked.
_SEEN_THERE: Final = """EXISTS (SELECT FROM doctor d WHERE d.id = a.doctor_id AND d.closed_at IS NULL
   AND (a.place_id IS NULL OR EXISTS (SELECT FROM affiliation f JOIN place p ON p.id = f.place_id
        WHERE f.doctor_id = d.id AND f.place_id = a.place_id AND f.state = 'accepted' AND p.closed_at IS NULL)))"""
_NOBODY_THERE: Final = f"""
SELECT CASE WHEN approval_withdrawn(a.doctor_id, a.place_id) OR NOT {_SEEN_THERE} OR {IN_LEAVE}
            THEN 'doctor_unavailable' WHEN {ON_HOLIDAY} THEN 'place_closed' END
  FROM appointment a WHERE a.id = $1"""


async def nobody_there(tx: Tx, row: Appointment) -> EndReason | None:
    """Why the doctor does not see patients there then, if so: without approval, after she left, on leave, or on a
    holiday of the place, what stands is nobody's fault who booked it."""
    found: str | None = await tx.fetchval(_NOBODY_THERE, row.id)
    return None if found is None else EndReason(found)


def refunded(row: Appointment, side: Side, now: datetime) -> Appointment:
    """What goes back of what was paid: by the steps when the patient's side cancels; what she kept by moving it when
    nobody answers that; else all of it."""
    if row.paid_at is None:
        return row
    if row.end_reason is EndReason.NOT_CONFIRMED:
        back = row.refund_ceiling
    else:
        back = share_now(row, now) if side is Side.PATIENT else WHOLE
    return replace(row, refund_percent=back, refund_due=share(row.fee, back).amount)


def share_now(row: Appointment, now: datetime) -> int:
    """Which share goes back when the patient's side cancels now, or moves it: later it will not be more."""
    return max(row.refund_floor, min(row.refund_ceiling, percent(row.policy.refund, row.starts_at - now)))


async def open_window(tx: Tx, row: Appointment) -> None:
    """A visit that is done and paid opens its window of free ones, as its terms were when it was booked."""
    if row.paid_at is None or row.ended_at is None or not row.policy.revisit_visits:
        return
    await tx.execute(
        "INSERT INTO revisit_window (appointment_id, patient_id, doctor_id, place_id, until, visits)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        row.id,
        row.patient_id,
        row.doctor_id,
        row.place_id,
        row.ended_at + timedelta(days=row.policy.revisit_days),
        row.policy.revisit_visits,
    )
