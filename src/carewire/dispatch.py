"""The only place that runs a command, one straight function: capacity, decode, transaction, receipt, handler, outbox.

The reply exists only after COMMIT. A refusal rolls everything back (unless it says `keep`). A deadlock or
serialization failure runs the command again from the start, at most three times.
"""

import asyncio
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg
import msgspec
import structlog

from carewire import metrics, refusals
from carewire.actor import ANYONE, Actor, Identity
from carewire.clock import Clock
from carewire.command import REGISTRY, Command, Ctx, Peer
from carewire.errors import (
    Busy,
    Forbidden,
    Internal,
    MethodNotFound,
    Refusal,
    Unauthenticated,
    Unavailable,
)
from carewire.gate import Gate
from carewire.jobs.vault import Vault
from carewire.params import decode_params
from carewire.settings import Settings
from carewire.store import outbox, receipts
from carewire.store.constraints import is_rerun, translate
from carewire.store.db import Database

log = structlog.get_logger("carewire.dispatch")

RERUNS_MAX: Final = 3


class Outcome(msgspec.Struct, frozen=True):
    """A command that ran: its reply as JSON, and what it does to the socket it came from."""

    result: bytes
    binding: Actor | None = None
    unbinding: bool = False


class Publisher(Protocol):
    """Who is told after COMMIT."""

    def publish(self, left: outbox.Left) -> None:
        """Send hints. Never blocks, never raises."""


class Limits(Protocol):
    """Token buckets per command and actor."""

    async def spend(self, command: Command, who: str) -> None:
        """Take one token; raises `RateLimited` with `after_ms`."""


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
        limits: Limits | None = None,
    ) -> None:
        self.db = db
        self.identity = identity
        self.clock = clock
        self.settings = settings
        self.vault = Vault(settings.secret)
        self.gate = Gate(settings.pool)
        self._publisher = publisher
        self._limits = limits
        self._running: dict[tuple[UUID, str, UUID], asyncio.Future[Outcome]] = {}

    async def authenticate(self, token: str) -> Actor:
        """The actor of an access token. Raises `Unauthenticated`, or why the database could not say."""
        try:
            async with self.db.snapshot() as tx:
                return await self.identity.authenticate(tx, token, self.clock.real_now())
        except asyncpg.PostgresError as error:
            raise translate(error) or Unavailable(after_ms=500) from error

    async def run(self, name: str, params: bytes, actor: Actor | None, peer: Peer) -> Outcome:
        """Run a command or query. Raises a `Refusal` and nothing else."""
        command = REGISTRY.get(name)
        if command is None or (command.development and self.settings.mode != "development"):
            metrics.COMMANDS.labels("unknown", "method_not_found").inc()
            raise MethodNotFound()
        started = time.perf_counter()
        outcome = "ok"
        try:
            return await self._admit(command, params, actor, peer)
        except Refusal as refusal:
            outcome = refusal.reason
            _compare_with_contract(command, refusal)
            raise
        except asyncpg.PostgresError as error:
            typed = translate(error) or _internal(command, error)
            outcome = typed.reason
            _compare_with_contract(command, typed)
            raise typed from error
        except Exception as error:
            outcome = "internal"
            raise _internal(command, error) from error
        finally:
            metrics.COMMANDS.labels(name, outcome).inc()
            metrics.COMMAND_SECONDS.labels(name).observe(time.perf_counter() - started)

    async def _admit(self, command: Command, raw: bytes, actor: Actor | None, peer: Peer) -> Outcome:
        """The gates before the transaction: capacity, form, rate."""
        if actor is None and ANYONE not in command.allow:
            raise Unauthenticated()
        if actor is not None and not actor.may(command.allow):
            raise Forbidden()
        if self._limits is not None:
            await self._limits.spend(command, str(actor.id) if actor else peer.address)
        params = decode_params(command, raw)
        if command.kind == "query":
            return await self._rerun(command, lambda: self._query(command, params, actor, peer))
        key: UUID | None = getattr(params, "idempotency_key", None) if command.receipt else None
        if key is None or actor is None:
            return await self._rerun(command, lambda: self._execute(command, params, actor, peer, None))
        claim = receipts.claim_of(command, params, key, actor.id, self.clock.real_now())
        return await self._once(command, params, actor, peer, claim)

    async def _once(
        self, command: Command, params: msgspec.Struct, actor: Actor, peer: Peer, claim: receipts.Claim
    ) -> Outcome:
        """Duplicates in flight on this node wait for the first and then read its receipt like any later try."""
        slot = (claim.account, claim.command, claim.key)
        while (running := self._running.get(slot)) is not None:
            await asyncio.wait((running,))
        mine = self._running[slot] = asyncio.get_running_loop().create_future()
        try:
            return await self._rerun(command, lambda: self._execute(command, params, actor, peer, claim))
        finally:
            del self._running[slot]
            mine.cancel()

    async def _rerun(self, command: Command, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        for attempt in range(RERUNS_MAX + 1):
            try:
                return await run()
            except asyncpg.PostgresError as error:
                if not is_rerun(error):
                    raise
                if attempt == RERUNS_MAX:
                    raise Busy(after_ms=200) from error
                metrics.RERUNS.labels(command.name).inc()
        raise AssertionError("unreachable")

    async def _execute(
        self, command: Command, params: msgspec.Struct, actor: Actor | None, peer: Peer, claim: receipts.Claim | None
    ) -> Outcome:
        """One try: one transaction."""
        async with self.gate:
            started = time.perf_counter()
            try:
                return await self._transact(command, params, actor, peer, claim)
            finally:
                self.gate.took(started)

    async def _transact(
        self, command: Command, params: msgspec.Struct, actor: Actor | None, peer: Peer, claim: receipts.Claim | None
    ) -> Outcome:
        refused: Refusal | None = None
        left: outbox.Left | None = None
        async with self.db.transaction() as tx:
            ctx = self._ctx(tx, command, actor, peer)
            if claim is not None and (stored := await receipts.take(tx, claim)) is not None:
                await receipts.pass_again(ctx, stored["doors"])
                metrics.REPLAYS.labels(command.name).inc()
                return Outcome(stored["result"])
            try:
                answer = await command.handler(ctx, **_arguments(params, command))
            except Refusal as refusal:
                if not refusal.keep:
                    raise
                refused, answer = refusal, None
                if claim is not None:
                    # A refusal leaves no receipt, also when what it wrote stays; a bare claim would say `in_flight`.
                    await receipts.release(tx, claim)
                    claim = None
            result = msgspec.json.encode(answer)
            left = await outbox.finish(ctx, self.vault, claim, result)
        committed = time.perf_counter()
        self._publisher.publish(left)
        metrics.OUTBOX_LAG_SECONDS.observe(time.perf_counter() - committed)
        if refused is not None:
            raise refused
        return Outcome(result, ctx.binding, ctx.unbinding)

    async def _query(self, command: Command, params: msgspec.Struct, actor: Actor | None, peer: Peer) -> Outcome:
        async with self.gate, self.db.snapshot() as tx:
            ctx = self._ctx(tx, command, actor, peer)
            return Outcome(msgspec.json.encode(await command.handler(ctx, **_arguments(params, command))))

    def _ctx(self, tx: Any, command: Command, actor: Actor | None, peer: Peer) -> Ctx:
        return Ctx(
            tx=tx,
            now=self.clock.now(),
            real_now=self.clock.real_now(),
            settings=self.settings,
            actor=actor,
            peer=peer,
            command=command,
        )


def _compare_with_contract(command: Command, refusal: Refusal) -> None:
    """The caller's answer is typed all the same; the contract is what is wrong, and somebody has to notice."""
    if not refusals.is_declared(command, refusal):
        metrics.REFUSALS_UNDECLARED.labels(command.name, refusal.reason).inc()
        log.error("refusal_undeclared", command=command.name, reason=refusal.reason)


def _arguments(params: msgspec.Struct, command: Command) -> dict[str, Any]:
    names = params.__struct_fields__
    return {name: getattr(params, name) for name in names if name != "idempotency_key" or not command.receipt}


def _internal(command: Command, error: BaseException) -> Internal:
    """A bug of ours: a trace id for the caller, class and place for the log, never the text (it may hold values)."""
    trace = secrets.token_hex(8)
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-4:]]
    log.error("command_failed", command=command.name, trace=trace, error=type(error).__name__, where=where)
    return Internal(trace=trace)
