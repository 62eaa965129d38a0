"""Competing holds, bookings, moves, cancellations, expiries and overrides on few seats, from many callers at once.

    python -m tests.channels.appointment.storm --attempts 100000 --slots 1000 [--no-locks] [--sockets 50]

It answers what became of the attempts and how far any slot was ever over its capacity, looked at all the while.
"""

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from carewire.actor import Actor
from carewire.app import create_app
from carewire.client import Client, Refused
from carewire.command import Ctx
from carewire.discovery import discover
from carewire.embedded import Postgres, Valkey
from carewire.errors import Overloaded, Refusal, Unavailable
from carewire.gateway import server
from carewire.jobs.job import REGISTRY as JOBS
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.settings import Settings
from carewire.store import outbox
from carewire.store.constraints import translate
from carewire.store.db import Database
from carewire.store.migrate import migrate
from channels.appointment import days
from channels.appointment.jobs import HoldDue
from channels.directory import demo as places
from channels.identity.logins import open_login
from channels.seed import seed
from tests.channels.callers import Caller

CAPACITIES = (1, 2, 3, 4, 5)
SLOTS_A_DAY = 60
"""Of one doctor: five windows of an hour, one for each capacity, in slots of five minutes."""
VERBS = ("hold", "hold", "book", "book", "book_hold", "release", "reschedule", "cancel", "expire", "override")


class Speaker(Protocol):
    """Somebody who calls commands: through the dispatcher, or over a socket."""

    async def call(self, method: str, /, **params: Any) -> Any: ...


@dataclass
class Report:
    """What became of it."""

    attempts: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    most_over: int = 0
    looks: int = 0
    seats: int = 0
    overrides: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.attempts} attempts in {self.seconds:.1f} s ({self.attempts / max(self.seconds, 0.001):.0f}/s)\n"
            f"  done     {dict(self.done.most_common())}\n  refused  {dict(self.refused.most_common())}\n"
            f"  {self.seats} seats taken in the end, {self.overrides} of them by an override\n"
            f"  over capacity: {self.most_over}, in {self.looks} looks"
        )


OVER = """
SELECT coalesce(max(sits - capacity), 0) FROM (
    SELECT s.capacity, count(*) FILTER (WHERE t.override_id IS NULL) AS sits
      FROM slot s JOIN seat t ON t.slot_id = s.id GROUP BY s.id) x"""
WRONG = """
SELECT (SELECT count(*) FROM appointment a WHERE (a.state <> 'cancelled') <>
               EXISTS (SELECT FROM seat s WHERE s.appointment_id = a.id AND s.slot_id = a.slot_id))
     + (SELECT count(*) FROM hold h WHERE (h.state = 'standing') <> EXISTS (SELECT FROM seat s WHERE s.hold_id = h.id))
     + (SELECT count(*) FROM seat s LEFT JOIN slot_override o ON o.id = s.override_id
         WHERE s.override_id IS NOT NULL AND o.appointment_id IS DISTINCT FROM s.appointment_id)"""


@contextmanager
def without_locks() -> Iterator[None]:
    """The application's own locks are not there: what is left are the constraints of the database."""
    kept = days.LOCK, days.FOR_UPDATE, days.FOR_UPDATE_OF_HOLD
    days.LOCK = "SELECT $1::uuid, $2::date[]"  # type: ignore[misc]
    days.FOR_UPDATE = days.FOR_UPDATE_OF_HOLD = ""  # type: ignore[misc]
    try:
        yield
    finally:
        days.LOCK, days.FOR_UPDATE, days.FOR_UPDATE_OF_HOLD = kept  # type: ignore[misc]


class Field:
    """Doctors with slots of capacity one to five, and patients with accounts of their own."""

    def __init__(self, db: Database, slots: int, patients: int) -> None:
        self.db = db
        self.doctors: list[UUID] = []
        self.owners: dict[UUID, UUID] = {}
        self.patients: list[tuple[UUID, UUID]] = []
        self.slots: list[dict[str, Any]] = []
        self._wanted, self._people = slots, patients

    async def plant(self) -> None:
        """All of it, at the demo's clinic, for the days after tomorrow."""
        now = datetime.now(UTC)
        each = min(self._wanted, 2 * SLOTS_A_DAY)
        async with self.db.transaction() as tx:
            await tx.execute("UPDATE admin_settings SET value = value || '{\"holds_max\": 50}'::jsonb")
            for number in range(-(-self._wanted // each)):
                await self._doctor(tx, number, now)
            for number in range(self._people):
                await self._patient(tx, number, now)
        first = (now + timedelta(days=2)).date()
        for doctor_id in self.doctors:
            for n in range(each):
                day, which = divmod(n, SLOTS_A_DAY)
                hour, minute = divmod(which * 5, 60)
                starts = datetime.combine(first + timedelta(days=day), wall(8 + hour, minute), tzinfo=UTC)
                self.slots.append({
                    "doctor_id": doctor_id,
                    "place_id": places.CLINIC,
                    "mode": "in_person",
                    "starts_at": (starts - timedelta(hours=5, minutes=30)).isoformat(),
                })  # fmt: skip
            async with self.db.transaction() as tx:
                await tx.execute(
                    "INSERT INTO slot_day (doctor_id, day) SELECT $1, $2::date + n FROM generate_series(0, 2) n",
                    doctor_id,
                    first,
                )

    async def _doctor(self, tx: Any, number: int, now: datetime) -> None:
        account_id, doctor_id = uuid4(), uuid4()
        phone = f"+91970001{number:04d}"
        await tx.execute("INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, 'Dr. Storm', $3)",
                         account_id, phone, now)  # fmt: skip
        await tx.execute("INSERT INTO account_capacity (account_id, capacity, state, since)"
                         " VALUES ($1, 'doctor', 'active', $2)", account_id, now)  # fmt: skip
        await tx.execute("INSERT INTO doctor (id, account_id, name, specialty, created_at)"
                         " VALUES ($1, $2, 'Dr. Storm', 'cardiology', $3)", doctor_id, account_id, now)  # fmt: skip
        await tx.execute("INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)"
                         " VALUES ($1, $2, 'accepted', $3, $3)", doctor_id, places.CLINIC, now)  # fmt: skip
        await tx.executemany(
            "INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes, mode, slot_minutes, capacity)"
            " VALUES ($1, $2, $3, $4, $5, 'in_person', 5, $6)",
            [
                (doctor_id, places.CLINIC, weekday, wall(8 + n), wall(9 + n), capacity)
                for weekday in range(1, 8)
                for n, capacity in enumerate(CAPACITIES)
            ],
        )
        self.doctors.append(doctor_id)
        self.owners[doctor_id] = account_id

    async def _patient(self, tx: Any, number: int, now: datetime) -> None:
        account_id, patient_id = uuid4(), uuid4()
        phone = f"+91971{number:07d}"
        await tx.execute("INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
                         account_id, phone, f"Storm {number}", now)  # fmt: skip
        await tx.execute("INSERT INTO account_capacity (account_id, capacity, state, since)"
                         " VALUES ($1, 'patient', 'active', $2)", account_id, now)  # fmt: skip
        await tx.execute("INSERT INTO patient (id, name, phone, created_at) VALUES ($1, $2, $3, $4)",
                         patient_id, f"Storm {number}", phone, now)  # fmt: skip
        await tx.execute("INSERT INTO guardianship (account_id, patient_id, kind, since) VALUES ($1, $2, 'self', $3)",
                         account_id, patient_id, now)  # fmt: skip
        self.patients.append((account_id, patient_id))


def speak(node: Node, account_id: UUID, capacity: str) -> Caller:
    """A caller without a socket."""
    caller = Caller(node)
    caller.actor = Actor(
        id=account_id,
        login_id=uuid4(),
        capacities=frozenset({capacity}),
        expires_at=datetime.now(UTC) + timedelta(hours=12),
    )
    return caller


class Storm:
    """The weather over a field."""

    def __init__(self, field_: Field, settings: Settings, *, seed_: int = 1) -> None:
        self.field, self.settings = field_, settings
        self.dice = random.Random(seed_)
        self.report = Report()
        self.began = 0.0
        self.holds: list[tuple[str, Speaker]] = []
        self.appointments: list[tuple[str, UUID]] = []

    async def blow(
        self, people: list[tuple[Speaker, UUID]], heads: dict[UUID, Speaker], attempts: int, at_once: int
    ) -> Report:
        """So many attempts, `at_once` at any moment; meanwhile somebody looks whether a slot is over its capacity."""
        self.began = time.perf_counter()
        left = iter(range(attempts))
        over = asyncio.Event()
        watching = asyncio.create_task(self._watch(over))

        async def act() -> None:
            for _ in left:
                await self._attempt(*self.dice.choice(people), heads)

        await asyncio.gather(*(act() for _ in range(at_once)))
        over.set()
        await watching
        async with self.field.db.snapshot() as tx:
            wrong = await tx.fetchval(WRONG)
            assert wrong == 0, f"{wrong} appointments, holds or overrides and their seats contradict each other"
            self.report.seats = await tx.fetchval("SELECT count(*) FROM seat")
            self.report.overrides = await tx.fetchval("SELECT count(*) FROM seat WHERE override_id IS NOT NULL")
        self.report.seconds = time.perf_counter() - self.began
        return self.report

    async def _watch(self, over: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(Unavailable, Overloaded):  # a server under a storm; the next look finds it
                async with self.field.db.snapshot() as tx:
                    self.report.most_over = max(self.report.most_over, await tx.fetchval(OVER))
                self.report.looks += 1
                if over.is_set():
                    return
            try:
                await asyncio.wait_for(over.wait(), 0.1)
            except TimeoutError:
                continue

    async def _attempt(self, speaker: Speaker, patient_id: UUID, heads: dict[UUID, Speaker]) -> None:
        verb = self.dice.choice(VERBS)
        self.report.attempts += 1
        if self.report.attempts % 10_000 == 0:
            self.report.seconds = time.perf_counter() - self.began
            print(self.report, flush=True)
        try:
            await self._do(verb, speaker, patient_id, heads)
        except (Refusal, Refused) as refused:
            self.report.refused[refused.reason] += 1
        else:
            self.report.done[verb] += 1

    async def _do(self, verb: str, speaker: Speaker, patient_id: UUID, heads: dict[UUID, Speaker]) -> None:
        slot = self.dice.choice(self.field.slots)
        if verb == "hold":
            held = await speaker.call("appointment.hold", **slot, patient_id=patient_id)
            self.holds.append((held["id"], speaker))
        elif verb == "book" or (verb in ("book_hold", "release", "expire") and not self.holds):
            made = await speaker.call("appointment.book", **slot, patient_id=patient_id)
            self.appointments.append((made["id"], slot["doctor_id"]))
        elif verb == "book_hold":
            hold_id, owner = self.holds.pop(self.dice.randrange(len(self.holds)))
            await owner.call("appointment.book", hold_id=hold_id)
        elif verb == "release":
            hold_id, owner = self.holds.pop(self.dice.randrange(len(self.holds)))
            await owner.call("appointment.release", hold_id=hold_id)
        elif verb == "expire":
            await self._expire(UUID(self.holds.pop(0)[0]))
        elif verb == "override":
            head = heads[slot["doctor_id"]]
            granted = await head.call("appointment.grant_override", **slot, reason="a storm")
            more = {"override_id": granted["id"], "patient_id": patient_id}
            twice = [speaker.call("appointment.book", **slot, **more) for _ in range(2)]
            answers = await asyncio.gather(*twice, return_exceptions=True)
            made_ = [answer for answer in answers if isinstance(answer, dict)]
            assert len(made_) <= 1, "an override was used twice"
            self.appointments += [(one["id"], slot["doctor_id"]) for one in made_]
        elif self.appointments:
            which = self.dice.randrange(len(self.appointments))
            appointment_id, doctor_id = self.appointments[which]
            if verb == "cancel":
                self.appointments.pop(which)
                await heads[doctor_id].call("appointment.cancel", appointment_id=appointment_id, reason="other")
            else:
                others = [one for one in self.field.slots if one["doctor_id"] == doctor_id]
                starts_at = self.dice.choice(others)["starts_at"]
                await heads[doctor_id].call(
                    "appointment.reschedule", appointment_id=appointment_id, starts_at=starts_at
                )

    async def _expire(self, hold_id: UUID) -> None:
        """The job that ends a hold, an hour after its time."""
        import asyncpg

        try:
            async with self.field.db.transaction() as tx:
                later = datetime.now(UTC) + timedelta(hours=1)
                ctx = Ctx(tx=tx, now=later, real_now=later, settings=self.settings)
                await JOBS[HoldDue.spec.name].run(ctx, HoldDue(hold_id=hold_id))
                await outbox.finish([ctx], Vault(self.settings.secret))
        except asyncpg.PostgresError as error:
            raise translate(error) or Refusal() from error


async def callers(field_: Field, nodes: list[Node]) -> tuple[list[tuple[Speaker, UUID]], dict[UUID, Speaker]]:
    """Everybody without a socket, on these nodes in turn."""
    people: list[tuple[Speaker, UUID]] = [
        (speak(nodes[n % len(nodes)], account_id, "patient"), patient_id)
        for n, (account_id, patient_id) in enumerate(field_.patients)
    ]
    heads: dict[UUID, Speaker] = {
        doctor_id: speak(nodes[0], account_id, "doctor") for doctor_id, account_id in field_.owners.items()
    }
    return people, heads


async def sockets(field_: Field, settings: Settings, url: str) -> tuple[list[Any], dict[UUID, Any], list[Client]]:
    """Everybody on a socket of her own."""

    async def enter(account_id: UUID) -> Client:
        async with field_.db.transaction() as tx:
            now = datetime.now(UTC)
            login = await open_login(Ctx(tx=tx, now=now, real_now=now, settings=settings), account_id, "storm")
        client = Client(url, reconnect=False)
        await client.open()
        await client.authenticate(login.access_token)
        return client

    people = [(await enter(account_id), patient_id) for account_id, patient_id in field_.patients]
    heads = {doctor_id: await enter(account_id) for doctor_id, account_id in field_.owners.items()}
    return people, heads, [client for client, _ in people] + list(heads.values())


async def main() -> None:
    """A whole storm on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--slots", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-locks", action="store_true")
    parser.add_argument("--sockets", action="store_true")
    given = parser.parse_args()
    discover("channels")
    folder = Path(tempfile.mkdtemp(prefix="cw-storm-"))
    folder.chmod(0o755)  # noqa: ASYNC240 - once, before anything runs
    async with Postgres(folder, fsync=False, settings={"max_connections": 100}) as postgres, Valkey(folder) as valkey:
        settings = Settings(secret="a storm needs a secret of some length", database_url=postgres.url,
                            redis_url=valkey.url, data=folder, pool=20, jobs="apart", node="storm")  # fmt: skip
        await migrate(postgres.url)
        await seed(postgres.url, settings)
        db = Database(postgres.url, pool_max=4)
        await db.open()
        field_ = Field(db, given.slots, given.people)
        await field_.plant()
        storm = Storm(field_, settings, seed_=given.seed)
        running: list[Any] = []
        if given.sockets:
            gateway = await server.start(create_app(settings), settings)
            people, heads, _ = await sockets(field_, settings, gateway.url)
            running = [gateway]
        else:
            running = [Node(settings), Node(settings)]
            for node in running:
                await node.start()
            people, heads = await callers(field_, running)
        if given.no_locks:
            with without_locks():
                print(await storm.blow(people, heads, given.attempts, given.at_once))
        else:
            print(await storm.blow(people, heads, given.attempts, given.at_once))
        for one in running:
            await one.stop()
        await db.close()


if __name__ == "__main__":
    asyncio.run(main())
