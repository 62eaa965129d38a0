"""Who hears what, and that what they heard adds up to what is.

H-064, H-301, H-302, H-303; issue 7, items 1 and 7.
"""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from carewire.command import Ctx
from carewire.errors import Refusal, Unavailable
from carewire.event import REGISTRY, Event
from carewire.node import Node
from carewire.topic import find
from channels.appointment import events
from channels.appointment.jobs import AppointmentDue, HoldDue, SlotsChanged
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, pay, run_job
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import MakeSession, topic

HER = {"patient_id": people.PRIYA_PATIENT}
BY_NAME: dict[tuple[str, str], Any] = {
    (name, pattern.split(":")[0]): kind
    for (name, pattern), kind in REGISTRY.items()
    if kind.__module__ == events.__name__
}


LIKELY = (
    "state IN ('requested', 'booked') DESC, serial DESC",
    "state = 'appointment_confirmed' DESC, serial",
    "serial",
)
"""Which appointment somebody is likely to do something to."""


class Listener:
    """Somebody who took a snapshot and then only heard events."""

    def __init__(self, node: Node, name: str) -> None:
        self.node, self.name = node, name
        self.snapshot: Any = None
        self.heard = 0

    async def join(self) -> "Listener":
        self.snapshot, self.heard = await topic(self.node, self.name), len(await told(self.node, self.name))
        return self

    async def check(self) -> None:
        for name, data in (await told(self.node, self.name))[self.heard :]:
            kind = BY_NAME[name, self.name.split(":")[0]]
            self.snapshot = kind.apply(self.snapshot, msgspec.convert(data, kind))
            self.heard += 1
        assert self.snapshot == await topic(self.node, self.name), self.name


async def may(node: Node, caller: Caller, name: str) -> bool:
    """Would she be let in on this topic?"""
    found = find(name)
    assert found is not None
    assert caller.actor is not None
    async with node.db.snapshot() as tx:
        now = node.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        return (await found[0].may(ctx, [(caller.actor, found[1])]))[0] is not None


async def falls_due(node: Node, job: Any) -> None:
    """The job runs again where the machine was too busy for its transaction, as the runner would do it."""
    while True:
        try:
            await run_job(node, job)
        except Unavailable:
            continue
        return


async def test_snapshot_and_events_add_up_for_every_topic_through_a_busy_day(
    clinic: Node, vikram: Doctor, desk: Caller, doctor: Caller, patients: Patients, time_: ProductClock,
    make_session: MakeSession,
) -> None:  # fmt: skip
    """A seeded walk through all commands and jobs, on the database."""
    await vikram.sees(capacity=2, minutes=60, needs_confirmation=True)
    dice = random.Random(7)
    crowd = await patients(4)
    listeners = [await Listener(clinic, f"appointments:{patient_id}").join() for _, patient_id in crowd]
    for day in (0, 1):
        listeners.append(await Listener(clinic, f"agenda:{vikram.id}:{places.CLINIC}:{vikram.day(day)}").join())
        listeners.append(await Listener(clinic, f"slots:{vikram.id}:{vikram.day(day)}").join())
    time_.until(vikram.at(9, days=1), hours=20)
    await make_session(starts_at=time_.now(), ends_at=time_.now() + timedelta(hours=23), multi_room=True)
    verbs = ("hold", "book", "book", "release", "reschedule", "cancel", "confirm", "check_in", "call", "wait", "pay",
             "time", "hours", "update")  # fmt: skip
    done: dict[str, int] = {}
    for step in range(220):
        verb = dice.choice(verbs)
        caller, patient_id = dice.choice(crowd)
        slot = vikram.slot(dice.randint(8, 19), days=dice.choice((0, 0, 0, 1)))
        made = await rows(
            clinic, f"SELECT id FROM appointment WHERE state <> 'cancelled' ORDER BY {dice.choice(LIKELY)}"
        )
        held = await rows(clinic, "SELECT id, account_id FROM hold WHERE state = 'standing' ORDER BY id")
        which = str(made[0]["id"]) if made else str(uuid4())
        who = dice.choice((caller, desk, doctor))
        try:
            if verb in ("hold", "book"):
                await caller.call(f"appointment.{verb}", **slot, patient_id=patient_id)
            elif verb == "release" and held:
                owner = [c for c, p in crowd if c.actor and c.actor.id == held[0]["account_id"]]
                more = dice.choice(("release", "book"))
                await (owner or [caller])[0].call(f"appointment.{more}", hold_id=str(held[0]["id"]))
            elif verb == "reschedule":
                await who.call("appointment.reschedule", appointment_id=which, starts_at=slot["starts_at"])
            elif verb == "cancel":
                await who.call("appointment.cancel", appointment_id=which, reason="other")
            elif verb == "update":
                await caller.call("appointment.update", appointment_id=which, notes="Bring the reports")
            elif verb in ("confirm", "check_in"):
                await desk.call(f"appointment.{verb}", appointment_id=which)
            elif verb == "call":
                session = (await rows(clinic, "SELECT id FROM session WHERE state = 'live' ORDER BY id DESC"))[0]["id"]
                called = await desk.call("queue.call_next", session_id=str(session), room_id=places.ROOM_1,
                                         finish_current=True)  # fmt: skip
                await desk.call("queue.begin", token_id=called["id"])
            elif verb == "wait":
                day = dice.choice((0, 1))
                await caller.call("waitlist.join", doctor_id=vikram.id, place_id=places.CLINIC, mode="in_person",
                                  first=vikram.day(day), last=vikram.day(day), patient_id=patient_id)  # fmt: skip
            elif verb == "pay" and made:
                await pay(clinic, which)
            elif verb == "hours":
                await vikram.sees(capacity=dice.choice((1, 2, 3)), minutes=60, needs_confirmation=dice.random() < 0.5)
                await run_job(clinic, SlotsChanged(doctor_id=vikram.id))
            elif verb == "time":
                time_.turn(minutes=dice.randint(5, 25))
                for row in held:
                    await falls_due(clinic, HoldDue(hold_id=row["id"]))
                for row in made:
                    await falls_due(clinic, AppointmentDue(appointment_id=row["id"]))
        except Refusal:
            assert verb not in ("time", "hours"), "what falls due is refused by nobody"
            continue
        done[verb] = done.get(verb, 0) + 1
        if step % 20 == 0:
            for listener in listeners:
                await listener.check()
    await vikram.sees(capacity=50, minutes=60)
    await run_job(clinic, SlotsChanged(doctor_id=vikram.id))
    late = await desk.call("appointment.book", **vikram.slot(19, days=1), patient={"name": "Late"})
    time_.until(late["starts_at"], minutes=-5)
    await desk.call("appointment.no_show", appointment_id=late["id"])
    await desk.call("appointment.undo_no_show", appointment_id=late["id"])
    for listener in listeners:
        await listener.check()
    assert set(done) == set(verbs), done
    heard = {name for listener in listeners for name, _ in await told(clinic, listener.name)}
    assert heard == {kind.spec.name for kind in BY_NAME.values()}


async def test_who_may_hear_what(
    clinic: Node, vikram: Doctor, desk: Caller, doctor: Caller, priya: Caller, stranger: Caller, coordinator: Caller
) -> None:
    day = vikram.day()
    rights = {
        f"appointments:{people.PRIYA_PATIENT}": {priya},
        f"agenda:{vikram.id}:{places.CLINIC}:{day}": {desk, doctor},
        f"agenda:{vikram.id}:video:{day}": {doctor},
        f"agenda:{vikram.id}:{places.PHARMACY}:{day}": set(),
        f"agenda:{vikram.id}:{places.CLINIC}:tomorrow": set(),
        f"agenda:{uuid4()}:{places.CLINIC}:{day}": set(),
        f"slots:{vikram.id}:{day}": {desk, doctor, priya, stranger, coordinator},
        f"slots:{vikram.id}:20261128": set(),
        f"slots:{uuid4()}:{day}": set(),
    }
    for name, allowed in rights.items():
        for caller in (desk, doctor, priya, stranger, coordinator):
            assert await may(clinic, caller, name) == (caller in allowed), name


async def test_a_topic_has_one_name_only(vikram: Doctor) -> None:
    assert find(f"slots:{str(vikram.id).upper()}:{vikram.day()}") is None


async def test_the_doctors_hours_are_told_when_they_are_others(
    clinic: Node, vikram: Doctor, doctor: Caller, time_: ProductClock
) -> None:
    listener = await Listener(clinic, f"slots:{vikram.id}:{vikram.day()}").join()
    assert len(listener.snapshot.slots) == 56
    weekly = [
        {"weekday": n, "opens": "09:00:00", "closes": "10:00:00", "place_id": places.CLINIC, "slot_minutes": 30}
        for n in range(1, 8)
    ]
    await doctor.call("doctor.set_availability", doctor_id=vikram.id, weekly=weekly, leave=[], extra=[])
    (job,) = await rows(clinic, "SELECT name FROM job WHERE key = $1", f"slots:{vikram.id}")
    assert job["name"] == "appointment.slots_changed"
    await run_job(clinic, SlotsChanged(doctor_id=UUID(str(vikram.id))))
    await listener.check()
    assert [slot.starts_at.isoformat() for slot in listener.snapshot.slots] == [vikram.at(9), vikram.at(9, 30)]


async def test_who_follows_a_day_as_far_ahead_as_can_be_booked_hears_it_too(clinic: Node, vikram: Doctor) -> None:
    far = [await Listener(clinic, f"slots:{vikram.id}:{vikram.day(days)}").join() for days in (62, 200, 365)]
    await vikram.sees(capacity=3, horizon_days=365)
    waiting = [SlotsChanged(doctor_id=vikram.id)]
    while waiting:
        await run_job(clinic, waiting.pop())
        told_next = "DELETE FROM job WHERE key LIKE $1 RETURNING key"
        async with clinic.db.transaction() as tx:
            keys = [row["key"] for row in await tx.fetch(told_next, f"slots:{vikram.id}:%")]
        waiting += [SlotsChanged(doctor_id=vikram.id, first=date.fromisoformat(key.split(":")[-1])) for key in keys]
    for listener in far:
        await listener.check()
        assert {slot.capacity for slot in listener.snapshot.slots if slot.place_id} == {3}


def test_every_event_knows_how_to_be_applied() -> None:
    kinds = [k for k in vars(events).values() if isinstance(k, type) and issubclass(k, Event) and k is not Event]
    assert set(kinds) == set(BY_NAME.values())
    assert all(hasattr(kind, "apply") for kind in kinds)
