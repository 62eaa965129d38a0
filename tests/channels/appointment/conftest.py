"""Who books with whom: the demo clinic's people, and a doctor with a week of her own."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from carewire.command import Ctx
from carewire.errors import Refusal
from carewire.jobs.job import REGISTRY as JOBS
from carewire.jobs.vault import Vault
from carewire.money import Money
from carewire.node import Node
from carewire.paid import Applied, Paid
from carewire.store import outbox
from channels.appointment import access
from channels.directory import demo as places
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import Person
from tests.channels.callers import Caller
from tests.channels.queue.conftest import ProductClock as QueueClock
from tests.channels.queue.conftest import as_person, desk, doctor, make_session, priya, stranger, topic

__all__ = ["desk", "doctor", "make_session", "priya", "stranger"]

KOLKATA = ZoneInfo("Asia/Kolkata")


@contextmanager
def refuses(reason: str) -> Iterator[None]:
    """What is done in it is refused, with this word."""
    with pytest.raises(Refusal) as refused:
        yield
    assert refused.value.reason == reason, refused.value


class ProductClock(QueueClock):
    """A clock that also knows how to stand so long before a moment."""

    def until(self, moment: str, **before: float) -> None:
        self.ahead += datetime.fromisoformat(moment) - timedelta(**before) - self.now()


class Doctor:
    """Dr. Vikram with hours every day from eight to eight in slots of a quarter of an hour."""

    def __init__(self, node: Node, clock: ProductClock) -> None:
        self.node, self.clock = node, clock
        self.id = places.DOCTOR_VIKRAM

    def day(self, days: int = 2) -> date:
        """So many days from today, on the clinic's calendar."""
        return (self.clock.now() + timedelta(days=days)).astimezone(KOLKATA).date()

    def at(self, hour: int, minute: int = 0, *, days: int = 2) -> str:
        """A moment on the clinic's clock, as the wire spells it."""
        return datetime.combine(self.day(days), time(hour, minute), tzinfo=KOLKATA).astimezone(UTC).isoformat()

    def slot(self, hour: int, minute: int = 0, *, days: int = 2) -> dict[str, Any]:
        """The params of a slot in person at the clinic."""
        return {
            "doctor_id": self.id,
            "place_id": places.CLINIC,
            "mode": "in_person",
            "starts_at": self.at(hour, minute, days=days),
        }

    async def sees(self, *, capacity: int = 1, minutes: int = 15, fee: int | None = 50_000, **terms: Any) -> None:
        """Another week, another fee, other terms of the clinic."""
        async with self.node.db.transaction() as tx:
            await tx.execute("UPDATE doctor SET teleconsult = true WHERE id = $1", self.id)
            await tx.execute("DELETE FROM doctor_window WHERE doctor_id = $1", self.id)
            await tx.executemany(
                "INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes, mode, slot_minutes, capacity)"
                " VALUES ($1, $2, $3, $4, $5, 'in_person', $6, $7)",
                [(self.id, places.CLINIC, weekday, time(8), time(20), minutes, capacity) for weekday in range(1, 8)],
            )
            await tx.executemany(
                "INSERT INTO doctor_window (doctor_id, weekday, opens, closes, mode, slot_minutes, capacity)"
                " VALUES ($1, $2, $3, $4, 'teleconsult', $5, 1)",
                [(self.id, weekday, time(20), time(22), minutes) for weekday in range(1, 8)],
            )
            await tx.execute("DELETE FROM consultation_fee WHERE doctor_id = $1", self.id)
            if fee is not None:
                await tx.execute(
                    "INSERT INTO consultation_fee (doctor_id, place_id, mode, fee, fee_currency, changed_at)"
                    " VALUES ($1, $2, 'in_person', $3, 'INR', $4)",
                    self.id,
                    places.CLINIC,
                    fee,
                    self.clock.now(),
                )
            await tx.execute("DELETE FROM appointment_terms WHERE place_id = $1", places.CLINIC)
            values = {
                "needs_confirmation": False,
                "lead_minutes": 0,
                "horizon_days": 90,
                "revisit_days": 0,
                "revisit_visits": 0,
                "payment_modes": ["counter", "online"],
            } | terms
            await tx.execute(
                f"INSERT INTO appointment_terms (place_id, changed_at, {', '.join(values)})"
                f" VALUES ($1, $2, {', '.join(f'${n}' for n in range(3, len(values) + 3))})",
                places.CLINIC,
                self.clock.now(),
                *values.values(),
            )


@pytest.fixture
def time_(clinic: Node) -> ProductClock:
    """The dispatcher's clock, in the morning, to be turned by hand; jobs keep the real one."""
    turned = ProductClock()
    turned.turn_to_morning()
    clinic.dispatcher.clock = turned
    return turned


@pytest_asyncio.fixture
async def vikram(clinic: Node, time_: ProductClock) -> Doctor:
    """One patient a slot, five hundred rupees at the counter or online, no confirmation."""
    made = Doctor(clinic, time_)
    async with clinic.db.transaction() as tx:  # the demo's own stand elsewhere in the way
        await tx.execute("DELETE FROM appointment_reminder")
        await tx.execute("DELETE FROM seat")
        await tx.execute("DELETE FROM appointment_step")
        await tx.execute("DELETE FROM appointment")
    await made.sees()
    return made


@pytest.fixture
def coordinator(clinic: Node) -> Caller:
    """The administrator of the demo, who may everything an administrator may."""
    return as_person(clinic, Person(people.ADMIN_ID, "", "Admin", "en", (Capacity.ADMIN,)))


async def patient_of(node: Node, number: int) -> tuple[Caller, UUID]:
    """Somebody with an account of her own and her own record."""
    person = Person(uuid4(), f"+9198000020{number:03d}", f"Patient {number}", "en", (Capacity.PATIENT,))
    now = datetime.now(UTC)
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
            person.account_id,
            person.phone,
            person.name,
            now,
        )
        patient_id: UUID = await tx.fetchval(
            "INSERT INTO patient (name, phone, created_at) VALUES ($1, $2, $3) RETURNING id",
            person.name,
            person.phone,
            now,
        )
        await tx.execute(
            "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'self', $3)",
            person.account_id,
            patient_id,
            now,
        )
    return as_person(node, person), patient_id


Patients = Callable[[int], Awaitable[list[tuple[Caller, UUID]]]]


@pytest.fixture
def patients(clinic: Node) -> Patients:
    """So many of them."""

    async def make(count: int) -> list[tuple[Caller, UUID]]:
        return [await patient_of(clinic, number) for number in range(count)]

    return make


async def free(node: Node, doctor: Doctor, hour: int, minute: int = 0, *, days: int = 2) -> int:
    """How many seats of this slot are free, as the public sees it."""
    starts_at = datetime.fromisoformat(doctor.at(hour, minute, days=days))
    snapshot = await topic(node, f"slots:{doctor.id}:{doctor.day(days)}")
    (slot,) = [slot for slot in snapshot.slots if slot.starts_at == starts_at]
    return int(slot.free)


async def pay(node: Node, appointment_id: str, amount: int = 50_000, payment_id: UUID | None = None) -> str:
    """Money came for it, as payment tells; the word of the outcome."""
    async with node.db.transaction() as tx:
        now = node.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        money = Money(amount=amount, currency="INR")
        fact = Paid(payment_id=payment_id or uuid4(), about_id=UUID(appointment_id), money=money, at=now)
        outcome = await access.mark_paid(ctx, fact)
        await outbox.finish([ctx], Vault(node.settings.secret))
    return "applied" if isinstance(outcome, Applied) else outcome.reason.value


async def run_job(node: Node, job: Any) -> None:
    """The consumer as the runner would call it, at the time the clock is turned to."""
    async with node.db.transaction() as tx:
        now = node.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        await JOBS[type(job).spec.name].run(ctx, job)
        await outbox.finish([ctx], Vault(node.settings.secret))
