"""One connection's state as the protocol sees it: who, how much in flight, batches, expiry. No I/O, no clock, no loop.

The socket hands frames in and does what comes out. Times are passed in and are wall-clock times.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from carewire.actor import Actor
from carewire.errors import AlreadyAuthenticated, Close, Overloaded, Refusal
from carewire.gateway import rpc
from carewire.gateway.services import Rules

OVERLOADED_AFTER_MS: Final = 200
FLOOD_REASONS: Final = frozenset({"overloaded", "rate_limited"})


class Batch:
    """The answers of one batch frame, until the last is there."""

    __slots__ = ("answers", "then", "waiting")

    def __init__(self, answers: list[bytes], waiting: int) -> None:
        self.answers = answers
        self.waiting = waiting
        self.then: list[Callable[[], None]] = []


class Work(NamedTuple):
    """A call that was admitted: run it, then `finish` it, whatever came of it."""

    call: rpc.Call
    batch: Batch | None


class Intake(NamedTuple):
    """What one frame means: calls to start, in order, and answers to send now."""

    work: list[Work]
    send: list[bytes]


class Reply(NamedTuple):
    """A frame to write (None: nothing), and what has to follow it in the same tick."""

    frame: bytes | None
    then: list[Callable[[], None]]


class Notice(NamedTuple):
    """Tell the client that its token runs out."""

    name: str
    params: bytes


class End(NamedTuple):
    """Close the socket."""

    code: int
    reason: str


class Session:
    """The state of one socket."""

    __slots__ = (
        "_noticed",
        "_strikes",
        "_strikes_at",
        "actor",
        "dropped",
        "in_flight",
        "malformed",
        "refused",
        "rules",
        "struck",
    )

    def __init__(self, rules: Rules, actor: Actor | None = None) -> None:
        self.rules = rules
        self.actor = actor
        self.in_flight = 0
        self.dropped = 0
        """Responses nobody asked for."""
        self.refused: dict[str, int] = {}
        """Notifications refused, by reason; they get no answer."""
        self.malformed = 0
        self._noticed = False
        self.struck = False
        """Refused for load or rate since the last `check_flood`."""
        self._strikes = rules.flood_burst
        self._strikes_at: datetime | None = None

    # --- calls -------------------------------------------------------------------------------------------------------
    def receive(self, frame: str | bytes, decode: rpc.Decode | None = None) -> Intake:
        """Judge a text frame."""
        parsed = rpc.parse(frame, decode)
        self.dropped += parsed.dropped
        self.malformed += len(parsed.answers)
        if parsed.refused:
            self.count_refused("method_not_found", parsed.refused)
        answers, admitted = parsed.answers, []
        for call in parsed.calls:
            if self.in_flight < self.rules.in_flight:
                self.in_flight += 1
                admitted.append(call)
            elif (answer := self.refuse(call, Overloaded(after_ms=OVERLOADED_AFTER_MS))) is not None:
                answers.append(answer)
        if not parsed.batch:
            return Intake([Work(call, None) for call in admitted], answers)
        if not admitted:
            return Intake([], [rpc.batch(answers)] if answers else [])
        batch = Batch(answers, len(admitted))
        return Intake([Work(call, batch) for call in admitted], [])

    def refuse(self, call: rpc.Call, refusal: Refusal) -> bytes | None:
        """The answer to a refused call; None for a notification, which is counted instead."""
        if refusal.reason in FLOOD_REASONS:
            self._strikes -= 1
            self.struck = True
        if call.id is None:
            self.count_refused(refusal.reason, 1)
            return None
        return rpc.error(call.id, refusal)

    def count_refused(self, reason: str, number: int) -> None:
        """Notifications are never answered; their refusals are known by number only."""
        self.refused[reason] = self.refused.get(reason, 0) + number

    def finish(self, work: Work, answer: bytes | None, then: Callable[[], None] | None = None) -> Reply:
        """A call ended. The answers of a batch leave as one array when its last call ended."""
        self.in_flight -= 1
        batch = work.batch
        if batch is None:
            return Reply(answer, [then] if then else [])
        batch.waiting -= 1
        if answer is not None:
            batch.answers.append(answer)
        if then is not None:
            batch.then.append(then)
        if batch.waiting:
            return Reply(None, [])
        return Reply(rpc.batch(batch.answers) if batch.answers else None, batch.then)

    def check_flood(self, now: datetime) -> End | None:
        """Has this socket run up too many refusals for load or rate?"""
        if self._strikes_at is not None:
            regained = (now - self._strikes_at).total_seconds() * self.rules.flood_per_s
            self._strikes = min(self.rules.flood_burst, self._strikes + max(0.0, regained))
        self._strikes_at = now
        self.struck = False
        return End(Close.FLOOD, "sent far beyond the limits") if self._strikes < 0 else None

    # --- identity ----------------------------------------------------------------------------------------------------
    def bind(self, actor: Actor) -> None:
        """This socket is this actor's, or its login renewed its token. Raises `AlreadyAuthenticated` for another."""
        if self.actor is not None and (self.actor.id, self.actor.login_id) != (actor.id, actor.login_id):
            raise AlreadyAuthenticated()
        self.actor = actor
        self._noticed = False

    def unbind(self) -> None:
        """Anonymous again."""
        self.actor = None
        self._noticed = False

    def change_rights(self, actor: Actor) -> None:
        """The same login, with other capacities. What is known about its token's end stays."""
        if self.actor is not None and self.actor.login_id == actor.login_id:
            self.actor = actor

    def next_tick(self) -> datetime | None:
        """When `tick` has something to say next."""
        if self.actor is None:
            return None
        if self._noticed:
            return self.actor.expires_at + timedelta(seconds=self.rules.grace_s)
        return self.actor.expires_at - timedelta(seconds=self.rules.notice_s)

    def tick(self, now: datetime) -> Notice | End | None:
        """Time passed. At most one thing is due; ask again."""
        due = self.next_tick()
        if due is None or now < due or self.actor is None:
            return None
        if self._noticed:
            return End(Close.TOKEN_EXPIRED, "the access token ran out")
        self._noticed = True
        closes_at = self.actor.expires_at + timedelta(seconds=self.rules.grace_s)
        params = msgspec.json.encode({"expires_at": self.actor.expires_at, "closes_at": closes_at})
        return Notice("auth:expiring", params)
