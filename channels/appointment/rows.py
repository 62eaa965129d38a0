"""An appointment as its commands see it: one frozen row, read under the lock of its day and stored as a whole."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.errors import IllegalMove
from carewire.money import Money
from carewire.refund import RefundStep
from carewire.store.db import Tx
from channels.appointment.lifecycle import APPOINTMENT, TO_COME, AppointmentState
from channels.appointment.nouns import EndReason, Side
from channels.calendar import Mode, PaymentMode

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: nothing that is read as something else."""
_SPACE: Final = len(ALPHABET) ** 7
_FACTOR: Final = 15_485_863
"""Prime to the space, so that no two serials have one number, and neighbours do not look alike."""


class Policy(Struct, frozen=True, kw_only=True):
    """What was shown before booking and holds for it, whatever is changed later."""

    refund: list[RefundStep]
    revisit_days: int
    revisit_visits: int


class Appointment(Struct, frozen=True, kw_only=True):
    """One appointment. Frozen: a changed one is stored by `store`."""

    id: UUID
    serial: int
    patient_id: UUID
    doctor_id: UUID
    place_id: UUID | None
    mode: Mode
    slot_id: UUID
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    state: AppointmentState
    payment: PaymentMode
    fee_amount: int
    fee_currency: str
    policy: Policy
    booked_by: UUID
    booked_side: Side
    created_at: datetime
    revision: int = 1
    follow_up_of: UUID | None = None
    revisit_of: UUID | None = None
    revisit_number: int | None = None
    pay_by: datetime | None = None
    confirm_by: datetime | None = None
    paid_at: datetime | None = None
    payment_id: UUID | None = None
    refund_ceiling: int = 100
    """Who moves it late gets no more back than if she had cancelled then."""
    refund_floor: int = 0
    """What the doctor's side moved she may decline for all of it, until she moves it herself or comes."""
    refund_percent: int | None = None
    refund_due: int | None = None
    complaint: str | None = None
    notes: str | None = None
    session_id: UUID | None = None
    token_id: UUID | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    ended_side: Side | None = None
    end_reason: EndReason | None = None

    @property
    def fee(self) -> Money:
        """What the visit costs; zero: nothing."""
        return Money.of(self.fee_amount, self.fee_currency)

    @property
    def number(self) -> str:
        """What people call it by."""
        return number_of(self.serial)


COLUMNS: Final = ", ".join(f"a.{name}" for name in Appointment.__struct_fields__)
_STORED: Final = tuple(name for name in Appointment.__struct_fields__ if name != "id")
_KINDS: Final[dict[str, Any]] = {
    "mode": Mode,
    "state": AppointmentState,
    "payment": PaymentMode,
    "booked_side": Side,
    "ended_side": Side,
    "end_reason": EndReason,
}


def number_of(serial: int) -> str:
    """`K7Q-4M2P`: short enough to be read out, and it does not tell how many there are."""
    value, word = serial * _FACTOR % _SPACE, ""
    for _ in range(7):
        value, digit = divmod(value, len(ALPHABET))
        word += ALPHABET[digit]
    return f"{word[:3]}-{word[3:]}"


def serial_of(number: str) -> int | None:
    """The serial that is called so; None for what is no number of ours."""
    word = number.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(word) != 7 or any(letter not in ALPHABET for letter in word):
        return None
    value: int = sum(ALPHABET.index(letter) * len(ALPHABET) ** place for place, letter in enumerate(word))
    return value * int(pow(_FACTOR, -1, _SPACE)) % _SPACE


def from_row(row: Any) -> Appointment:
    """The struct of a record that selected `COLUMNS`."""
    values = {name: row[name] for name in Appointment.__struct_fields__}
    for name, kind in _KINDS.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    values["policy"] = msgspec.json.decode(values["policy"], type=Policy)
    return Appointment(**values)


async def insert(tx: Tx, made: Appointment) -> None:
    """A new one."""
    names = Appointment.__struct_fields__
    await tx.execute(
        f"INSERT INTO appointment ({', '.join(names)}) VALUES ({', '.join(f'${n}' for n in range(1, len(names) + 1))})",
        *(_value(made, name) for name in names),
    )


async def store(tx: Tx, before: Appointment, after: Appointment) -> None:
    """Write what changed of a locked one."""
    changed = [name for name in _STORED if getattr(before, name) != getattr(after, name)]
    if changed:
        settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, 2))
        await tx.execute(
            f"UPDATE appointment SET {settings} WHERE id = $1", after.id, *(_value(after, name) for name in changed)
        )


def _value(row: Appointment, name: str) -> Any:
    value = getattr(row, name)
    return msgspec.json.encode(value).decode() if name == "policy" else value


def lapsed(row: Appointment, now: datetime) -> EndReason | None:
    """Why it is over, though the job that says so may be late: it was not paid, or nobody answered, in time."""
    if row.state not in TO_COME:
        return None
    if row.pay_by is not None and row.pay_by <= now:  # also where the doctor's side has said yes meanwhile
        return EndReason.UNPAID
    return EndReason.NOT_CONFIRMED if row.confirm_by is not None and row.confirm_by <= now else None


def moved(ctx: Ctx, row: Appointment, move: str, side: Side, **more: Any) -> Appointment:
    """The appointment after this move. Raises `IllegalMove`, naming the legal ones: none, where its time ran out."""
    state = APPOINTMENT.move(row.state, move)
    if move != "expire" and lapsed(row, ctx.now):
        raise IllegalMove("It was not paid or answered in time", state=row.state.value, move=move, legal=[])
    ended = state in APPOINTMENT_OVER
    times: dict[str, Any] = {"ended_at": None, "ended_side": None}
    if ended:  # what is over waits for no money
        times = {"ended_at": ctx.now, "ended_side": side, "pay_by": None}
    asks = {} if state is AppointmentState.REQUESTED else {"confirm_by": None}
    return replace(row, **{"state": state, **asks, **times, **more})


APPOINTMENT_OVER: Final = frozenset(
    {AppointmentState.CONSULTATION_COMPLETED, AppointmentState.CANCELLED, AppointmentState.NO_SHOW}
)
