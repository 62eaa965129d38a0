"""Very many reminders at once, while visits are called off and moved: who was told what, counted afterwards.

    python -m tests.channels.appointment.reminder_storm --appointments 50000

Two workers do every job, the periodic one twice; a desk cancels and moves visits meanwhile through the product.
Each standing visit must have been told once per lead time, and no visit once it was off or elsewhere. `make soak` runs
it; a small one is in the suite.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from carewire.discovery import discover
from carewire.embedded import Postgres, Valkey
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.migrate import migrate
from channels.directory.demo import CLINIC
from channels.identity import Capacity
from channels.identity import demo as people
from channels.seed import seed
from tests.channels.appointment.clockwork import TELLING, Worker
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import as_person

PER_SLOT, SLOTS = 50, 10
EACH: Final = PER_SLOT * SLOTS
"""Visits of one doctor, all within fifty minutes; the slots after those are empty."""
SLOT: Final = timedelta(minutes=5)
LEADS: Final = (timedelta(days=1), timedelta(hours=1))

_DOCTORS: Final = """
WITH made AS (
    INSERT INTO account (phone, name, created_at)
    SELECT '+918' || lpad(n::text, 9, '0'), 'Dr. ' || n, $2 FROM generate_series(1, $1::int) n RETURNING id, name
), held AS (
    INSERT INTO account_capacity (account_id, capacity, state, since) SELECT id, 'doctor', 'active', $2 FROM made
), doctors AS (
    INSERT INTO doctor (account_id, name, specialty, created_at)
    SELECT id, name, 'cardiology', $2 FROM made RETURNING id
), works AS (
    INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)
    SELECT id, $3, 'accepted', $2, $2 FROM doctors
)
INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes, mode, slot_minutes, capacity)
SELECT id, $3, day, '00:00', '00:00', 'in_person', 5, $4 FROM doctors, generate_series(1, 7) day"""
# One visit each for so many patients with an account of their own.
_PEOPLE: Final = """
WITH made AS (
    INSERT INTO account (phone, name, created_at)
    SELECT '+917' || lpad(n::text, 9, '0'), 'Patient ' || n, $2 FROM generate_series(1, $1::int) n RETURNING id, phone
), hers AS (
    INSERT INTO patient (name, phone, created_at) SELECT 'Patient', phone, $2 FROM made RETURNING id, phone)
INSERT INTO guardianship (account_id, patient_id, kind, since)
SELECT made.id, hers.id, 'self', $2 FROM made JOIN hers USING (phone)"""
_SLOTS: Final = """
WITH times AS (
    SELECT d.id AS doctor_id, at, (at AT TIME ZONE 'Asia/Kolkata')::date AS day
      FROM doctor d, generate_series(0, $1::int - 1) n, LATERAL (SELECT $2::timestamptz + n * $5::interval AS at) times
     WHERE d.name LIKE 'Dr. %' AND d.specialty = 'cardiology'
), days AS (
    INSERT INTO slot_day (doctor_id, day) SELECT DISTINCT doctor_id, day FROM times)
INSERT INTO slot (doctor_id, place_id, mode, day, starts_at, ends_at, zone, capacity)
SELECT doctor_id, $3, 'in_person', day, at, at + $5, 'Asia/Kolkata', $4 FROM times"""
_VISITS: Final = """
WITH hers AS (
    SELECT p.id, row_number() OVER (ORDER BY p.id) - 1 AS n FROM patient p WHERE p.phone LIKE '+917%'
), seats AS (
    SELECT hers.id AS patient_id, n, s.*, uuidv7() AS visit FROM hers
      JOIN (SELECT slot.*, row_number() OVER (ORDER BY id) - 1 AS k FROM slot
             WHERE id NOT IN (SELECT slot_id FROM appointment)) s ON s.k = hers.n / $1::bigint
), made AS (
    INSERT INTO appointment (id, patient_id, doctor_id, place_id, mode, slot_id, day, starts_at, ends_at, zone, state,
        payment, fee_amount, fee_currency, policy, booked_by, booked_side, created_at)
    SELECT visit, patient_id, doctor_id, place_id, mode, id, day, starts_at, ends_at, zone, 'appointment_confirmed',
        'free', 0, 'INR', '{"refund": [], "revisit_days": 0, "revisit_visits": 0}', $2, 'desk', $3 FROM seats
), step AS (
    INSERT INTO appointment_step (appointment_id, revision, at, move, to_state, starts_at)
    SELECT visit, 1, $3, 'book', 'appointment_confirmed', starts_at FROM seats
), planned AS (
    INSERT INTO appointment_reminder (appointment_id, lead_minutes, starts_at, useful_until, planned_at, look_at)
    SELECT visit, lead, starts_at, starts_at - make_interval(mins => nearer), $3,
           starts_at - make_interval(mins => lead) - interval '25 hours'
      FROM seats, (VALUES (1440, 60), (60, 0)) AS leads (lead, nearer)
)
INSERT INTO seat (slot_id, number, capacity, doctor_id, patient_id, starts_at, ends_at, appointment_id)
SELECT id, n % $1 + 1, capacity, doctor_id, patient_id, starts_at, ends_at, visit FROM seats"""
_FAULTS: Final = """
WITH told AS (
    SELECT n.id, n.ref_id, n.occasion, split_part(n.occasion, '@', 2)::timestamptz AS starts_at
      FROM notification n WHERE n.fact = 'appointment.reminder'
), due AS (
    SELECT a.id, a.starts_at, lead FROM appointment a, (VALUES ('1440'), ('60')) AS leads (lead)
     WHERE a.state = 'appointment_confirmed'
), ended AS (
    SELECT s.appointment_id, s.id, before.starts_at FROM appointment_step s
      JOIN appointment_step before ON before.appointment_id = s.appointment_id AND before.revision = s.revision - 1
     WHERE s.to_state = 'cancelled' OR s.starts_at <> before.starts_at
)
SELECT (SELECT count(*) FROM appointment WHERE state = 'appointment_confirmed') AS standing,
       (SELECT count(*) FROM appointment WHERE state = 'cancelled') AS called_off,
       (SELECT count(*) FROM appointment_step WHERE move = 'reschedule') AS moved,
       (SELECT count(*) FROM told) AS told,
       (SELECT count(*) FROM due LEFT JOIN told ON told.ref_id = due.id AND told.starts_at = due.starts_at
           AND told.occasion LIKE due.lead || '@%' WHERE told.id IS NULL) AS missing,
       (SELECT count(*) FROM (SELECT FROM told GROUP BY ref_id, occasion HAVING count(*) > 1) AS d) AS twice,
       (SELECT count(*) FROM told JOIN ended ON ended.appointment_id = told.ref_id
           AND ended.starts_at = told.starts_at AND told.id > ended.id) AS after_the_end,
       (SELECT count(*) FROM told WHERE NOT EXISTS (SELECT FROM appointment_step s
           WHERE s.appointment_id = told.ref_id AND s.starts_at = told.starts_at)) AS of_no_visit"""


class Outcome(Struct, frozen=True, kw_only=True):
    """What was found afterwards; the last four must be nothing."""

    seconds: float
    standing: int
    called_off: int
    moved: int
    told: int
    missing: int
    twice: int
    after_the_end: int
    of_no_visit: int

    @property
    def violations(self) -> int:
        """How often the promise was broken."""
        return self.missing + self.twice + self.after_the_end + self.of_no_visit


async def storm(node: Node, visits: int, changes: int) -> Outcome:
    """So many visits, a week ahead; so many of them cancelled or moved while their patients are reminded."""
    booked = datetime.now(UTC)
    first = (booked + timedelta(days=7)).replace(hour=6, minute=0, second=0, microsecond=0)
    free = first + SLOT * SLOTS  # from here on nobody has a visit yet
    assert node.settings.database_url
    tx = await asyncpg.connect(node.settings.database_url)  # longer than a command may take
    async with tx.transaction():
        await tx.execute("ALTER TABLE account ALTER quiet_from DROP DEFAULT, ALTER quiet_until DROP DEFAULT")
        await tx.execute(_DOCTORS, -(-visits // EACH), booked, CLINIC, PER_SLOT)
        await tx.execute(_PEOPLE, visits, booked)
        await tx.execute(_SLOTS, SLOTS, first, CLINIC, PER_SLOT, SLOT)
        await tx.execute(_VISITS, PER_SLOT, people.DESK.account_id, booked)
    await tx.execute("ANALYZE")
    await tx.close()
    theirs = "SELECT id FROM appointment WHERE place_id = $2 AND state = 'appointment_confirmed'"  # not the demo's own
    ids = [row["id"] for row in await rows(node, f"{theirs} ORDER BY md5(id::text) LIMIT $1", changes, CLINIC)]
    desk = as_person(node, people.DESK, Capacity.STAFF)
    began = time.monotonic()
    for n in range(SLOTS):  # the first reminders fall due while visits are changed
        await asyncio.gather(_work(node, first - LEADS[0] + n * SLOT), _change(desk, ids[n::SLOTS], free))
    for lead in LEADS:
        for n in range(2 * SLOTS):
            await _work(node, first - lead + n * SLOT)
    return msgspec.convert({"seconds": time.monotonic() - began, **dict((await rows(node, _FAULTS))[0])}, Outcome)


async def _work(node: Node, moment: datetime) -> None:
    """Two workers at this moment, and the periodic job runs twice."""
    workers = [Worker(node, moment) for _ in range(2)]
    await asyncio.gather(*(worker.at(moment) for worker in workers))
    while await workers[0].waiting(TELLING):
        await workers[0].tell()


async def _change(desk: Caller, ids: list[UUID], free: datetime) -> None:
    """Every other one is cancelled, the others are moved."""
    for k, visit in enumerate(ids):
        if k % 2:
            await desk.call("appointment.cancel", appointment_id=visit, reason="doctor_unavailable")
        else:
            to = free + SLOT * (k // 2 % SLOTS)
            await desk.call("appointment.reschedule", appointment_id=visit, starts_at=to)


async def run(folder: Path, visits: int, changes: int) -> Outcome:
    """The storm on servers of its own."""
    async with Postgres(folder / "pg") as postgres, Valkey(folder / "valkey") as valkey:
        await migrate(postgres.url)
        settings = Settings(
            secret="a secret of a storm that is long enough",
            database_url=postgres.url,
            redis_url=valkey.url,
            data=folder,
            pool=10,
        )
        await seed(postgres.url, settings)
        node = Node(settings)
        await node.start()
        try:
            return await storm(node, visits, changes)
        finally:
            await node.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--appointments", type=int, default=50_000)
    parser.add_argument("--changes", type=int, default=2_000, help="how many are cancelled or moved meanwhile")
    args = parser.parse_args()
    discover("channels")
    with tempfile.TemporaryDirectory(prefix="cw-storm-") as name:
        Path(name).chmod(0o755)
        outcome = asyncio.run(run(Path(name), args.appointments, args.changes))
    print(msgspec.json.format(msgspec.json.encode(outcome)).decode())
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
