"""A day on which everything happens at once: she arrives while she calls off and moves, the doctor calls, jobs run.

The line and the diary never contradict each other, nobody waits for who waits for her, and every no is one that is
known. H-117, H-118, M-147, M-152; issue 7, item 2.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import asyncpg

from carewire import metrics
from carewire.errors import Refusal
from carewire.node import Node
from channels.appointment.jobs import AppointmentDue, DaysOver
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, pay, run_job
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession

TOGETHER = {
    "awaiting_consultation": {"waiting", "called"},
    "consultation_in_progress": {"in_consultation"},
    "consultation_completed": {"completed"},
    "cancelled": {"cancelled"},
}
"""Where a token may stand while its appointment stands here; none of this day is skipped, sent for a test or missed."""
KNOWN = {
    "illegal_move",
    "slot_taken",
    "already_booked",
    "busy",
    "overloaded",
    "nothing_to_call",
    "room_busy",
    "in_the_line",
}


def reruns() -> float:
    """How often a deadlock made a command run again."""
    return sum(sample.value for metric in metrics.RERUNS.collect() for sample in metric.samples
               if sample.name.endswith("_total"))  # fmt: skip


async def test_the_line_and_the_diary_never_contradict_each_other(
    clinic: Node, vikram: Doctor, desk: Caller, patients: Patients, time_: ProductClock, make_session: MakeSession
) -> None:
    await vikram.sees(capacity=2)
    people = await patients(16)
    slots = [vikram.slot(9 + n // 8, n // 2 % 4 * 15) for n in range(16)]
    booked = [await who.call("appointment.book", **slots[n], patient_id=hers) for n, (who, hers) in enumerate(people)]
    time_.until(slots[0]["starts_at"], minutes=10)
    session = await make_session()
    storm: list[Coroutine[Any, Any, Any]] = []
    for n, made in enumerate(booked):
        who, named = people[n][0], {"appointment_id": made["id"]}
        storm += [
            desk.call("appointment.check_in", **named),
            who.call("appointment.cancel", **named, reason="other"),
            who.call("appointment.reschedule", **named, starts_at=slots[(n + 5) % 16]["starts_at"]),
            desk.call("appointment.reschedule", **named, starts_at=slots[(n + 9) % 16]["starts_at"]),
            desk.call("queue.call_next", session_id=session, finish_current=True),
            pay(clinic, made["id"]),
            run_job(clinic, AppointmentDue(appointment_id=UUID(made["id"]))),
        ]
    storm += [run_job(clinic, DaysOver()) for _ in range(4)]
    random.Random(7).shuffle(storm)
    before, at_once, said = reruns(), asyncio.Semaphore(8), Counter[str]()

    async def attempt(doing: Coroutine[Any, Any, Any]) -> None:
        async with at_once:
            try:
                await doing
            except Refusal as refused:
                said[refused.reason] += 1
            except asyncpg.LockNotAvailableError:  # a job on a slow machine waited too long, and would come again
                said["busy"] += 1

    await asyncio.gather(*map(attempt, storm))
    assert said.keys() <= KNOWN, said
    assert reruns() == before
    pairs = await rows(clinic, "SELECT a.state, t.state AS token FROM appointment a JOIN token t ON t.id = a.token_id")
    assert all(pair["token"] in TOGETHER[pair["state"]] for pair in pairs), pairs
    loose = await rows(
        clinic,
        "SELECT 1 FROM token t WHERE t.session_id = $1"
        " AND NOT EXISTS (SELECT FROM appointment a WHERE a.token_id = t.id)",
        UUID(session),
    )
    assert not loose
    steps = await rows(
        clinic,
        "SELECT a.revision, count(*) AS steps FROM appointment a JOIN appointment_step s ON s.appointment_id = a.id"
        " GROUP BY a.id",
    )
    assert all(row["revision"] == row["steps"] for row in steps)
    assert len(steps) == len(booked)
