"""The only place that runs a command, one straight line: capacity, rate, form, transaction, receipt, handler, outbox.

Whoever comes by a lane shares the transaction with others (`batch.py`); an ordinary command is a batch of one.
The reply exists only after COMMIT. A refusal rolls everything back (unless it says `keep`). A deadlock or
serialization failure runs the command again from the start, at most three times.
"""

import asyncio
import contextvars
import secrets
import time
import traceback
from collections.abc import Coroutine, Sequence
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Histogram

from carewire import metrics, refusals
from carewire.actor import ANYONE, Actor, Identity
from carewire.audit.trail import RIGHTS, Trail, named
from carewire.clock import Clock
from carewire.command import REGISTRY, Command, Peer
from carewire.errors import (
    Forbidden,
    Internal,
    MethodNotFound,
    OutcomeUnknown,
    Overloaded,
    Refusal,
    TermsDue,
    Unauthenticated,
    Unavailable,
)
from carewire.gate import Gate
from carewire.lanes import Ask, Lanes, Outcome
from carewire.logins import Logins
from carewire.params import decode_params, decode_soundly
from carewire.settings import Settings
from carewire.store import receipts
from carewire.store.constraints import translate
from carewire.store.db import Database
from carewire.transact import Committed, Publisher, Transactions, rerun

log = structlog.get_logger("carewire.dispatch")


class Limits(Protocol):
    """Token buckets per command and actor."""

    async def spend(self, command: Command, who: str) -> None:
        """Take one token; raises `RateLimited` with `after_ms`."""

    def spend_here(self, command: Command, who: str) -> None:
        """The same on this node alone, at once."""


class Dispatcher:
    """Runs commands of one node."""

    def __init__(
        self,
        *,
        db: Database,
        identity: Identity,
        clock: Clock,
        settings: Settings,
        publisher: Publisher,
        trail: Trail,
        limits: Limits | None = None,
    ) -> None:
        self.db = db
        self.identity = identity
        self.settings = settings
        self.gate = Gate(settings.pool)
        self._trail = trail
        self._transactions = Transactions(db, clock, settings, publisher, self._trail)
        self._logins = Logins(db=db, identity=identity, clock=clock)
        self._limits = limits
        self._running: dict[tuple[UUID, str, UUID], asyncio.Future[Outcome]] = {}
        self._splits: set[asyncio.Task[None]] = set()
        self.lanes: Lanes | None = None
        if settings.batch > 1:
            self.lanes = Lanes(self._serve_batch, self._transactions.speak, self.gate, members_max=settings.batch)

    @property
    def clock(self) -> Clock:
        """What time it is for commands."""
        return self._transactions.clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self._transactions.clock = self._logins.clock = clock

    def authenticate(self, token: str) -> "asyncio.Future[Actor]":
        """The actor of an access token. Ends with `Unauthenticated`, or why the database could not say."""
        found = self._logins.authenticate(token)
        found.add_done_callback(self._count_unknown)
        return found

    def _count_unknown(self, found: "asyncio.Future[Actor]") -> None:
        refusal = None if found.cancelled() else found.exception()
        if isinstance(refusal, Unauthenticated):
            self._trail.refused("auth.authenticate", refusal, None, Peer())

    def decode(self, name: str, params: bytes) -> msgspec.Struct | None:
        """The params of a command that exists, if they are beyond doubt (`params.decode_soundly`)."""
        command = REGISTRY.get(name)
        return None if command is None else decode_soundly(command, params)

    def enter(
        self, name: str, params: msgspec.Struct, actor: Actor | None, peer: Peer
    ) -> "asyncio.Future[Outcome] | None":
        """The short way into a lane, without a task: the end of this call, or None when it has to `run`.

        The future ends with an `Outcome` or a `Refusal`; it is never cancelled.
        """
        command = REGISTRY.get(name)
        if command is None or self.lanes is None or not command.shares or command.rate.shared:
            return None
        if command.development and self.settings.mode != "development":
            return None
        key = _key(command, params)
        if actor is not None and key is not None and (actor.id, name, key) in self._running:
            return None  # it waits for its twin
        ask: Ask | None = None
        try:
            _check(command, actor, self.clock)
            if self._limits is not None:
                self._limits.spend_here(command, _who(actor, peer))
            ask = self._ask(command, params, actor, peer)
            self.lanes.put(ask)
        except Refusal as refusal:
            if ask is None:
                ask = Ask(command, params, actor, peer, None)
            ask.end(refusal)
        if (slot := ask.slot) is not None:
            self._running[slot] = ask.future
        ask.future.add_done_callback(lambda future: self._ended(ask, future))
        return ask.future

    def _ended(self, ask: Ask, future: "asyncio.Future[Outcome]") -> None:
        if (slot := ask.slot) is not None:
            del self._running[slot]
        refusal = future.exception()
        if isinstance(refusal, Refusal):
            self._trail.refused(ask.command.name, refusal, ask.actor, ask.peer, named(ask.params))
        _count(ask.command, ask.since, refusal if isinstance(refusal, Refusal) else None)

    async def run(
        self, name: str, params: bytes | msgspec.Struct, actor: Actor | None, peer: Peer, *, http: bool = False
    ) -> Outcome:
        """Run a command or query; params that are decoded were decoded for it. Raises a `Refusal` and nothing else.

        `http` says that a route of ours asks: only it runs what is declared so.
        """
        command = REGISTRY.get(name)
        if command is None or command.http is not http or (command.development and self.settings.mode != "development"):
            metrics.COMMANDS.labels("unknown", "method_not_found").inc()
            raise MethodNotFound()
        started = time.perf_counter()
        refusal: Refusal | None = None
        try:
            return await self._admit(command, params, actor, peer)
        except Exception as error:
            refusal = _typed(command, error)
            if refusal.code in RIGHTS:
                self._trail.refused(name, refusal, actor, peer, named(_read(command, params)))
            if refusal is error:
                raise
            raise refusal from error
        finally:
            _count(command, started, refusal)

    async def _admit(self, command: Command, raw: bytes | msgspec.Struct, actor: Actor | None, peer: Peer) -> Outcome:
        """The gates before the transaction: capacity, rate, form."""
        _check(command, actor, self.clock)
        if self.lanes is None or not command.shares:
            self.gate.check()  # a lane knows its own line
        if self._limits is not None:
            await self._limits.spend(command, _who(actor, peer))
        params = decode_params(command, raw) if isinstance(raw, bytes) else raw
        if command.kind == "query":
            return await rerun(command, lambda: self._query(Ask(command, params, actor, peer, None)))
        ask = self._ask(command, params, actor, peer)
        return await (self._serve(ask) if ask.claim is None else self._once(ask))

    def _ask(self, command: Command, params: msgspec.Struct, actor: Actor | None, peer: Peer) -> Ask:
        key = _key(command, params)
        claim: receipts.Claim | None = None
        if key is not None and actor is not None:
            claim = receipts.claim_of(command, params, key, actor.id, self.clock.real_now())
        return Ask(command, params, actor, peer, claim)

    async def _once(self, ask: Ask) -> Outcome:
        """Duplicates in flight on this node wait for the first and then read its receipt like any later try."""
        slot = ask.slot
        assert slot is not None
        while (running := self._running.get(slot)) is not None:
            await asyncio.wait((running,))
        mine = self._running[slot] = asyncio.get_running_loop().create_future()
        try:
            return await self._serve(ask)
        finally:
            del self._running[slot]
            mine.cancel()

    async def _serve(self, ask: Ask) -> Outcome:
        if self.lanes is None or not ask.command.shares:
            return await self._serve_alone(ask)
        self.lanes.put(ask)
        # Shielded: whoever stops waiting does not take a started command back.
        return await asyncio.shield(ask.future)

    async def _serve_alone(self, ask: Ask) -> Outcome:
        """The ordinary lane: a batch of one."""
        (how,) = await rerun(ask.command, lambda: self._execute([ask]))
        if isinstance(how, Refusal):
            raise how
        return how

    async def _serve_batch(self, asks: Sequence[Ask]) -> Coroutine[Any, Any, None] | None:
        """Commit a batch of a lane; answers what is left to do. What the database refuses as a whole is split up."""
        command = asks[0].command
        try:
            committed = await rerun(command, lambda: self._transactions.run(asks))
        except Exception as error:
            if len(asks) == 1 or isinstance(error, OutcomeUnknown | Unavailable | Overloaded):
                for ask in asks:
                    ask.end(_typed(command, error))
                return None
            metrics.BATCHES_SPLIT.labels(command.name).inc()
            held = isinstance(error, asyncpg.LockNotAvailableError)
            parts: dict[object, list[Ask]] = {}
            for ask in asks:
                parts.setdefault(ask.key, []).append(ask)
            if held and len(parts) == 1:
                # Somebody holds their root: they have waited for it already.
                for ask in asks:
                    ask.end(_typed(command, error))
                return None
            for part in parts.values():
                self._start(self._serve_part(part) if held else self._serve_each(part))
            return None
        return self._end(asks, committed)

    async def _end(self, asks: Sequence[Ask], committed: Committed) -> None:
        try:
            ends: Sequence[Outcome | Refusal] = await committed.tell()
        except Exception as error:
            ends = [_typed(asks[0].command, error)] * len(asks)
        for ask, how in zip(asks, ends, strict=True):
            ask.end(how)

    async def _serve_part(self, asks: Sequence[Ask]) -> None:
        """Those of one key, without the others."""
        try:
            async with self.gate:
                if (rest := await self._serve_batch(asks)) is not None:
                    await rest
        except Overloaded as full:
            for ask in asks:
                ask.end(full)

    async def _serve_each(self, asks: Sequence[Ask]) -> None:
        """Those of one key one by one, in their order: they would only wait for each other."""
        for ask in asks:
            try:
                ask.end(await self._serve_alone(ask))
            except Exception as error:
                ask.end(_typed(ask.command, error))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._splits.add(task)
        task.add_done_callback(self._splits.discard)

    async def _query(self, ask: Ask) -> Outcome:
        async with self.gate:
            return await self._transactions.query(ask)

    async def _execute(self, asks: Sequence[Ask]) -> list[Outcome | Refusal]:
        """One try: one transaction."""
        async with self.gate:
            started = time.perf_counter()
            try:
                committed = await self._transactions.run(asks)
                return await committed.tell()
            finally:
                self.gate.took(started)


def _check(command: Command, actor: Actor | None, clock: Clock) -> None:
    """The coarse gate: by capacity, and by what is owed."""
    if actor is None and ANYONE not in command.allow:
        raise Unauthenticated()
    if actor is not None and not actor.may(command.allow):
        raise Forbidden()
    if actor is not None and actor.shut_at is not None and not command.owing and actor.shut_at <= clock.real_now():
        raise TermsDue(since=actor.shut_at.isoformat())


def _who(actor: Actor | None, peer: Peer) -> str:
    return str(actor.id) if actor else peer.address


def _key(command: Command, params: msgspec.Struct) -> UUID | None:
    return getattr(params, "idempotency_key", None) if command.receipt else None


def _read(command: Command, params: bytes | msgspec.Struct) -> msgspec.Struct | None:
    """The params, for the audit of a refusal, which may have come before they were looked at."""
    try:
        return decode_params(command, params) if isinstance(params, bytes) else params
    except Refusal:
        return None


def _typed(command: Command, error: Exception) -> Refusal:
    """What the caller hears of it."""
    if isinstance(error, Refusal):
        return error
    known = translate(error) if isinstance(error, asyncpg.PostgresError) else None
    return known or _internal(command, error)


def _count(command: Command, started: float, refusal: Refusal | None) -> None:
    if refusal is not None:
        _compare_with_contract(command, refusal)
    ended, took = _meters(command.name, "ok" if refusal is None else refusal.reason)
    ended.inc()
    took.observe(time.perf_counter() - started)


@cache
def _meters(name: str, outcome: str) -> tuple[Counter, Histogram]:
    return metrics.COMMANDS.labels(name, outcome), metrics.COMMAND_SECONDS.labels(name)


def _compare_with_contract(command: Command, refusal: Refusal) -> None:
    """The caller's answer is typed all the same; the contract is what is wrong, and somebody has to notice."""
    if not refusals.is_declared(command, refusal):
        metrics.REFUSALS_UNDECLARED.labels(command.name, refusal.reason).inc()
        log.error("refusal_undeclared", command=command.name, reason=refusal.reason)


def _internal(command: Command, error: BaseException) -> Internal:
    """A bug of ours: a trace id for the caller, class and place for the log, never the text (it may hold values)."""
    trace = secrets.token_hex(8)
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-4:]]
    log.error("command_failed", command=command.name, trace=trace, error=type(error).__name__, where=where)
    return Internal(trace=trace)
