"""One transaction for one or many members of the same command: claims, handler, what it leaves, COMMIT, publish."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

import asyncpg
import msgspec

from carewire import metrics
from carewire.audit.trail import Trail
from carewire.batch import Batch, Member
from carewire.clock import Clock
from carewire.command import Command
from carewire.errors import Busy, Refusal
from carewire.jobs.vault import Vault
from carewire.lanes import Ask, Outcome
from carewire.settings import Settings
from carewire.store import outbox, receipts
from carewire.store.constraints import is_rerun
from carewire.store.db import Database, Tx

RERUNS_MAX: Final = 3
T = TypeVar("T")


class Publisher(Protocol):
    """Who is told after COMMIT."""

    def publish(self, left: outbox.Left) -> None:
        """Send hints. Never blocks, never raises."""


class Transactions:
    """Runs the transactions of one node's commands."""

    def __init__(self, db: Database, clock: Clock, settings: Settings, publisher: Publisher, trail: Trail) -> None:
        self.clock = clock
        self._db = db
        self._settings = settings
        self._vault = Vault(settings.secret)
        self._publisher = publisher
        self._trail = trail

    async def run(self, asks: Sequence[Ask]) -> list[Outcome | Refusal]:
        """Everybody's end: claims, the handler, what it leaves, COMMIT. Raises what is nobody's own."""
        command = asks[0].command
        members: list[Member[Any, Any]] = []
        fresh: list[Member[Any, Any]] = []
        left: outbox.Left | None = None
        try:
            async with self._db.transaction() as tx:
                members = self._members(tx, asks)
                fresh = await self._claim(tx, asks, members)
                if fresh:
                    await _handle(command, Batch(tx, members[0].now, fresh))
                left = await self._leave(tx, asks, members, fresh)
        except _NothingDone:
            pass
        if left is not None:
            committed = time.perf_counter()
            self._publisher.publish(left)
            metrics.OUTBOX_LAG_SECONDS.observe(time.perf_counter() - committed)
        ran = {id(m) for m in fresh}
        # Who is given a stored reply once more is shown again what stands in it.
        await self._trail.record([one for m in members if id(m) not in ran for one in self._trail.shown(m)])
        return [m.refused or Outcome(m.result, m.binding, m.unbinding) for m in members]

    async def query(self, ask: Ask) -> Outcome:
        """One caller's question, in a read-only transaction."""
        async with self._db.snapshot("query") as tx:
            (member,) = self._members(tx, [ask])
            answer = msgspec.json.encode(await ask.command.handler(member, **arguments(ask.params, ask.command)))
        await self._trail.record(self._trail.shown(member))
        return Outcome(answer)

    async def _claim(self, tx: Tx, asks: Sequence[Ask], members: Sequence[Member[Any, Any]]) -> list[Member[Any, Any]]:
        """Those who run now. The others ran before, and their reply is theirs if they may still have it."""
        claimed = [(ask.claim, member) for ask, member in zip(asks, members, strict=True) if ask.claim is not None]
        if not claimed:
            return list(members)
        taken = await receipts.take(tx, [claim for claim, _ in claimed])
        done: set[int] = set()
        for (_, member), found in zip(claimed, taken, strict=True):
            if found is None:
                continue
            done.add(id(member))
            with member:
                if isinstance(found, Refusal):
                    raise found
                await receipts.pass_again(member, found["doors"])
                metrics.REPLAYS.labels(asks[0].command.name).inc()
                member.result = found["result"]
        return [member for member in members if id(member) not in done]

    async def _leave(
        self, tx: Tx, asks: Sequence[Ask], members: Sequence[Member[Any, Any]], fresh: Sequence[Member[Any, Any]]
    ) -> outbox.Left:
        """The last statements before COMMIT. Raises `_NothingDone` when there is nothing to commit."""
        # A refusal rolls back what was written, unless it says `keep`; it never leaves a receipt.
        written = [m for m in fresh if m.refused is None or m.refused.keep]
        if not written:
            raise _NothingDone
        ran = {id(m) for m in fresh}
        mine = [(ask.claim, m) for ask, m in zip(asks, members, strict=True) if ask.claim is not None and id(m) in ran]
        if refused := [claim for claim, m in mine if m.refused is not None]:
            await receipts.release(tx, refused)
        done = [outbox.Done(claim, m.result, receipts.encode_doors(m)) for claim, m in mine if m.refused is None]
        inputs = {id(m): claim.input for claim, m in mine}
        audit = self._trail.sheet((m, inputs.get(id(m))) for m in written)
        return await outbox.finish(written, self._vault, done, audit)

    def _members(self, tx: Tx, asks: Sequence[Ask]) -> list[Member[Any, Any]]:
        now, real_now = self.clock.now(), self.clock.real_now()
        return [
            Member(
                ask.params,
                tx=tx,
                now=now,
                real_now=real_now,
                settings=self._settings,
                actor=ask.actor,
                peer=ask.peer,
                command=ask.command,
            )
            for ask in asks
        ]


class _NothingDone(Exception):
    """Roll back: all members were refused, or had their reply already."""


async def _handle(command: Command, batch: Batch[Any, Any]) -> None:
    """Run the handler, which for an ordinary command is a batch of one."""
    try:
        if command.lane is None:
            (member,) = batch.members
            member.reply(await command.handler(member, **arguments(member.params, command)))
        else:
            await command.handler(batch)
    except Refusal as refusal:
        if len(batch.members) > 1:
            raise  # whose it is will show when each runs alone
        if refusal.keep:
            batch.members[0].refused = refusal  # what it wrote and told stays
        else:
            batch.members[0].refuse(refusal)
    if any(not member.result for member in batch):
        raise RuntimeError(f"{command.name} left a member without an answer")


async def rerun(command: Command, run: Callable[[], Awaitable[T]]) -> T:
    """Run it, and again after a deadlock or serialization failure. Raises `Busy` when that does not help."""
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


def arguments(params: msgspec.Struct, command: Command) -> dict[str, Any]:
    """What the handler is called with: the params without the key."""
    names = params.__struct_fields__
    return {name: getattr(params, name) for name in names if name != "idempotency_key" or not command.receipt}
