"""Users of a load test on sockets: they log in, call and listen, and locust counts all of it.

Who they are stands in `load/locustfile.py`; how greenlets and sockets meet in `load/blocking.py`.
"""

import itertools
import random
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

import gevent
from gevent.lock import RLock
from locust import User
from locust.exception import StopUser

from carewire.client import Lost, Refused
from channels.directory import demo as places
from channels.identity import demo as people
from load.blocking import BlockingClient, Bridge, Change

CLINIC: Final = str(places.CLINIC)
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
    "appointment.book": {"slot_taken", "slot_unavailable", "already_booked"},
}
"""Refusals that belong to a clinic's day: they are counted by reason under `refused`, and are no failures."""


def need(answer: Any) -> Any:
    """What one cannot go on without: who does not get it is out of the run (the failure is counted already)."""
    if answer is None:
        raise StopUser
    return answer


class Paid(NamedTuple):
    """A payment as its gateway knows it."""

    intent: str
    payment_id: str
    money: dict[str, Any]


class Town:
    """What the users of one process share."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.bridge: Bridge | None = None
        self.tokens: dict[str, str] = {}
        self.code: str | None = None
        self.letters: deque[str] = deque(maxlen=10_000)
        """Ids of text messages that were sent, for who reports how far they came."""
        self.paid: deque[Paid] = deque(maxlen=10_000)
        """What was paid, for who tells it."""
        self.takes_money = False


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
        TOWN.letters.append(letters[0]["id"])
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
        return self._as(DeskHand, method, **params)

    def as_owner(self, method: str, **params: Any) -> Any:
        """The owner of the clinic does."""
        return self._as(OwnerHand, method, **params)

    def _as(self, whose: "type[SocketUser]", method: str, **params: Any) -> Any:
        hand = whose(self.environment)
        hand.on_start()
        try:
            return need(hand.call(method, place_id=CLINIC, **params))
        finally:
            hand.on_stop()


class DeskHand(SocketUser):
    """The desk, for a moment."""

    abstract = True
    phone = people.DESK.phone


class OwnerHand(SocketUser):
    """The owner, for a moment."""

    abstract = True
    phone = people.ASHA.phone
