"""What one node writes into the audit: what its commands did, what was shown to whom, who was turned away.

What a command did is written by its own last statement. What was shown is written before it leaves the house: no
record, no answer. Refusals come in floods, so equal ones are counted and written together.
"""

import asyncio
import contextvars
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import structlog

from carewire import metrics
from carewire.actor import Actor
from carewire.audit import entry
from carewire.audit.entry import Entry, Keys, Kind, Moment, Sheet
from carewire.clock import Clock
from carewire.command import Ctx, Peer
from carewire.errors import Refusal, Unavailable
from carewire.settings import Settings
from carewire.store.db import Database

if TYPE_CHECKING:
    from carewire.batch import Member

log = structlog.get_logger("carewire.audit")

WRITE, READ, LOGIN, LOGOUT, REFUSAL = (str(kind) for kind in Kind)
RIGHTS: Final = frozenset({401, 403, 404})
"""The codes of refusals that are about rights."""
WRITTEN_MAX: Final = 500
"""Most entries of one statement."""
TALLIES_MAX: Final = 200
"""So many different refusals are told apart; beyond, those of a command count together."""
FLUSH_S: Final = 1.0
AGAIN_S: Final = 10.0
"""A refusal that was written just now and goes on is written again after this long, with its number."""


class Tally:
    """Equal refusals since they were last written."""

    __slots__ = ("actor", "due", "named", "peer", "times")

    def __init__(self, actor: Actor | None, peer: Peer, named: "Named") -> None:
        self.actor, self.peer, self.named = actor, peer, named
        self.times = 0
        self.due = 0.0


_Key = tuple[UUID | None, str, str, str]
Named = tuple[str | None, UUID | None, UUID | None]
"""What a command is about: noun, id, and the patient's id."""


class Trail:
    """One node's pen."""

    def __init__(self, *, db: Database, clock: Clock, settings: Settings) -> None:
        self.keys = Keys(settings.secret)
        self._db, self._clock = db, clock
        self._waiting: list[tuple[Sequence[Entry], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._tallies: dict[_Key, Tally] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._moment: Moment | None = None

    def start(self) -> None:
        """Write what was counted, each second from now on."""
        self._flusher = asyncio.create_task(self._run(), name="audit-refusals")

    async def stop(self) -> None:
        """Write what is left and end."""
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
            with suppress(Refusal):
                await self.flush(all_of_them=True)

    # --- what a transaction did --------------------------------------------------------------------------------------

    def sheet(self, done: Iterable[tuple["Member[Any, Any]", bytes | None]]) -> Sheet:
        """The entries of those whose command is about to commit, each with the digest of its input, if it is known."""
        entries: list[Entry] = []
        for member, digest in done:
            moment = self._moment
            if moment is None or moment.at is not member.real_now:  # members of a batch share theirs
                moment = self._moment = Moment(member.real_now)
            entries.append(self._act(moment, member, digest))
            if member.reads and member.refused is None:
                entries += self.shown(member, moment)
        return Sheet.of(entries, self.keys)

    def _act(self, moment: Moment, member: "Member[Any, Any]", digest: bytes | None) -> Entry:
        command, refused, keys = member.command, member.refused, self.keys
        assert command is not None
        noun, subject, patient = member.subject or named(member.params)
        if subject is None and isinstance(made := getattr(member.answer, "id", None), UUID):
            noun, subject = command.name.split(".", 1)[0], made
        if not command.receipt:
            # What holds a password or a code leaves no digest either: the secret's holder could guess at it.
            digest = None
        elif digest is None:
            digest = hashlib.sha256(msgspec.json.encode(member.params)).digest()
        return moment.entry(
            REFUSAL if refused else LOGIN if member.binding else LOGOUT if member.unbinding else WRITE,
            member.binding or (None if member.anonymous else member.actor),
            command.name,
            noun,
            subject,
            patient,
            None,
            refused and refused.reason,
            1,
            keys.digest(digest) if digest else None,
            keys.pseudonym(member.peer.address),
            keys.pseudonym(member.peer.agent),
        )

    def shown(self, ctx: Ctx, moment: Moment | None = None) -> list[Entry]:
        """The entries of what this context read of somebody's clinical data."""
        if not ctx.reads:
            return []
        moment = moment or Moment(ctx.real_now)
        actor = None if ctx.anonymous else ctx.actor
        name = ctx.command.name if ctx.command else "topic.subscribe"
        address, agent = self.keys.pseudonym(ctx.peer.address), self.keys.pseudonym(ctx.peer.agent)
        return [
            moment.entry(READ, who or actor, name, noun, subject, patient, why, None, 1, None, address, agent)
            for noun, subject, why, patient, who in dict.fromkeys(ctx.reads)
        ]

    # --- what is written on its own ----------------------------------------------------------------------------------

    async def record(self, entries: Sequence[Entry]) -> None:
        """Write them, together with what others write now. Raises a refusal when they could not be."""
        if not entries:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write(), context=contextvars.Context())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch: list[tuple[Sequence[Entry], asyncio.Future[None]]] = []
            number = 0
            while self._waiting and number < WRITTEN_MAX:
                batch.append(self._waiting.pop(0))
                number += len(batch[-1][0])
            try:
                async with self._db.transaction() as tx:
                    await entry.write(tx, Sheet.of((one for entries, _ in batch for one in entries), self.keys))
            except Exception as error:
                log.error("audit_unwritten", entries=number, error=type(error).__name__)
                why = error if isinstance(error, Refusal) else Unavailable("The audit cannot be written", after_ms=1000)
                for _, done in batch:
                    if not done.done():
                        done.set_exception(why)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    # --- who was turned away -----------------------------------------------------------------------------------------

    def refused(
        self, command: str, refusal: Refusal, actor: Actor | None, peer: Peer, about: Named = (None, None, None)
    ) -> None:
        """Count a refusal of rights; others are nobody's concern, and one with `keep` is written by its transaction."""
        if refusal.code not in RIGHTS or refusal.keep:
            return
        metrics.AUDIT_REFUSALS.inc()
        key: _Key = (actor.id if actor else None, peer.address, command, refusal.reason)
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= TALLIES_MAX:
                key, actor, peer, about = (None, "", command, refusal.reason), None, Peer(), (None, None, None)
            tally = self._tallies.get(key) or Tally(actor, peer, about)
            self._tallies[key] = tally
        elif not tally.times:
            tally.named = about
        tally.times += 1

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            with suppress(Refusal):  # they stay counted, and are written with those that follow
                await self.flush()

    async def flush(self, *, all_of_them: bool = False) -> None:
        """Write the refusals that are due. Raises a refusal when they could not be; then they stay counted."""
        now = asyncio.get_running_loop().time()
        moment = Moment(self._clock.real_now())
        due: list[tuple[_Key, Tally, int]] = []
        entries: list[Entry] = []
        for key, tally in list(self._tallies.items()):
            if tally.due > now and not all_of_them:
                continue
            if not tally.times:
                del self._tallies[key]
                continue
            entries.append(self._turned_away(moment, key, tally))
            due.append((key, tally, tally.times))
            # Taken before anything is awaited: of two who flush at once one writes them.
            tally.times, tally.due = 0, now + AGAIN_S
        try:
            await self.record(entries)
        except BaseException:
            for key, tally, taken in due:
                counted = self._tallies.setdefault(key, tally)
                counted.times, counted.due = counted.times + taken, 0.0
            raise

    def _turned_away(self, moment: Moment, key: _Key, tally: Tally) -> Entry:
        _, address, command, reason = key
        digests = (None, self.keys.pseudonym(address), self.keys.pseudonym(tally.peer.agent))
        return moment.entry(REFUSAL, tally.actor, command, *tally.named, None, reason, tally.times, *digests)


def named(params: msgspec.Struct | None) -> Named:
    """What the params name: the first `…_id` that is given, and the patient."""
    noun = subject = patient = None
    if params is not None:
        for field in _ids(type(params)):
            value = getattr(params, field)
            if value is None:
                continue
            if field == "patient_id":
                patient = value
            elif subject is None:
                noun, subject = field.removesuffix("_id"), value
        if subject is None and patient is not None:
            noun, subject = "patient", patient
    return noun, subject, patient


@cache
def _ids(params: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in msgspec.structs.fields(params)
        if field.name.endswith("_id") and field.type in (UUID, UUID | None)
    )
