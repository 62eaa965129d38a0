"""A line moved by many at once is the line moved by each in turn; what is told once for all adds up."""

import asyncio
import random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from carewire.errors import NotFound, Refusal
from carewire.node import Node
from carewire.settings import Settings
from channels.directory import demo as places
from channels.identity import Capacity
from channels.identity import demo as people
from channels.queue.events import LineUpdated, QueueUpdated
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession, ProductClock, as_person, colleague, topic, walk_in

ROOMS = (places.ROOM_2, places.ROOM_3)
FAMILY = (people.PRIYA_PATIENT, people.ARJUN_PATIENT, people.KAMLA_PATIENT)


class Still(ProductClock):
    """Time stands, so that two ways of doing the same give the same times."""

    def __init__(self) -> None:
        super().__init__()
        self.at = super().now()

    def now(self) -> Any:
        return self.at + self.ahead


async def attempt(who: Caller, method: str, **params: Any) -> Any:
    try:
        return await who.call(method, **params)
    except Refusal as refusal:
        return refusal


def shown(end: Any) -> Any:
    """An end without the ids, which differ."""
    if isinstance(end, Refusal):
        return end.reason
    return {name: end.get(name) for name in ("name", "number", "state", "kind", "room", "priority", "calls")}


async def snapshot(node: Node, session: str) -> list[Any]:
    return [
        (t.name, t.number, t.state, t.kind, t.room, t.priority, t.calls)
        for t in (await topic(node, f"queue:{session}")).tokens
    ]


async def check_sum(node: Node, session: str, kind: Any, name: str, begin: Any) -> None:
    """The first snapshot and all events are the snapshot of now."""
    state = begin
    for _, data in await told(node, name):
        state = kind.apply(state, msgspec.convert(data, kind))
    assert state == await topic(node, name)


@pytest.mark.parametrize("seed", range(4))
async def test_a_batch_on_a_line_is_its_members_one_by_one(
    clinic: Node, settings: Settings, make_session: MakeSession, seed: int
) -> None:
    rng = random.Random(seed)
    clinic.dispatcher.clock = clock = Still()
    alone = Node(msgspec.structs.replace(settings, batch=0))
    await alone.start()
    alone.dispatcher.clock = clock
    lines = [await make_session(multi_room=True, remote_join=True, capacity=30) for _ in range(2)]
    desks = [[await colleague(clinic, 10 * n + m) for m in range(3)] for n in range(2)]
    for desk in desks[1]:
        desk.node = alone
    strangers = [as_person(node, people.PHARMACIST, Capacity.STAFF) for node in (clinic, alone)]
    begins = [await topic(clinic, name) for name in (f"queue:{lines[0]}", f"line:{lines[0]}")]
    try:
        for _ in range(10):
            method, asks = draw(rng)
            picks = [rng.randrange(4) for _ in asks]
            ends = []
            for n, line in enumerate(lines):
                crew = [*desks[n], strangers[n]]
                calls = [
                    attempt(crew[pick], method, session_id=line, **params)
                    for params, pick in zip(asks, picks, strict=True)
                ]
                ends.append(await asyncio.gather(*calls) if n == 0 else [await one for one in calls])
            assert [shown(end) for end in ends[0]] == [shown(end) for end in ends[1]]
            assert await snapshot(clinic, lines[0]) == await snapshot(clinic, lines[1])
            for token in (await topic(clinic, f"queue:{lines[0]}")).tokens:
                twin = next(t for t in (await topic(clinic, f"queue:{lines[1]}")).tokens if t.number == token.number)
                if token.state == "called" and rng.random() < 0.7:
                    await desks[0][0].call("queue.begin", token_id=str(token.id))
                    await desks[1][0].call("queue.begin", token_id=str(twin.id))
            clock.turn(minutes=3)
    finally:
        await alone.stop()
    await check_sum(clinic, lines[0], QueueUpdated, f"queue:{lines[0]}", begins[0])
    await check_sum(clinic, lines[0], LineUpdated, f"line:{lines[0]}", begins[1])
    made = [await rows(clinic, MOVES_OF, UUID(line)) for line in lines]  # who moved what, from where to where
    names = [[(row["what"], row["number"], row["from_state"], row["to_state"]) for row in moves] for moves in made]
    assert sorted(map(str, names[0])) == sorted(map(str, names[1]))


MOVES_OF = """SELECT m.what, t.number, m.from_state, m.to_state FROM token_move m JOIN token t ON t.id = m.token_id
               WHERE t.session_id = $1 AND m.what <> 'time'"""


def draw(rng: random.Random) -> tuple[str, list[dict[str, Any]]]:
    """What the desks do in one moment."""
    if rng.random() < 0.5:
        return "queue.walk_in", [
            {
                "name": f"Patient {rng.randrange(15)}",
                "phone": rng.choice((None, "+919911100011", "+919911100012")),
                "priority": rng.choice((None, None, None, "elderly", "emergency")),
            }
            for _ in range(rng.randint(1, 12))
        ]
    return "queue.call_next", [
        {"room_id": str(rng.choice((*ROOMS, places.ROOM_1))), "finish_current": rng.random() < 0.7}
        for _ in range(rng.randint(1, 6))
    ]


async def test_a_family_joins_at_once_and_each_is_told_once(
    priya: Caller, stranger: Caller, session: str, clinic: Node
) -> None:
    """Two of the three have room: the demo's live line holds one of Priya's family already."""
    before = len(await told(clinic, f"queue:{session}"))
    ends = await asyncio.gather(
        *(attempt(priya, "queue.join", session_id=session, patient_id=str(one)) for one in FAMILY),
        attempt(priya, "queue.join", session_id=session, patient_id=str(people.WALK_IN_PATIENT)),
        attempt(priya, "queue.join", session_id=session),
        attempt(priya, "queue.join", session_id=str(uuid4()), patient_id=str(FAMILY[0])),
    )
    assert [shown(end) if isinstance(end, Refusal) else "ok" for end in ends] == [
        "ok",
        "ok",
        "too_many_tokens",
        "not_found",
        "invalid_params",
        "not_found",
    ]
    events = await told(clinic, f"queue:{session}")
    assert len(events) - before == 1  # one event for the line, one for each token
    assert len(events[-1][1]["tokens"]) == 2
    for end in ends[:2]:
        assert [data["what"] for _, data in await told(clinic, f"token:{end['id']}")] == ["joined"]


async def test_each_of_eight_counters_that_call_in_one_moment_is_answered_and_announced(
    clinic: Node, desk: Caller, make_session: MakeSession
) -> None:
    session = await make_session(multi_room=True)
    for n in range(3):
        await walk_in(desk, session, f"Waiting {n}")
    ends = await asyncio.gather(
        *(attempt(desk, "queue.call_next", session_id=session, room_id=str(room)) for room in (*ROOMS, *ROOMS))
    )
    assert [end.reason if isinstance(end, Refusal) else end["number"] for end in ends] == [
        1,
        2,
        "room_busy",
        "room_busy",
    ]
    _, data = (await told(clinic, f"line:{session}"))[-1]
    assert [(t["number"], t["state"], t["room"] is not None) for t in data["tokens"] if t["state"] == "called"] == [
        (1, "called", True),
        (2, "called", True),
    ]


async def test_a_stranger_in_the_batch_finds_nothing_and_locks_nothing(
    clinic: Node, desk: Caller, stranger: Caller, session: str
) -> None:
    holder = await asyncpg.connect(clinic.settings.database_url)
    async with holder.transaction():
        await holder.execute("SELECT FROM session WHERE id = $1 FOR UPDATE", session)
        # She would wait in vain for the lock, and hear that it is busy, if she tried to take it.
        end = await attempt(stranger, "queue.walk_in", session_id=session, name="Spy")
    await holder.close()
    assert isinstance(end, NotFound)
    ends = await asyncio.gather(
        attempt(stranger, "queue.walk_in", session_id=session, name="Spy"),
        attempt(desk, "queue.walk_in", session_id=session, name="Guest"),
    )
    assert [shown(end) if isinstance(end, Refusal) else end["number"] for end in ends] == ["not_found", 1]
