"""What appointments are told can be booked: read from the database as it is, by one moment and by another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from carewire.errors import NotFound
from carewire.money import Money
from carewire.node import Node
from channels.calendar import access
from channels.calendar.access import Slot
from channels.calendar.nouns import Mode, PaymentMode
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM

KOLKATA = ZoneInfo("Asia/Kolkata")
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 2, 0, 0, tzinfo=KOLKATA)
"""A Monday. The demo clinic's Dr. Asha is there from 10 to 13, a quarter of an hour each, by video from 18 to 20."""


async def change(clinic: Node, sql: str, *values: object) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute(sql, *values)


async def offered(
    clinic: Node, first: datetime = NOW, until: datetime = NOW + DAY, *, now: datetime | None = NOW, **narrow: object
) -> list[Slot]:
    async with clinic.db.snapshot() as tx:
        return await access.offered(tx, DOCTOR_ASHA, first, until, now=now, **narrow)  # type: ignore[arg-type]


async def test_a_day_of_the_demo_clinic(clinic: Node) -> None:
    found = await offered(clinic)
    assert len(found) == 12 + 6
    assert found[0] == Slot(
        doctor_id=DOCTOR_ASHA,
        place_id=CLINIC,
        mode=Mode.IN_PERSON,
        starts_at=datetime(2026, 3, 2, 4, 30, tzinfo=UTC),
        ends_at=datetime(2026, 3, 2, 4, 45, tzinfo=UTC),
        capacity=1,
        zone="Asia/Kolkata",
    )
    assert [one for one in found if one.place_id is None] == await offered(clinic, mode=Mode.TELECONSULT)
    assert [one for one in found if one.place_id == CLINIC] == await offered(clinic, place_id=CLINIC)


async def test_each_slot_is_found_by_its_beginning_and_nothing_else_is(clinic: Node) -> None:
    found = await offered(clinic)
    async with clinic.db.snapshot() as tx:
        for one in found:
            assert await access.slot(tx, DOCTOR_ASHA, one.place_id, one.mode, one.starts_at, now=NOW) == one
        first = found[0]
        for wrong in (first.starts_at + timedelta(minutes=5), first.starts_at - DAY * 2, first.starts_at + DAY * 100):
            assert await access.slot(tx, DOCTOR_ASHA, CLINIC, Mode.IN_PERSON, wrong, now=NOW) is None
        assert await access.slot(tx, DOCTOR_ASHA, CLINIC, Mode.TELECONSULT, first.starts_at, now=NOW) is None
        assert await access.slot(tx, DOCTOR_ASHA, None, Mode.IN_PERSON, first.starts_at, now=NOW) is None
        assert await access.slot(tx, DOCTOR_ASHA, uuid4(), Mode.IN_PERSON, first.starts_at, now=NOW) is None
        assert await access.slot(tx, uuid4(), CLINIC, Mode.IN_PERSON, first.starts_at, now=NOW) is None


async def test_what_is_past_or_too_far_ahead_cannot_be_booked(clinic: Node) -> None:
    noon = NOW + timedelta(hours=12)
    assert next(one.starts_at for one in await offered(clinic, now=noon, place_id=CLINIC)) == noon
    far = NOW + 90 * DAY
    assert len(await offered(clinic, far - DAY, far + DAY)) == 18
    assert len(await offered(clinic, far - DAY, far + DAY, now=None)) == 36


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("UPDATE affiliation SET state = 'ended', until = now() WHERE doctor_id = $1", 6),
        ("UPDATE place SET approval = 'withdrawn' WHERE $1 = $1", 6),
        ("UPDATE place SET closed_at = now() WHERE $1 = $1", 6),
        (f"INSERT INTO place_holiday (place_id, day, name) SELECT '{CLINIC}', '2026-03-02', 'Holi' WHERE $1 = $1", 6),
        ("UPDATE doctor SET teleconsult = false WHERE id = $1", 12),
        ("UPDATE account_capacity SET state = 'pending' WHERE capacity = 'doctor' AND $1 = $1", 0),
        ("UPDATE account SET state = 'deactivated' WHERE id = (SELECT account_id FROM doctor WHERE id = $1)", 0),
        ("UPDATE doctor SET closed_at = now() WHERE id = $1", 0),
        ("INSERT INTO doctor_leave (doctor_id, first, last) VALUES ($1, '2026-03-01', '2026-03-02')", 0),
    ],
    ids=["she left", "withdrawn", "closed", "holiday", "no video", "not verified", "no account", "gone", "on leave"],
)
async def test_who_may_not_be_booked_is_not_offered(clinic: Node, sql: str, left: int) -> None:
    await change(clinic, sql.replace("$1", f"'{DOCTOR_ASHA}'::uuid"))
    assert len(await offered(clinic)) == left


async def test_without_a_word_of_the_place_the_platforms_terms_hold(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        terms = await access.terms(tx, DOCTOR_ASHA, CLINIC, Mode.IN_PERSON)
        with pytest.raises(NotFound):
            await access.terms(tx, uuid4(), CLINIC, Mode.IN_PERSON)
    assert (terms.fee, terms.hold_minutes, terms.request_minutes, terms.needs_confirmation) == (None, 10, 240, False)
    assert (terms.revisit_days, terms.revisit_visits) == (0, 0)
    assert terms.payment_modes == [PaymentMode.ONLINE, PaymentMode.COUNTER]
    paid = Money(amount=50_001, currency="INR")
    back = {24: 50_001, 23.99: 25_001, 4: 25_001, 3.99: 0, -1: 0}
    for hours, amount in back.items():
        assert terms.refund_of(paid, starts_at=NOW + timedelta(hours=hours), at=NOW).amount == amount, hours
    assert terms.answered_by(NOW, NOW + DAY) == NOW + timedelta(hours=4)
    assert terms.answered_by(NOW, NOW + timedelta(hours=2)) == NOW + timedelta(hours=1)
    assert terms.answered_by(NOW, NOW + timedelta(minutes=5)) == NOW


async def test_a_month_of_slots_is_one_statement(clinic: Node) -> None:
    class Counted:
        statements = 0

        def __init__(self, tx: object) -> None:
            self.tx = tx

        def __getattr__(self, name: str) -> object:
            Counted.statements += 1
            return getattr(self.tx, name)

    async with clinic.db.snapshot() as tx:
        counted = Counted(tx)
        found = await access.offered(counted, DOCTOR_VIKRAM, NOW, NOW + 30 * DAY, now=NOW)  # type: ignore[arg-type]
    assert (len(found), {one.capacity for one in found}, Counted.statements) == (30 * 18, {2}, 1)
