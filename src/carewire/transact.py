"""One transaction for one or many members of the same command: claims, handler, what it leaves, COMMIT, publish."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import asyncpg
import msgspec

from carewire import at_once, metrics
from carewire.audit.trail import Trail
from carewire.batch import Batch, Member
from carewire.clock import Clock
from carewire.command import Command
from carewire.errors import Busy, InFlight, Refusal
from carewire.jobs.vault import Vault
from carewire.lanes import Ask, Outcome
from carewire.settings import Settings
from carewire.statement import Statement
from carewire.store import outbox, receipts
from carewire.store.constraints import is_rerun, translate
from carewire.store.db import NO_TX, Database, Tx

RERUNS_MAX: Final = 3
T = TypeVar("T")


class Publisher(Protocol):
    """Who is told after COMMIT."""

    def publish(self, left: outbox.Left) -> None:
        """Send hints. Never blocks, never raises."""


class Committed(NamedTuple):
    """A transaction that has committed. `tell`, once: publishes what it left and answers everybody's end."""

    tell: Callable[[], Awaitable[list[Outcome | Refusal]]]


class Transactions:
    """Runs the transactions of one node's commands."""

    def __init__(self, db: Database, clock: Clock, settings: Settings, publisher: Publisher, trail: Trail) -> None:
        self.clock = clock
        self._db = db
        self._settings = settings
        self._vault = Vault(settings.secret)
        self._publisher = publisher
        self._trail = trail

    def speak(self, asks: Sequence[Ask]) -> None:
        """Have the handlers of commands that are one statement speak for callers who wait: it takes no database."""
        for ask, member in zip(asks, self._members(NO_TX, asks), strict=True):
            statement = ask.command.statement
            assert statement is not None
            ask.spoken = spoken = at_once.Spoken(ask.claim, member)
            try:
                _speak(ask.command, member)
                if member.refused is None:
                    spoken.write(ask.command, statement, self._trail)
            except Exception as error:
                spoken.error = error

    async def run(self, asks: Sequence[Ask]) -> Committed:
        """Claims, the handler, what it leaves, COMMIT. Raises what is nobody's own. Nobody has heard of it yet."""
        command = asks[0].command
        if command.statement is not None:
            return await self._run_at_once(command.statement, asks)
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

        async def tell() -> list[Outcome | Refusal]:
            if left is not None:
                self._publish(left)
            ran = {id(m) for m in fresh}
            await self._show_again([member for member in members if id(member) not in ran])
            return [_end(member) for member in members]

        return Committed(tell)

    async def _run_at_once(self, statement: Statement, asks: Sequence[Ask]) -> Committed:
        """The same for a command that is one statement: the handler first, and then everything at once."""
        command = asks[0].command
        self.speak([ask for ask in asks if ask.spoken is None])
        calls = [ask.spoken for ask in asks if ask.spoken is not None]
        for spoken in calls:
            if spoken.error is not None:
                raise spoken.error  # whose it is will show when each runs alone
        # Whose command ran before is answered what it was answered then, whatever the handler says today.
        asked_again = [spoken for spoken in calls if spoken.claim is not None and spoken.member.refused is not None]
        row: Any = None
        if sent := [spoken for spoken in calls if spoken.member.refused is None]:
            sql, values = at_once.pack(command, statement, sent)
            row = await self._db.statement(sql, *values)

        async def tell() -> list[Outcome | Refusal]:
            if sent:
                opened = at_once.open_answer(statement, sent, row)
                self._publish(opened.left)
                asked_again.extend(opened.ran_before)
            if asked_again:
                await self._replay(command, [(s.claim, s.member) for s in asked_again if s.claim is not None])
            return [_end(spoken.member) for spoken in calls]

        return Committed(tell)

    async def _replay(self, command: Command, calls: Sequence[tuple[receipts.Claim, Member[Any, Any]]]) -> None:
        """Give them the replies they had, as far as they may still have them; who had none keeps her refusal."""
        try:
            async with self._db.transaction() as tx:
                rows = await receipts.find(tx, [claim for claim, _ in calls])
                for (_, member), found in zip(calls, rows, strict=True):
                    if member.refused is None or not isinstance(found, InFlight):
                        member.refused, member.tx = None, tx
                        await _pass_again(command, member, found)
        except (Refusal, asyncpg.PostgresError) as error:
            # Others of the batch have their effect already: this must not look as if nobody had.
            known = error if isinstance(error, Refusal) else translate(error)
            for _, member in calls:
                member.refuse(known or Busy(after_ms=200))
        await self._show_again([member for _, member in calls])

    async def _show_again(self, members: Sequence[Member[Any, Any]]) -> None:
        """Who is given a stored reply once more is shown again what stands in it, or is not when that cannot be put on
        record: she alone, for others of the batch have their effect already."""
        try:
            await self._trail.record([entry for member in members for entry in self._trail.shown(member)])
        except Refusal as refusal:
            for member in members:
                if member.reads:
                    member.refuse(refusal)

    def _publish(self, left: outbox.Left) -> None:
        committed = time.perf_counter()
        self._publisher.publish(left)
        metrics.OUTBOX_LAG_SECONDS.observe(time.perf_counter() - committed)

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
            await _pass_again(asks[0].command, member, found)
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
        if asks[0].command.shuts:
            for member in (m for _, m in mine if m.refused is None):
                await receipts.forget_shut(member)
        done = [outbox.Done(claim, m.result, receipts.encode_doors(m)) for claim, m in mine if m.refused is None]
        inputs = {id(m): claim.input for claim, m in mine}
        audit = self._trail.sheet((m, inputs.get(id(m))) for m in written if not asks[0].command.passing)
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


def _speak(command: Command, member: Member[Any, Any]) -> None:
    """Run a handler that has nothing to wait for."""
    work = _handle(command, Batch(NO_TX, member.now, [member]))
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise RuntimeError(f"{command.name} waits for something; a command that is one statement cannot")


async def _pass_again(command: Command, member: Member[Any, Any], found: Any) -> None:
    """Her end, when her command ran before: `found` is its row, or a refusal."""
    with member:
        if isinstance(found, Refusal):
            raise found
        await receipts.pass_again(member, found["doors"])
        metrics.REPLAYS.labels(command.name).inc()
        member.result = found["result"]


def _end(member: Member[Any, Any]) -> Outcome | Refusal:
    return member.refused or Outcome(member.result, member.binding, member.unbinding)


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
