"""Who hears what, and that what they heard adds up to what is."""

import random
from datetime import timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import Refusal
from carewire.event import Event
from carewire.jobs.job import REGISTRY as JOBS
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.topic import find
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue import events
from channels.queue.demo import session_of, token_of
from channels.queue.events import BoardSnapshot, BoardUpdated, LineUpdated, QueueUpdated, TokenUpdated
from channels.queue.jobs import LineDue
from channels.queue.lifecycle import TOKEN
from channels.queue.projection import LineSnapshot
from tests.channels.callers import Caller, told
from tests.channels.queue.conftest import MakeSession, ProductClock, as_person, topic, walk_in

BY_PREFIX: dict[str, Any] = {"queue": QueueUpdated, "line": LineUpdated, "token": TokenUpdated, "board": BoardUpdated}


async def may(node: Node, actor: Actor | None, name: str) -> bool:
    """Would this actor be let in on this topic?"""
    found = find(name)
    assert found is not None
    assert actor is not None
    async with node.db.snapshot() as tx:
        now = node.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        return (await found[0].may(ctx, [(actor, found[1])]))[0] is not None


class Listener:
    """Somebody who took a snapshot and then only heard events."""

    def __init__(self, node: Node, name: str) -> None:
        self.node, self.name = node, name
        self.snapshot: Any = None
        self.heard = 0

    async def join(self) -> "Listener":
        self.snapshot, self.heard = await topic(self.node, self.name), len(await told(self.node, self.name))
        return self

    async def catch_up(self) -> None:
        kind = BY_PREFIX[self.name.split(":")[0]]
        for _, data in (await told(self.node, self.name))[self.heard :]:
            self.snapshot = kind.apply(self.snapshot, msgspec.convert(data, kind))
            self.heard += 1

    async def check(self) -> None:
        await self.catch_up()
        assert self.snapshot == await topic(self.node, self.name)


async def run_job(node: Node, job: Any) -> None:
    """The consumer as the runner would call it, in a transaction of its own."""
    from carewire.store import outbox

    async with node.db.transaction() as tx:
        now = node.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        await JOBS[type(job).spec.name].run(ctx, job)
        await outbox.finish([ctx], Vault(node.settings.secret))


async def test_snapshot_and_events_add_up_for_every_topic_through_a_busy_day(
    clinic: Node, desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    """A seeded walk through all commands, on the database, with two rooms."""
    session = await make_session(multi_room=True, capacity=200)
    dice = random.Random(11)
    listeners = [await Listener(clinic, f"{kind}:{session}").join() for kind in ("queue", "line")]
    ids: list[str] = []
    verbs = ("call", "undo", "recall", "begin", "complete", "skip", "away", "back", "leave", "no_show", "arrive")
    done = set()
    for n in range(160):
        verb = dice.choice(("walk_in", "expect", "next", "next", "move", "prioritise", "alert", "time", *verbs))
        name = f"queue:{session}"
        able = [str(t.id) for t in (await topic(clinic, name)).tokens if verb in TOKEN.legal(t.state)]
        token = dice.choice(able) if able else dice.choice(ids) if ids else None
        room = dice.choice((places.ROOM_1, places.ROOM_3))
        try:
            if verb == "walk_in":
                ids.append((await walk_in(desk, session, f"Patient {n}"))["id"])
                listeners.append(await Listener(clinic, f"token:{ids[-1]}").join())
            elif verb == "expect":
                due = time.now() + timedelta(minutes=dice.randint(-20, 40))
                made = await desk.call("queue.expect", session_id=session, name=f"Booked {n}", due_at=due.isoformat())
                ids.append(made["id"])
                listeners.append(await Listener(clinic, f"token:{ids[-1]}").join())
            elif verb == "next":
                await desk.call("queue.call_next", session_id=session, room_id=room, finish_current=True)
            elif verb == "time":
                time.turn(minutes=dice.randint(1, 12))
                await run_job(clinic, LineDue(session_id=UUID(session)))
            elif token is None:
                continue
            elif verb == "move":
                await desk.call("queue.move", token_id=token, before=dice.randint(0, 3))
            elif verb == "prioritise":
                await desk.call("queue.prioritise", token_id=token, reason=dice.choice(("elderly", "emergency", None)))
            elif verb == "alert":
                await desk.call("queue.alert", token_id=token, before=1)
            else:
                more = {"room_id": room} if verb == "call" else {}
                await desk.call(f"queue.{verb}", token_id=token, **more)
            done.add(verb)
        except Refusal:
            continue
        if n % 20 == 0:
            for listener in listeners:
                await listener.check()
    for moved in ("session.pause", "session.resume", "session.update"):
        more = {"session.pause": {"reason": "rounds"}, "session.update": {"average_minutes": 20}}.get(moved, {})
        await desk.call(moved, session_id=session, **more)
    for listener in listeners:
        await listener.check()
    assert len(done) >= 14, done


async def test_a_change_is_one_event_for_the_desk_and_one_for_the_room_however_long_the_line(
    clinic: Node, desk: Caller, session: str
) -> None:
    ids = [(await walk_in(desk, session, f"Patient {n}"))["id"] for n in range(12)]
    heard = {name: len(await told(clinic, name)) for name in (f"queue:{session}", f"line:{session}")}
    others = [len(await told(clinic, f"token:{token}")) for token in ids[1:]]
    await desk.call("queue.call_next", session_id=session)
    for name, count in heard.items():
        assert len(await told(clinic, name)) == count + 1
    data = (await told(clinic, f"queue:{session}"))[-1][1]
    assert [t["number"] for t in data["tokens"]] == [1]
    assert [len(await told(clinic, f"token:{token}")) for token in ids[1:]] == others


async def test_a_pause_moves_every_expected_time_by_one_event(clinic: Node, desk: Caller, session: str) -> None:
    for n in range(3):
        await walk_in(desk, session, f"Patient {n}")
    before = await topic(clinic, f"line:{session}")
    until = clinic.clock.now() + timedelta(hours=1)
    await desk.call("session.pause", session_id=session, reason="break", resumes_at=until.isoformat())
    after = await topic(clinic, f"line:{session}")
    assert after.sitting.paused_reason == "break"
    assert all(b.mid > a.mid + timedelta(minutes=50) for a, b in zip(before.curve, after.curve, strict=True))


async def test_a_snapshot_repeats_what_was_told_and_does_not_reckon_anew(
    clinic: Node, desk: Caller, session: str, time: ProductClock
) -> None:
    await walk_in(desk, session, "Patient")
    before = await topic(clinic, f"line:{session}")
    time.turn(minutes=1)
    assert await topic(clinic, f"line:{session}") == before


async def test_nearness_is_told_once(clinic: Node, desk: Caller, session: str) -> None:
    ids = [(await walk_in(desk, session, f"Patient {n}"))["id"] for n in range(4)]
    await desk.call("queue.alert", token_id=ids[3], before=1)
    for token in ids[:3]:
        await desk.call("queue.call_next", session_id=session, finish_current=True)
        await desk.call("queue.begin", token_id=token)
    whats = [data["what"] for _, data in await told(clinic, f"token:{ids[3]}")]
    assert whats == ["arrived", "changed", "near"]


async def test_who_asked_for_minutes_hears_of_a_start_that_is_near_before_it_happens(
    clinic: Node, desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    starts = time.now() + timedelta(minutes=30)
    session = await make_session(live=False, starts_at=starts, ends_at=starts + timedelta(hours=2))
    token = (await walk_in(desk, session, "First In Line"))["id"]
    await desk.call("queue.alert", token_id=token, minutes=20)
    time.turn(minutes=11)
    await run_job(clinic, LineDue(session_id=UUID(session)))
    assert [data["what"] for _, data in await told(clinic, f"token:{token}")] == ["arrived", "changed", "near"]


async def test_a_pause_without_an_announced_end_promises_nothing_to_be_near_to(
    clinic: Node, desk: Caller, session: str, time: ProductClock
) -> None:
    await desk.call("session.pause", session_id=session, reason="emergency")
    token = (await walk_in(desk, session, "Waiting"))["id"]
    await desk.call("queue.alert", token_id=token, minutes=30)
    assert [data["what"] for _, data in await told(clinic, f"token:{token}")] == ["arrived", "changed"]
    until = time.now() + timedelta(minutes=20)
    await desk.call("session.resume", session_id=session)
    await desk.call("session.pause", session_id=session, reason="break", resumes_at=until.isoformat())
    assert [data["what"] for _, data in await told(clinic, f"token:{token}")][2:] == ["near"]


async def test_who_may_hear_what(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, stranger: Caller, session: str
) -> None:
    mine = (await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT))["id"]
    other = (await walk_in(desk, session, "Other"))["id"]
    rights = {
        f"queue:{session}": {desk, doctor},
        f"line:{session}": {desk, doctor, priya},
        f"token:{mine}": {desk, doctor, priya},
        f"token:{other}": {desk, doctor},
        f"board:{uuid4()}": set(),
        f"line:{uuid4()}": set(),
    }
    for name, allowed in rights.items():
        for caller in (desk, doctor, priya, stranger):
            assert await may(clinic, caller.actor, name) == (caller in allowed), name


async def test_with_the_token_goes_the_right_to_hear_the_line(clinic: Node, priya: Caller, session: str) -> None:
    token = (await priya.call("queue.join", session_id=session, patient_id=people.ARJUN_PATIENT))["id"]
    before = len(await told(clinic, f"rights:{people.PRIYA.account_id}"))
    await priya.call("queue.leave", token_id=token)
    assert not await may(clinic, priya.actor, f"line:{session}")
    assert await may(clinic, priya.actor, f"token:{token}")
    assert len(await told(clinic, f"rights:{people.PRIYA.account_id}")) == before + 1


def texts(kind: Any, path: str = "") -> set[str]:
    """Every field below a type that can hold free text."""
    if kind is str:
        return {path}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return set().union(*(texts(hints[f], f"{path}.{f}") for f in kind.__struct_fields__))
    return set().union(*(texts(part, path) for part in get_args(kind)))


@pytest.mark.parametrize("kind", [LineSnapshot, LineUpdated, BoardSnapshot, BoardUpdated], ids=lambda k: k.__name__)
def test_what_a_display_hears_has_no_place_for_a_patients_name(kind: type) -> None:
    """Free text is only what the clinic calls its rooms, doctors and itself."""
    allowed = {"room", "label", "place", "zone", "doctor", "specialty"}
    assert {path.rsplit(".", 1)[1] for path in texts(kind)} <= allowed


def test_every_event_knows_how_to_be_applied() -> None:
    kinds = [k for k in vars(events).values() if isinstance(k, type) and issubclass(k, Event) and k is not Event]
    assert set(kinds) == set(BY_PREFIX.values())


async def test_the_demo_has_a_live_line_and_seeding_again_changes_nothing(clinic: Node) -> None:
    from channels.queue import demo

    day = clinic.clock.now().astimezone(demo.ZONE).date()
    first = await topic(clinic, f"queue:{session_of(day, 1)}")
    async with clinic.db.transaction() as tx:
        await demo.seed(tx, clinic.clock.now())
    assert await topic(clinic, f"queue:{session_of(day, 1)}") == first
    assert {t.state for t in first.tokens} == {"completed", "in_consultation", "waiting", "expected"}
    priya = as_person(clinic, people.PRIYA)
    assert await may(clinic, priya.actor, f"token:{token_of(day, 6)}")
