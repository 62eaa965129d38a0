"""What the applicant and the verifying administrators hear."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.topic import Ask, topic
from channels.identity import Scope
from channels.identity import access as identity
from channels.verification import access
from channels.verification.access import COLUMNS, CaseView, case_of
from channels.verification.lifecycle import Kind


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases of a kind wait for a decision, and since when the oldest does."""

    kind: Kind
    waiting: int
    oldest_at: datetime | None


class VerificationUpdated(Event, name="verification:updated", topic="verification:{verification_id}"):
    """A case took a step; this is the whole case as it is now."""

    verification_id: UUID
    case: CaseView

    @staticmethod
    def apply(snapshot: CaseView, event: "VerificationUpdated") -> CaseView:
        """The snapshot after this event."""
        return event.case


class VerificationWaiting(
    Event, name="verification:waiting", topic="verification_queue:{kind}", durable=False, key="kind"
):
    """Another number of cases waits; only the newest counts."""

    kind: Kind
    queue: Waiting


TELLS: Final[frozenset[type[Event]]] = frozenset({VerificationUpdated, VerificationWaiting})


async def may_hear_case(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """The applicant's side and those who verify."""
    return await access.since_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("verification:{verification_id}", may=may_hear_case)
async def case_topic(ctx: Ctx, verification_id: UUID) -> CaseView:
    """A case as it stands."""
    row = await ctx.tx.fetchrow(f"SELECT {COLUMNS} FROM verification v WHERE v.id = $1", verification_id)
    if row is None:
        raise NotFound()
    return case_of(row)


async def may_hear_queue(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Those who verify. Nothing is replayed here, so since when does not matter."""
    verifiers = set(await identity.with_scope(ctx.tx, Scope.VERIFY))
    return [ctx.now if actor.id in verifiers and key[0] in Kind.__members__.values() else None for actor, key in asks]


@topic("verification_queue:{kind}", may=may_hear_queue)
async def queue_topic(ctx: Ctx, kind: str) -> Waiting:
    """How many cases of this kind wait."""
    row = await ctx.tx.fetchrow(
        "SELECT count(*) AS waiting, min(submitted_at) AS oldest FROM verification"
        " WHERE kind = $1 AND state = 'pending'",
        kind,
    )
    assert row is not None
    return Waiting(kind=Kind(kind), waiting=row["waiting"], oldest_at=row["oldest"])


async def tell(ctx: Ctx, case: CaseView) -> None:
    """Tell both topics of a case that was changed and is locked."""
    # The root of the queue: of two steps at once the later one counts the earlier.
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('verification_queue:' || $1))", case.kind)
    ctx.emit(VerificationUpdated(verification_id=case.id, case=case))
    ctx.emit(VerificationWaiting(kind=case.kind, queue=await queue_topic(ctx, case.kind)))
