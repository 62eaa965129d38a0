"""The demo clinic's people as callers, and sittings to queue in."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from carewire.actor import Actor
from carewire.command import Ctx
from carewire.node import Node
from carewire.topic import find
from channels.directory import demo as places
from channels.identity import Capacity
from channels.identity import demo as people
from channels.identity.demo import Person
from channels.queue.demo import ZONE
from tests.channels.callers import Caller, TurnableClock

MakeSession = Callable[..., Awaitable[str]]


class ProductClock(TurnableClock):
    """Here the product's time is turned too: a line lives by it."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def turn_to_morning(self) -> None:
        """On to ten o'clock at the clinic: no midnight lies between the beginning and the end of a test."""
        here = self.now().astimezone(ZONE)
        self.ahead += (here.replace(hour=10, minute=0, second=0, microsecond=0) - here) % timedelta(days=1)


@pytest.fixture
def time(clinic: Node) -> ProductClock:
    """The dispatcher's clock, to be turned by hand."""
    turned = ProductClock()
    clinic.dispatcher.clock = turned
    return turned


@pytest.fixture
def morning(time: ProductClock) -> ProductClock:
    """The same for who stays within a day; ask for it before the sitting."""
    time.turn_to_morning()
    return time


def as_person(node: Node, person: Person, *more: Capacity) -> Caller:
    """A caller who is logged in as this person of the demo."""
    found = Caller(node)
    found.actor = Actor(
        id=person.account_id,
        login_id=uuid4(),
        capacities=frozenset(str(c) for c in (*person.capacities, *more)),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return found


def admin_of(node: Node) -> Caller:
    """The administrator of the demo."""
    return as_person(node, Person(people.ADMIN_ID, "", "Admin", "en", (Capacity.ADMIN,)))


@pytest.fixture
def desk(clinic: Node) -> Caller:
    """The front desk of the demo clinic. Test databases are clones, so the shared allowances are told apart here."""
    clinic.limits.deployment = str(uuid4())
    return as_person(clinic, people.DESK, Capacity.STAFF)


@pytest.fixture
def doctor(clinic: Node) -> Caller:
    """Dr. Vikram, who works at the clinic and has no duty at its desk."""
    return as_person(clinic, people.VIKRAM)


@pytest.fixture
def priya(clinic: Node) -> Caller:
    """A patient with a family of three."""
    return as_person(clinic, people.PRIYA)


@pytest.fixture
def stranger(clinic: Node) -> Caller:
    """Staff and doctor by capacity, but of another place."""
    return as_person(clinic, people.PHARMACIST, Capacity.STAFF, Capacity.DOCTOR)


@pytest_asyncio.fixture
async def make_session(clinic: Node, desk: Caller) -> MakeSession:
    """Plan a sitting of Dr. Vikram that has just begun; `live=True` starts it."""

    async def make(*, live: bool = True, **more: Any) -> str:
        now = clinic.dispatcher.clock.now()
        values: dict[str, Any] = {
            "place_id": places.CLINIC,
            "doctor_id": places.DOCTOR_VIKRAM,
            "room_id": None if more.get("multi_room") else places.ROOM_2,
            "starts_at": now,  # today, also a moment after midnight
            "ends_at": now + timedelta(hours=4),
        }
        made = await desk.call("session.create", **values | more)
        if live:
            await desk.call("session.start", session_id=made["id"])
        return str(made["id"])

    return make


@pytest_asyncio.fixture
async def session(make_session: MakeSession) -> str:
    """A live sitting in room 2 that allows joining from afar."""
    return await make_session(remote_join=True)


async def colleague(node: Node, number: int) -> Caller:
    """One more person at the front desk; each has an allowance of commands of her own."""
    person = Person(uuid4(), f"+9199000010{number:02d}", f"Colleague {number}", "en", ())
    now = datetime.now(UTC)
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO account (id, phone, name, created_at) VALUES ($1, $2, $3, $4)",
            person.account_id,
            person.phone,
            person.name,
            now,
        )
        await tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'front_desk', $3)",
            person.account_id,
            places.CLINIC,
            now,
        )
    return as_person(node, person, Capacity.STAFF)


async def walk_in(desk: Caller, session: str, name: str, **more: Any) -> Any:
    return await desk.call("queue.walk_in", session_id=session, name=name, **more)


async def topic(node: Node, name: str) -> Any:
    """A topic's snapshot as a newcomer would get it, decoded into its type."""
    declared = find(name)
    assert declared is not None
    topic, values = declared
    async with node.db.snapshot() as tx:
        now = node.dispatcher.clock.now()
        snapshot = await topic.snapshot(Ctx(tx=tx, now=now, real_now=now, settings=node.settings), *values)
    return msgspec.json.decode(msgspec.json.encode(snapshot), type=topic.returns)
