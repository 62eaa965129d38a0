"""A clinic under load, for locust: patients, doctors, desks and displays on sockets, and people who open pages.

    make load HOST=http://127.0.0.1:8000 ARGS="--headless --users 200 --spawn-rate 10 --run-time 2m"

How to read it and what it needs of the server: docs/guide/load-test.md. It works on the demo clinic and takes its two
doctors' sittings over: do not point it at people.
"""

import itertools
import random
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import gevent
from gevent.event import Event as Flag
from gevent.lock import RLock
from locust import HttpUser, User, between, constant, task
from locust.exception import StopUser

from carewire.client import Event, Lost, Refused, Snapshot
from channels.directory import demo as places
from channels.identity import demo as people
from load.blocking import BlockingClient, Bridge, Change

CLINIC: Final = str(places.CLINIC)
SEATS: Final = 60
"""As a real sitting: a line is read and written whole, so one without an end would measure something else."""
PATIENCE_S: Final = 30.0
"""How long a patient waits to be called before she goes."""
NUMBERS = itertools.count(1)
RUN: Final = secrets.randbelow(10_000)
"""Patients of different runs and processes are different people."""

TRIES: Final = 5
EXPECTED: Final = {
    "auth.otp_verify": {"code_gone"},
    "queue.join": {"queue_full", "session_closed", "not_found"},
    "queue.leave": {"illegal_move"},
    "queue.walk_in": {"queue_full", "session_closed", "illegal_move"},
    "queue.call_next": {"nothing_to_call"},
    "queue.begin": {"illegal_move"},
    "queue.complete": {"illegal_move"},
    "topic.subscribe": {"not_found"},
}
"""Refusals that belong to a clinic's day: they are counted by reason under `refused`, and are no failures."""


def need(answer: Any) -> Any:
    """What one cannot go on without: who does not get it is out of the run (the failure is counted already)."""
    if answer is None:
        raise StopUser
    return answer


class Town:
    """What the users of one process share."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.bridge: Bridge | None = None
        self.tokens: dict[str, str] = {}
        self.code: str | None = None


TOWN: Final = Town()


class SocketUser(User):
    """Somebody on a socket; every call is a request of locust's, by the command's name."""

    abstract = True
    phone: ClassVar[str | None] = None
    """A member of the demo clinic; None: a new patient."""

    def on_start(self) -> None:
        """Open the socket and log in as a person does."""
        with TOWN.lock:
            if TOWN.bridge is None:
                TOWN.bridge = Bridge()
        self.url = "ws" + str(self.environment.host).removeprefix("http").rstrip("/") + "/ws"
        self.cw = BlockingClient(TOWN.bridge, self.url, self._pushed)
        need(self._timed("socket", "open", lambda: (self.cw.open(), True)[1]))
        self.enter()

    def enter(self) -> None:
        """Log in."""
        if self.phone is None:
            number = next(NUMBERS)
            self.log_in(f"+9198{RUN:04d}{number:04d}", name=f"Patient {number}")
            return
        with TOWN.lock:  # one code at a time for one number
            if self.phone not in TOWN.tokens:
                self.log_in(self.phone)
                TOWN.tokens[self.phone] = self.cw.access_token or ""
                return
        self.authenticate(TOWN.tokens[self.phone])

    def authenticate(self, token: str) -> None:
        """Log in with what an earlier login gave."""
        need(self._timed("command", "auth.authenticate", lambda: (self.cw.authenticate(token), True)[1]))

    def log_in(self, phone: str, **more: str) -> None:
        """Ask for a code, read the message, type it in. The server must be a development one: `dev.mailbox`."""
        for _ in range(TRIES):
            need(self.call("auth.otp_send", phone=phone))
            code = self._read_code(phone)
            if self._timed(
                "command", "auth.otp_verify", lambda code=code: self.cw.login_with_code(phone, code, **more)
            ):
                return
            gevent.sleep(random.uniform(0.1, 1.0))  # another process used this code of the same member
        raise StopUser

    def _read_code(self, phone: str) -> str:
        """The code of the newest message."""
        deadline = time.monotonic() + 10
        while not (letters := need(self.call("dev.mailbox", to=phone, limit=1))):
            if time.monotonic() > deadline:
                raise StopUser
            gevent.sleep(0.05)
        code = re.search(r"\b\d{6}\b", letters[0]["body"])
        assert code is not None
        return code[0]

    def on_stop(self) -> None:
        """Hang up."""
        self.cw.close()

    # --- what locust counts -----------------------------------------------------------------------------------------

    def call(self, method: str, **params: Any) -> Any:
        """Sent once; None when it was refused."""
        return self._timed("command", method, lambda: self.cw.call(method, **params))

    def query(self, method: str, **params: Any) -> Any:
        """None when it was refused."""
        return self._timed("query", method, lambda: self.cw.query(method, **params))

    def command(self, method: str, **params: Any) -> Any:
        """With its effect exactly once; None when it was refused. The time includes all retries of the client."""
        return self._timed("command", method, lambda: self.cw.command(method, **params))

    def follow(self, topic: str, heard: Callable[[Change], None] = lambda change: None) -> bool:
        """Subscribe; False when there is no such topic any more."""
        return self._timed("query", "topic.subscribe", lambda: (self.cw.subscribe(topic, heard), True)[1]) is True

    def _timed(self, kind: str, name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        error: Exception | None = None
        result = None
        try:
            result = work()
        except Refused as refused:
            if refused.reason in EXPECTED.get(name, ()):
                kind, name = "refused", f"{name}: {refused.reason}"
            else:
                error = refused
        except (OSError, Lost, ValueError) as failure:
            error = failure
        self._count(kind, name, (time.perf_counter() - began) * 1000, error)
        return result

    def _pushed(self, name: str, took_ms: float) -> None:
        self._count("event", name, took_ms)

    def _count(self, kind: str, name: str, took_ms: float, error: Exception | None = None) -> None:
        self.environment.events.request.fire(
            request_type=kind, name=name, response_time=took_ms, response_length=0, exception=error, context={}
        )

    # --- what several of them do ------------------------------------------------------------------------------------

    def sittings(self) -> list[str]:
        """The lines one can join now."""
        found = self.query("session.list", place_id=CLINIC, state="live")
        return [sitting["id"] for sitting in found["rows"]] if found else []

    def arrival_code(self) -> str:
        """What the wall of the clinic says; the first who looks has the desk put it up."""
        with TOWN.lock:
            if TOWN.code is None:
                TOWN.code = str(self.as_desk("queue.arrival_code")["code"])
        return TOWN.code

    def as_desk(self, method: str, **params: Any) -> Any:
        """The desk does something for a moment."""
        desk = DeskHand(self.environment)
        desk.on_start()
        try:
            return need(desk.call(method, place_id=CLINIC, **params))
        finally:
            desk.on_stop()


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


class DeskHand(SocketUser):
    """The desk, for a moment."""

    abstract = True
    phone = people.DESK.phone


class Visitor(HttpUser):
    """Opens pages and asks for health by HTTP. Payment webhooks do not exist yet; they will be users of this kind."""

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
