"""Reminders: at the right time on the right clock, each once, and none for a visit that does not take place then.

M-038, M-357, M-378, H-031 (lead times in settings); PRODUCT 9, 36.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.node import Node
from carewire.quiet import QuietHours, quiet_at
from carewire.settings import Settings
from channels.appointment.reminding import LATE, due_at
from channels.identity import demo as people
from tests.channels.appointment.clockwork import TELLING, Worker
from tests.channels.appointment.conftest import KOLKATA, Doctor
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import ProductClock, admin_of
from tests.patience import PATIENCE_S

HER = {"patient_id": people.PRIYA_PATIENT}
PRIYA = people.PRIYA.account_id
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
Book = Callable[..., Awaitable[tuple[UUID, datetime]]]


@pytest.fixture
def worker(clinic: Node) -> Worker:
    return Worker(clinic, datetime.now(UTC))


@pytest.fixture
def book(vikram: Doctor, priya: Caller) -> Book:
    """Priya books Dr. Vikram for herself: the appointment, and when it begins."""

    async def booked(hour: int = 9, minute: int = 0, *, days: int = 5, **more: Any) -> tuple[UUID, datetime]:
        made = await priya.call("appointment.book", **(vikram.slot(hour, minute, days=days) | HER | more))
        return UUID(made["id"]), datetime.fromisoformat(made["starts_at"])

    return booked


async def reminders(clinic: Node, account_id: UUID = PRIYA) -> list[Any]:
    return await rows(
        clinic,
        "SELECT ref_id, occasion, body, happens_at, zone, created_at FROM notification"
        " WHERE account_id = $1 AND fact = 'appointment.reminder' ORDER BY id",
        account_id,
    )


async def sql(clinic: Node, text: str, *values: Any) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute(text, *values)


async def test_a_day_and_an_hour_before_and_never_again(clinic: Node, worker: Worker, book: Book) -> None:
    visit, starts = await book()
    told_then = {}
    for before in (26 * HOUR, 24 * HOUR + MINUTE, 24 * HOUR, 23 * HOUR, HOUR + MINUTE, HOUR, MINUTE, -MINUTE, -DAY):
        for _ in range(2):  # each job twice
            await worker.at(starts - before)
        told_then[before] = len(await reminders(clinic))
    assert list(told_then.values()) == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    found = await reminders(clinic)
    assert [(row["ref_id"], row["happens_at"], row["zone"]) for row in found] == [(visit, starts, "Asia/Kolkata")] * 2
    assert [name for name, _ in await told(clinic, f"notifications:{PRIYA}")].count("notification:new") == 2
    assert await rows(clinic, "SELECT FROM appointment_reminder") == []


async def test_the_family_of_a_deleted_patient_is_not_reminded_of_her(clinic: Node, worker: Worker, book: Book) -> None:
    _, starts = await book()
    await worker.at(starts - 24 * HOUR)
    assert len(await reminders(clinic)) == 1
    await sql(clinic, "UPDATE admin_scope SET scope = 'privacy'")
    await admin_of(clinic).call("patient.delete", patient_id=people.PRIYA_PATIENT)
    await worker.at(starts - HOUR)
    assert len(await reminders(clinic)) == 1
    assert await rows(clinic, "SELECT FROM appointment_reminder") == []


async def test_after_an_outage_only_the_nearest_is_told(clinic: Node, worker: Worker, book: Book) -> None:
    _, starts = await book()
    await worker.at(starts - 30 * MINUTE)
    assert [row["occasion"].split("@")[0] for row in await reminders(clinic)] == ["60"]
    assert await rows(clinic, "SELECT FROM appointment_reminder") == []


async def test_who_books_late_is_reminded_only_of_what_is_still_ahead(
    clinic: Node, worker: Worker, book: Book, time_: ProductClock, vikram: Doctor, priya: Caller
) -> None:
    time_.ahead = datetime.fromisoformat(vikram.at(22, days=2)) - datetime.now(UTC)
    visit, starts = await book(9, days=1)  # eleven hours later
    kept = await rows(clinic, "SELECT lead_minutes FROM appointment_reminder WHERE appointment_id = $1", visit)
    assert [row["lead_minutes"] for row in kept] == [60]
    time_.ahead = starts - 30 * MINUTE - datetime.now(UTC)
    hers = await priya.call("appointment.book", **vikram.slot(9, 15, days=0) | {"patient_id": people.ARJUN_PATIENT})
    assert await rows(clinic, "SELECT FROM appointment_reminder WHERE appointment_id = $1", UUID(hers["id"])) == []


async def test_everybody_who_acts_for_her_is_told_on_her_own_clock_by_video_and_in_her_language(
    clinic: Node, worker: Worker, book: Book
) -> None:
    await sql(clinic, "UPDATE doctor SET teleconsult = true")
    await sql(clinic, "UPDATE account SET locale = 'hi', zone = 'Asia/Dubai' WHERE id = $1", people.DESK.account_id)
    await sql(
        clinic,
        "INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'spouse', $3)",
        people.DESK.account_id,
        people.PRIYA_PATIENT,
        datetime.now(UTC),
    )
    _, video = await book(20, place_id=None, mode="teleconsult")
    _, here = await book(9, days=6)
    for starts in (video, here):
        await worker.at(starts - 24 * HOUR)
    desk = [row["body"] for row in await reminders(clinic, people.DESK.account_id)]
    priya = [row["body"] for row in await reminders(clinic)]
    assert ["(Asia/Dubai)" in body for body in desk] == [True, False]
    assert ["18:30" in desk[0], "20:00" in priya[0], "09:00" in desk[1], "09:00" in priya[1]] == [True] * 4
    assert "।" in desk[0]
    assert all("(Asia/Kolkata)" in body for body in priya)


async def test_a_visit_that_was_moved_is_reminded_of_at_its_new_time_only(
    clinic: Node, worker: Worker, book: Book, vikram: Doctor, priya: Caller
) -> None:
    visit, starts = await book()
    await worker.at(starts - 24 * HOUR)
    moved = await priya.call("appointment.reschedule", appointment_id=visit, starts_at=vikram.at(15, days=7))
    then = datetime.fromisoformat(moved["starts_at"])
    for moment in (starts - HOUR, starts, then - 24 * HOUR, then - HOUR, then):
        await worker.at(moment)
    assert [(row["happens_at"], row["created_at"]) for row in await reminders(clinic)] == [
        (starts, starts - 24 * HOUR),
        (then, then - 24 * HOUR),
        (then, then - HOUR),
    ]


@pytest.mark.parametrize("end", ["cancelled", "moved", "no longer hers"])
async def test_what_ends_between_the_decision_and_the_telling_is_told_to_nobody(
    clinic: Node, worker: Worker, book: Book, vikram: Doctor, priya: Caller, end: str
) -> None:
    visit, starts = await book()
    worker.clock.at = starts - HOUR
    await worker.remind()
    assert len(await worker.waiting(TELLING)) == 1
    match end:
        case "cancelled":
            await priya.call("appointment.cancel", appointment_id=visit, reason="cannot_come")
        case "moved":
            await priya.call("appointment.reschedule", appointment_id=visit, starts_at=vikram.at(15, days=7))
        case "no longer hers":
            await sql(
                clinic,
                "UPDATE guardianship SET until = $2 WHERE account_id = $1 AND patient_id = $3",
                PRIYA,
                datetime.now(UTC),
                people.PRIYA_PATIENT,
            )
    await worker.tell()
    assert await worker.waiting(TELLING) == []
    await worker.at(starts - HOUR)
    assert await reminders(clinic) == []


async def test_nothing_is_planned_for_a_visit_that_is_cancelled(clinic: Node, book: Book, priya: Caller) -> None:
    visit, _ = await book()
    planned = "SELECT lead_minutes FROM appointment_reminder WHERE appointment_id = $1"
    assert len(await rows(clinic, planned, visit)) == 2
    await priya.call("appointment.cancel", appointment_id=visit, reason="cannot_come")
    assert await rows(clinic, planned, visit) == []


async def test_a_worker_that_was_overtaken_tells_nothing_of_its_own(clinic: Node, worker: Worker, book: Book) -> None:
    """Its transaction ends with its claim gone: what it wrote is rolled back with it."""
    _, starts = await book()
    worker.clock.at = starts - HOUR
    await worker.remind()
    ((slow, claim),) = [taken for taken in await worker.executor.claim_due(50) if taken[0].name == TELLING]
    await sql(clinic, "UPDATE job SET retry_at = now() WHERE id = $1", slow.id)  # its lease ran out
    await Worker(clinic, worker.clock.at).tell()
    await worker.executor.run(slow, claim)
    assert len(await reminders(clinic)) == 1


async def test_a_worker_killed_in_the_middle_of_telling_leaves_it_to_the_next_who_tells_it_once(
    clinic: Node, worker: Worker, book: Book, settings: Settings
) -> None:
    visit, starts = await book()
    worker.clock.at = starts - HOUR
    await worker.remind()
    desk = await asyncpg.connect(settings.database_url)
    async with desk.transaction():  # it waits here for the visit, in the middle of its own transaction
        await desk.execute("SELECT FROM appointment WHERE id = $1 FOR UPDATE", visit)
        telling = asyncio.create_task(worker.tell())
        blocked = "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        async with asyncio.timeout(PATIENCE_S):
            while (pid := await desk.fetchval(blocked)) is None:
                pass  # each look is a round trip
        await desk.execute("SELECT pg_terminate_backend($1)", pid)
        await telling
    await desk.close()
    assert await reminders(clinic) == []
    await sql(clinic, "UPDATE job SET retry_at = now() WHERE name = $1", TELLING)  # its pause is over
    await worker.tell()
    assert len(await reminders(clinic)) == 1


async def test_a_place_says_how_long_before_and_else_the_platform(clinic: Node, book: Book, vikram: Doctor) -> None:
    async def leads(hour: int) -> list[int]:
        visit, _ = await book(hour)
        found = await rows(clinic, "SELECT lead_minutes FROM appointment_reminder WHERE appointment_id = $1", visit)
        return sorted(row["lead_minutes"] for row in found)

    await sql(clinic, """UPDATE admin_settings SET value = '{"reminder_minutes": [30]}'""")
    assert await leads(9) == [30]
    await vikram.sees(reminder_minutes=[2880, 15])
    assert await leads(10) == [15, 2880]
    await vikram.sees(reminder_minutes=[])
    assert await leads(11) == []


async def test_a_reminder_that_falls_into_the_night_comes_the_evening_before(
    clinic: Node, worker: Worker, book: Book, priya: Caller
) -> None:
    await priya.call("profile.set_quiet_hours", quiet={"begins": "22:00:00", "ends": "09:00:00"})
    _, starts = await book(9, 30)
    evening = datetime.combine(starts.astimezone(KOLKATA).date() - DAY, time(21, 45), tzinfo=KOLKATA)
    for moment in (starts - 25 * HOUR, evening - MINUTE, evening, starts - HOUR, starts - 30 * MINUTE):
        await worker.at(moment)
    assert [(row["occasion"].split("@")[0], row["created_at"]) for row in await reminders(clinic)][-1] == (
        "60",
        evening,
    )
    assert len(await reminders(clinic)) == 2


async def test_after_a_night_without_workers_it_comes_in_the_morning_or_if_that_is_too_late_not_at_all(
    clinic: Node, worker: Worker, book: Book, priya: Caller
) -> None:
    await priya.call("profile.set_quiet_hours", quiet={"begins": "22:00:00", "ends": "09:00:00"})
    _, early = await book(8, 45)
    _, later = await book(9, 30)
    day = early.astimezone(KOLKATA).date()
    morning = datetime.combine(day, time(9), tzinfo=KOLKATA)
    for moment in (morning - 11 * HOUR + 30 * MINUTE, morning - HOUR, morning - MINUTE):
        await worker.at(moment)
        assert await reminders(clinic) == []
    await worker.at(morning)
    assert {row["happens_at"] for row in await reminders(clinic)} == {later}


async def test_nobody_is_reminded_of_a_walk_ins_visit(
    clinic: Node, worker: Worker, vikram: Doctor, desk: Caller
) -> None:
    made = await desk.call(
        "appointment.book", **vikram.slot(9, days=5), patient={"name": "Walk In", "phone": "+919811111111"}
    )
    await worker.at(datetime.fromisoformat(made["starts_at"]) - HOUR)
    assert await rows(clinic, "SELECT FROM notification WHERE fact = 'appointment.reminder'") == []


WALL = st.integers(0, 95).map(lambda n: time(n // 4, 15 * (n % 4)))
BASE = datetime(2026, 3, 7, 12, tzinfo=UTC)


@examples(max_examples=150)
@given(
    quiet=st.none() | st.tuples(WALL, WALL).filter(lambda two: two[0] != two[1]),
    zone=st.sampled_from(["Asia/Kolkata", "America/New_York", "Europe/London"]),
    lead=st.sampled_from([15, 60, 1440]),
    ahead=st.integers(0, 3 * 1440),
    down=st.tuples(st.integers(0, 4 * 1440), st.integers(0, 600)),
)
def test_whenever_workers_look_a_reminder_is_told_once_out_of_quiet_hours_and_before_the_visit(
    quiet: tuple[time, time] | None, zone: str, lead: int, ahead: int, down: tuple[int, int]
) -> None:
    """Each minute somebody looks, but for some hours in which all workers are away."""
    starts = BASE + (lead + ahead) * MINUTE
    row = {
        "starts_at": starts, "useful_until": starts, "lead_minutes": lead, "planned_at": BASE, "zone": zone,
        "own_zone": None,
        "quiet_from": quiet and quiet[0], "quiet_until": quiet and quiet[1],
    }  # fmt: skip
    hours = quiet and QuietHours(begins=quiet[0], ends=quiet[1])
    now, look = BASE, BASE
    while True:
        away = down[0] * MINUTE <= now - BASE < sum(down) * MINUTE
        if not away and now >= look:
            at = due_at(row, now)
            if at is None:
                told_at = None
                break
            if at <= now:
                told_at = now
                break
            look = at
        now += MINUTE
        assert now < starts + DAY
    if told_at is not None:
        assert BASE <= told_at < starts
        span = quiet_at(hours, _zone(zone), told_at)
        assert span is None or told_at - span[0] <= LATE
    elif down[1] == 0:  # nobody was away: then quiet hours lasted from before it was known until it was of no use
        span = quiet_at(hours, _zone(zone), starts - lead * MINUTE)
        assert span is not None
        assert span[1] >= starts


def _zone(name: str) -> Any:
    return ZoneInfo(name)
