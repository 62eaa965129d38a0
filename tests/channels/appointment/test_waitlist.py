"""Waiting for a seat: what becomes free is held for who has waited longest, at once, and for nobody else meanwhile.

Issue 7, items 2; PRODUCT 36.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import REGISTRY as JOBS
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import outbox
from channels.appointment.jobs import AppointmentDue, DaysOver, HoldDue, SeatFreed, SlotsChanged
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, refuses, run_job
from tests.channels.callers import Caller, rows, told
from tests.patience import PATIENCE_S

HER = {"patient_id": people.PRIYA_PATIENT}


def wait(vikram: Doctor, patient_id: UUID, *, first: int = 1, last: int = 5) -> dict[str, Any]:
    return {
        "doctor_id": vikram.id,
        "place_id": places.CLINIC,
        "mode": "in_person",
        "first": vikram.day(first),
        "last": vikram.day(last),
        "patient_id": patient_id,
    }


async def offers(node: Node) -> list[Any]:
    return await rows(node, "SELECT id, patient_id, expires_at FROM hold WHERE state = 'standing' ORDER BY made_at")


async def test_a_cancelled_seat_is_held_for_the_head_in_the_same_breath(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    (first, first_id), (second, second_id), (other, other_id) = await patients(3)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    waits = [await first.call("waitlist.join", **wait(vikram, first_id))]
    time_.turn(seconds=1)
    waits.append(await second.call("waitlist.join", **wait(vikram, second_id)))
    assert [one["before"] for one in waits] == [0, 1]
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == first_id
    with refuses("slot_taken"):
        await other.call("appointment.book", **vikram.slot(9), patient_id=other_id)
    name, data = (await told(clinic, f"appointments:{first_id}"))[-1]
    assert (name, data["hold"]["offer"], data["hold"]["id"]) == ("hold:updated", True, str(offer["id"]))
    notified = await rows(clinic, "SELECT 1 FROM job WHERE key LIKE 'notify:%:waitlist.offered:%'")
    assert len(notified) == 1
    taken = await first.call("appointment.book", hold_id=str(offer["id"]))
    assert taken["state"] == "booked"
    assert (await first.call("waitlist.list"))["rows"] == []


async def test_who_lets_it_pass_is_followed_by_the_next_until_nobody_waits(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    waiting = await patients(2)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    for caller, patient_id in waiting:
        await caller.call("waitlist.join", **wait(vikram, patient_id))
        time_.turn(seconds=1)
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    for _, patient_id in waiting:
        (offer,) = await offers(clinic)
        assert offer["patient_id"] == patient_id
        time_.turn(minutes=16)
        await run_job(clinic, HoldDue(hold_id=offer["id"]))
    assert await offers(clinic) == []
    assert await free(clinic, vikram, 9) == 1
    states = await rows(clinic, "SELECT state FROM waitlist")
    assert {row["state"] for row in states} == {"lapsed"}


async def test_a_no_to_an_offer_and_leaving_the_list_pass_it_on(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    waiting = await patients(3)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    waits = []
    for caller, patient_id in waiting:
        waits.append(await caller.call("waitlist.join", **wait(vikram, patient_id)))
        time_.turn(seconds=1)
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    (offer,) = await offers(clinic)
    await waiting[0][0].call("appointment.release", hold_id=str(offer["id"]))
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == waiting[1][1]
    with refuses("not_found"):
        await waiting[2][0].call("waitlist.leave", wait_id=waits[1]["id"])
    left = await waiting[1][0].call("waitlist.leave", wait_id=waits[1]["id"])
    assert (left["state"], left["hold_id"]) == ("left", None)
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == waiting[2][1]


async def test_expired_moved_and_unpaid_seats_are_offered_too(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    waiting = await patients(3)
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    unpaid = await priya.call("appointment.book", **vikram.slot(10), **HER, payment="online")
    moved = await priya.call("appointment.book", **vikram.slot(11), **HER)
    for caller, patient_id in waiting:
        await caller.call("waitlist.join", **wait(vikram, patient_id))
        time_.turn(seconds=1)
    await priya.call("appointment.reschedule", appointment_id=moved["id"], starts_at=vikram.at(12))
    time_.turn(minutes=11)
    await run_job(clinic, HoldDue(hold_id=UUID(held["id"])))
    await run_job(clinic, AppointmentDue(appointment_id=UUID(unpaid["id"])))
    found = await rows(
        clinic,
        "SELECT h.patient_id, l.starts_at FROM hold h JOIN slot l ON l.id = h.slot_id WHERE h.state = 'standing'",
    )
    at = {row["patient_id"]: row["starts_at"].isoformat() for row in found}
    assert at == {
        waiting[0][1]: vikram.at(11),
        waiting[1][1]: vikram.at(9),
        waiting[2][1]: vikram.at(10),
    }


async def test_two_seats_freed_at_once_go_to_two_people_and_each_seat_to_one(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients
) -> None:
    waiting = await patients(4)
    booked = [await priya.call("appointment.book", **vikram.slot(9, days=n), **HER) for n in (2, 3, 4)]
    for caller, patient_id in waiting:
        await caller.call("waitlist.join", **wait(vikram, patient_id))
    await asyncio.gather(
        *(priya.call("appointment.cancel", appointment_id=one["id"], reason="other") for one in booked)
    )
    found = await offers(clinic)
    assert len({row["patient_id"] for row in found}) == len(found) == 3


async def test_what_begins_too_soon_or_is_not_offered_any_more_is_offered_to_nobody(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    ((first, first_id),) = await patients(1)
    booked = [await priya.call("appointment.book", **vikram.slot(hour), **HER) for hour in (9, 10)]
    await first.call("waitlist.join", **wait(vikram, first_id))
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO doctor_leave (doctor_id, first, last) VALUES ($1, $2, $2)", vikram.id, vikram.day()
        )
    await priya.call("appointment.cancel", appointment_id=booked[0]["id"], reason="other")
    assert await offers(clinic) == []
    async with clinic.db.transaction() as tx:
        await tx.execute("DELETE FROM doctor_leave WHERE doctor_id = $1", vikram.id)
    time_.until(booked[1]["starts_at"], minutes=1)
    await priya.call("appointment.cancel", appointment_id=booked[1]["id"], reason="other")
    assert await offers(clinic) == []


async def test_seats_and_hours_that_are_added_are_offered_to_who_waits_the_longest_first(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    await vikram.sees(minutes=240)
    *crowd, (second, second_id), (third, third_id) = await patients(6)
    for caller, patient_id, hour in ((priya, people.PRIYA_PATIENT, 8), (second, second_id, 12), (third, third_id, 16)):
        await caller.call("appointment.book", **vikram.slot(hour), patient_id=patient_id)
    for caller, patient_id in crowd:
        await caller.call("waitlist.join", **wait(vikram, patient_id, first=2, last=2))
        time_.turn(seconds=1)
    await vikram.sees(minutes=240, capacity=2)
    await run_job(clinic, SlotsChanged(doctor_id=vikram.id))
    assert {offer["patient_id"] for offer in await offers(clinic)} == {patient_id for _, patient_id in crowd[:3]}
    assert [await free(clinic, vikram, hour) for hour in (8, 12, 16)] == [0, 0, 0]
    await vikram.sees(minutes=240, capacity=4)
    await run_job(clinic, SlotsChanged(doctor_id=vikram.id))
    assert {offer["patient_id"] for offer in await offers(clinic)} == {patient_id for _, patient_id in crowd}
    assert sum([await free(clinic, vikram, hour) for hour in (8, 12, 16)]) == 5


async def test_who_joins_while_a_seat_is_being_freed_is_offered_it_and_who_joins_later_is_not(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    (waiting, waiting_id), (late, late_id) = await patients(2)
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    time_.turn(minutes=16)
    freeing = asyncio.Event()

    async def join() -> None:
        await freeing.wait()
        await waiting.call("waitlist.join", **wait(vikram, waiting_id))

    joining = asyncio.create_task(join())
    at = time_.now() + timedelta(minutes=1)
    async with clinic.db.transaction() as tx:  # the hold runs out; nobody is seen to wait, and it is not committed yet
        ctx = Ctx(tx=tx, now=at, real_now=at, settings=clinic.settings)
        await JOBS[HoldDue.spec.name].run(ctx, HoldDue(hold_id=UUID(held["id"])))
        freeing.set()
        await joining
    assert await offers(clinic) == []
    time_.turn(minutes=2)
    await late.call("waitlist.join", **wait(vikram, late_id))
    (job,) = [job for job, _, _ in ctx.jobs if isinstance(job, SeatFreed)]
    for _ in range(2):  # a job may run twice
        await run_job(clinic, job)
        assert [offer["patient_id"] for offer in await offers(clinic)] == [waiting_id]
    assert await free(clinic, vikram, 9) == 0
    assert (await late.call("waitlist.list"))["rows"][0]["state"] == "waiting"


async def test_who_has_that_time_already_is_passed_over(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients
) -> None:
    await vikram.sees(capacity=2)
    (first, first_id), (second, second_id) = await patients(2)
    mine = await first.call("appointment.book", **vikram.slot(9), patient_id=first_id)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await first.call("waitlist.join", **wait(vikram, first_id))
    await second.call("waitlist.join", **wait(vikram, second_id))
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    assert [row["patient_id"] for row in await offers(clinic)] == [second_id]
    assert mine["state"] == "booked"


async def test_one_waits_once_for_days_that_are_to_come(vikram: Doctor, priya: Caller, desk: Caller) -> None:
    await priya.call("waitlist.join", **wait(vikram, people.PRIYA_PATIENT))
    with refuses("already_waiting"):
        await priya.call("waitlist.join", **wait(vikram, people.PRIYA_PATIENT))
    with refuses("invalid_params"):
        await priya.call("waitlist.join", **wait(vikram, people.ARJUN_PATIENT, first=-5, last=-3))
    with refuses("invalid_params"):
        await priya.call("waitlist.join", **wait(vikram, people.ARJUN_PATIENT, last=200))
    seen = await desk.call("waitlist.list", doctor_id=vikram.id, place_id=places.CLINIC)
    assert [row["patient_id"] for row in seen["rows"]] == [str(people.PRIYA_PATIENT)]
    with refuses("not_found"):
        await priya.call("waitlist.list", doctor_id=vikram.id, place_id=places.CLINIC)


async def test_a_day_is_waited_for_until_it_is_over_in_the_west(
    vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    yesterday = (time_.now() - timedelta(days=1)).date()  # on a clock of UTC
    asked = wait(vikram, people.PRIYA_PATIENT) | {"first": yesterday, "last": yesterday}
    time_.until(f"{yesterday + timedelta(days=1)}T12:00:00Z")
    with refuses("invalid_params"):
        await priya.call("waitlist.join", **asked)
    time_.until(f"{yesterday + timedelta(days=1)}T01:00:00Z")  # eight in the evening in New York
    await priya.call("waitlist.join", **asked)


async def test_who_could_not_take_what_she_was_offered_keeps_her_place(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, patients: Patients, time_: ProductClock
) -> None:
    """The doctor says leave between the offer and her answer, and takes it back when it has run out."""
    waiting = await patients(2)
    booked = [await priya.call("appointment.book", **vikram.slot(hour), **HER) for hour in (9, 11)]
    for caller, patient_id in waiting:
        await caller.call("waitlist.join", **wait(vikram, patient_id))
        time_.turn(seconds=1)
    ((first, first_id), _) = waiting
    await priya.call("appointment.cancel", appointment_id=booked[0]["id"], reason="other")
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == first_id

    async def away(*days: int) -> None:
        week = [{"weekday": day, "opens": "08:00:00", "closes": "20:00:00", "place_id": str(places.CLINIC)}
                for day in range(1, 8)]  # fmt: skip
        leave = [{"first": str(vikram.day(day)), "last": str(vikram.day(day))} for day in days]
        await doctor.call("doctor.set_availability", doctor_id=str(vikram.id), weekly=week, leave=leave, extra=[])

    await away(2)
    with refuses("slot_unavailable"):
        await first.call("appointment.book", hold_id=str(offer["id"]))
    time_.ahead += offer["expires_at"] - time_.now()
    await run_job(clinic, HoldDue(hold_id=offer["id"]))
    assert await offers(clinic) == []
    ((state, before),) = [(one["state"], one["before"]) for one in (await first.call("waitlist.list"))["rows"]]
    assert (state, before) == ("waiting", 0)
    await away()
    await priya.call("appointment.cancel", appointment_id=booked[1]["id"], reason="other")
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == first_id
    time_.ahead += offer["expires_at"] - time_.now()
    await run_job(clinic, HoldDue(hold_id=offer["id"]))
    assert (await first.call("waitlist.list"))["rows"] == [], "this one she let pass"


async def test_who_waits_for_days_that_are_over_waits_no_more(
    clinic: Node, vikram: Doctor, priya: Caller, time_: ProductClock
) -> None:
    await priya.call("waitlist.join", **wait(vikram, people.PRIYA_PATIENT, last=2))
    time_.turn(days=5)
    await run_job(clinic, DaysOver())
    assert (await priya.call("waitlist.list"))["rows"] == []


async def test_leaving_at_the_moment_of_an_offer_leaves_no_seat_behind(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    ((waiting, waiting_id),) = await patients(1)
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    joined = await waiting.call("waitlist.join", **wait(vikram, waiting_id))
    time_.turn(minutes=16)
    offered = asyncio.Event()

    async def leave() -> None:
        await offered.wait()
        await waiting.call("waitlist.leave", wait_id=joined["id"])

    leaving = asyncio.create_task(leave())
    async with clinic.db.transaction() as tx:  # the hold runs out, and its seat is offered, not committed yet
        now = time_.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings)
        await JOBS[HoldDue.spec.name].run(ctx, HoldDue(hold_id=UUID(held["id"])))
        await outbox.finish([ctx], Vault(clinic.settings.secret))
        offered.set()
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        async with asyncio.timeout(PATIENCE_S):
            while not await tx.fetchval(waits):
                pass  # each look is a round trip
    with refuses("busy"):
        await leaving
    await waiting.call("waitlist.leave", wait_id=joined["id"])
    assert await offers(clinic) == []
    assert await free(clinic, vikram, 9) == 1
