"""A clinic under load, for locust: patients, doctors, desks and displays on sockets; visitors and gateways by HTTP.

    make load HOST=http://127.0.0.1:8000 ARGS="--headless --users 200 --spawn-rate 10 --run-time 2m"

How to read it and what it needs of the server: docs/guide/load-test.md. It works on the demo clinic and takes its two
doctors' sittings over: do not point it at people.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

import gevent
from gevent.event import Event as Flag
from locust import HttpUser, between, constant, task

from carewire.client import Event, Snapshot
from channels.directory import demo as places
from channels.identity import demo as people
from load.blocking import Change
from load.gateways import House as House  # locust runs what it finds here
from load.gateways import Twilio as Twilio
from load.payers import Payer as Payer
from load.users import CLINIC, NUMBERS, SocketUser, need

SEATS: Final = 60
"""As a real sitting: a line is read and written whole, so one without an end would measure something else."""
PATIENCE_S: Final = 30.0
"""How long a patient waits to be called before she goes."""


class Patient(SocketUser):
    """Looks for an open line, joins from the waiting room, follows line and token, and is called or loses patience."""

    weight = 40
    wait_time = between(1, 3)

    @task
    def visit(self) -> None:
        """One visit."""
        code = self.arrival_code()
        if not (sittings := self.sittings()):
            return
        session_id = random.choice(sittings)
        joined = self.command("queue.join", session_id=session_id, code=code)
        if joined is None or not self.follow(f"line:{session_id}"):
            return
        try:
            self._wait(joined["id"])
        finally:
            self.cw.unsubscribe(f"line:{session_id}")

    def _wait(self, token_id: str) -> None:
        called = Flag()

        def heard(change: Change) -> None:
            state = change.value["state"] if isinstance(change, Snapshot) else change.data["token"]["state"]
            if state != "waiting":
                called.set()

        if not self.follow(f"token:{token_id}", heard):
            return
        try:
            if not called.wait(random.uniform(PATIENCE_S / 3, PATIENCE_S)):
                self.command("queue.leave", token_id=token_id)
        finally:
            self.cw.unsubscribe(f"token:{token_id}")


class Doctor(SocketUser):
    """Sits, calls, sees and completes; a full sitting that is empty again is ended and the next one begun."""

    abstract = True
    wait_time = between(0.2, 0.5)
    room: ClassVar[str]
    doctor_id: ClassVar[str]

    def enter(self) -> None:
        """Whatever was live is over: a doctor has one sitting at a time."""
        super().enter()
        for state in ("live", "paused"):
            found = self.query("session.list", doctor_id=self.doctor_id, state=state)
            for sitting in found["rows"] if found else ():
                self._end(sitting["id"])
        self._sit()

    def _end(self, session_id: str) -> None:
        line = self.query("queue.get", session_id=session_id)
        for token in line["queue"]["tokens"] if line and line["queue"] else ():
            if token["state"] in ("called", "in_consultation"):
                if token["state"] == "called":
                    self.command("queue.begin", token_id=token["id"])
                self.command("queue.complete", token_id=token["id"])
        self.command("session.end", session_id=session_id)

    def _sit(self) -> None:
        now = datetime.now(UTC)
        sitting = need(
            self.command(
                "session.create",
                place_id=CLINIC,
                room_id=self.room,
                starts_at=now.isoformat(),
                ends_at=(now + timedelta(hours=4)).isoformat(),
                opens_at=(now - timedelta(hours=1)).isoformat(),
                capacity=SEATS,
            )
        )
        self.session_id = sitting["id"]
        self.seen = 0
        self.command("session.start", session_id=self.session_id)
        self.follow(f"queue:{self.session_id}")

    @task
    def see_next(self) -> None:
        """One consultation."""
        called = self.command("queue.call_next", session_id=self.session_id)
        if called is None:
            if self.seen >= SEATS / 2:
                self.cw.unsubscribe(f"queue:{self.session_id}")
                self.command("session.end", session_id=self.session_id)
                self._sit()
            return
        self.seen += 1
        self.command("queue.begin", token_id=called["id"])
        gevent.sleep(random.uniform(0.1, 0.5))
        self.command("queue.complete", token_id=called["id"])


class DoctorAsha(Doctor):
    """One of the two doctors of the demo clinic."""

    fixed_count = 1
    phone = people.ASHA.phone
    room = str(places.ROOM_1)
    doctor_id = str(places.DOCTOR_ASHA)


class DoctorVikram(Doctor):
    """The other one."""

    fixed_count = 1
    phone = people.VIKRAM.phone
    room = str(places.ROOM_2)
    doctor_id = str(places.DOCTOR_VIKRAM)


class Desk(SocketUser):
    """Reads the lines and enters people who come without a phone."""

    fixed_count = 2
    wait_time = between(1, 3)
    phone = people.DESK.phone

    @task(3)
    def look(self) -> None:
        """The whole line."""
        for session_id in self.sittings():
            self.query("queue.get", session_id=session_id)

    @task(1)
    def walk_in(self) -> None:
        """Somebody without a phone."""
        if sittings := self.sittings():
            self.command("queue.walk_in", session_id=random.choice(sittings), name=f"Walk-in {next(NUMBERS)}")


class Display(SocketUser):
    """A screen in the waiting room: paired once, then it only listens, to its board and to the lines on it."""

    weight = 3
    wait_time = constant(5)

    def enter(self) -> None:
        """It shows a code, and a desk lets it in."""
        pairing = need(self.call("display.pair"))
        self.authenticate(pairing["secret"])
        self.lines: set[str] = set()
        self.told: list[Change] = []
        self.follow(f"board:{pairing['display_id']}", self.told.append)
        self.as_desk(
            "display.approve",
            code=pairing["code"],
            label=f"Load {next(NUMBERS)}",
            doctor_ids=[str(places.DOCTOR_ASHA), str(places.DOCTOR_VIKRAM)],
        )

    @task
    def show(self) -> None:
        """Follow the lines that are on the board now."""
        if not self.told:
            return
        last = self.told[-1]
        del self.told[:-1]
        board = last.value if isinstance(last, Snapshot) else last.data["board"] if isinstance(last, Event) else {}
        now = {sitting["session_id"] for sitting in board["sessions"]}
        for gone in self.lines - now:
            self.cw.unsubscribe(f"line:{gone}")
        self.lines = {line for line in now if line in self.lines or self.follow(f"line:{line}")}


class Visitor(HttpUser):
    """Opens pages and asks for health by HTTP."""

    weight = 3
    wait_time = between(1, 4)

    @task(3)
    def display(self) -> None:
        """The page of a screen."""
        self.client.get("/display")

    @task(1)
    def docs(self) -> None:
        """The reference."""
        self.client.get("/docs")

    @task(3)
    def health(self) -> None:
        """What balancers and monitors ask."""
        self.client.get("/api/v1/health/services")
