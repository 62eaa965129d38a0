"""Who acts on the day: patients who come when the data says, a doctor who calls whoever is next, and the desk."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from carewire.client import Refused
from channels.queue.lifecycle import ENDED, TokenState
from channels.queue.projection import QueueSnapshot
from load.clinic import Booked, Clinic
from load.day import Presence

RECALL_AFTER: Final = timedelta(minutes=1.5)
"""Nobody came: announce again. After as long again the next one is called."""
GRACE: Final = timedelta(minutes=5, seconds=2)
"""The sitting's grace time after the call, and a breath."""
STUCK_S: Final = 30.0
"""A patient who was called and does not hear it within this (real) time is a failure of the replay."""


class Patient:
    """One patient with her phone: arrives, listens, and walks when her token is called."""

    def __init__(self, clinic: Clinic, booked: Booked) -> None:
        self.booked = booked
        self.told: dict[str, Any] | None = None
        self.at_door = asyncio.Event()
        self._clinic = clinic

    async def run(self) -> None:
        """Her day."""
        visit, clinic = self.booked.visit, self._clinic
        if visit.presence is Presence.NEVER:
            return
        await clinic.clock.until(clinic.starts_at + visit.check_in)
        self.told = await self.booked.phone.command(
            "queue.arrive", token_id=str(self.booked.token_id), code=clinic.code
        )
        if visit.presence is Presence.LEFT:
            return
        token = self.booked.phone.follows[f"token:{self.booked.token_id}"]
        await token.until(lambda fact: fact.state is TokenState.CALLED)
        await clinic.clock.span(visit.walk)
        self.at_door.set()


class Doctor:
    """Calls whoever the line says is next, sees her as long as the data says, and ends the sitting."""

    def __init__(self, clinic: Clinic, patients: list[Patient]) -> None:
        self.seen = 0
        self._clinic = clinic
        self._by_id = {str(patient.booked.patient_id): patient for patient in patients}
        self._coming = sum(p.booked.visit.presence is not Presence.NEVER for p in patients)
        self._line = clinic.doctor.follows[f"queue:{clinic.session_id}"]
        self._desk_work: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """From the start of the sitting until everybody who came was called."""
        clinic = self._clinic
        await clinic.clock.until(clinic.starts_at)
        await clinic.doctor.command("session.start", session_id=str(clinic.session_id))
        current: str | None = None
        called = 0
        while called < self._coming:
            if current is not None and not _waiting(self._line.state):
                await clinic.doctor.command("queue.complete", token_id=current)
                current = None
            await self._line.until(lambda line: _waiting(line) > 0)
            view = await clinic.doctor.command(
                "queue.call_next", session_id=str(clinic.session_id), finish_current=current is not None
            )
            called += 1
            current = view["id"] if await self._see(view) else None
        if current is not None:
            await clinic.doctor.command("queue.complete", token_id=current)
        await asyncio.gather(*self._desk_work)
        await clinic.doctor.command("session.end", session_id=str(clinic.session_id))

    async def _see(self, view: dict[str, Any]) -> bool:
        """One call and what follows; whether somebody sits in the room afterwards."""
        clinic, token = self._clinic, view["id"]
        patient = self._by_id[view["patient_id"]]
        if patient.booked.visit.presence is Presence.LEFT:
            await clinic.clock.span(RECALL_AFTER)
            await clinic.desk.command("queue.recall", token_id=token)
            await clinic.clock.span(RECALL_AFTER)
            await clinic.desk.command("queue.skip", token_id=token)
            self._desk_work.append(asyncio.create_task(self._give_up(token), name="no-show"))
            return False
        async with asyncio.timeout(STUCK_S + patient.booked.visit.walk.total_seconds() / clinic.clock.rate):
            await patient.at_door.wait()
        await clinic.doctor.command("queue.begin", token_id=token)
        await clinic.clock.span(patient.booked.visit.consultation)
        self.seen += 1
        return True

    async def _give_up(self, token: str) -> None:
        """Called, announced twice, the grace time over: a no-show. Asked too early once, as an eager desk does."""
        clinic = self._clinic
        try:
            await clinic.desk.command("queue.no_show", token_id=token)
        except Refused as refused:
            if refused.reason != "too_early":
                raise
        else:
            raise AssertionError("a no-show before the grace time was taken")
        await clinic.clock.span(GRACE - 2 * RECALL_AFTER)
        await clinic.desk.command("queue.no_show", token_id=token)


async def live(clinic: Clinic, tell: Any) -> list[Patient]:
    """The whole day; `tell` is called now and then with how far it is."""
    patients = [Patient(clinic, booked) for booked in clinic.booked]
    doctor = Doctor(clinic, patients)
    watch = asyncio.create_task(_watch(clinic, doctor, tell), name="progress")
    try:
        async with asyncio.TaskGroup() as group:
            for patient in patients:
                group.create_task(patient.run())
            group.create_task(doctor.run())
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    return patients


async def _watch(clinic: Clinic, doctor: Doctor, tell: Any) -> None:
    line = clinic.desk.follows[f"queue:{clinic.session_id}"]
    while True:
        ended = sum(token.state in ENDED for token in line.state.tokens)
        tell(clinic.clock.now() - clinic.starts_at, ended, _waiting(line.state), len(clinic.booked))
        await asyncio.sleep(0.5)


def _waiting(line: QueueSnapshot) -> int:
    return sum(token.state is TokenState.WAITING for token in line.tokens)
