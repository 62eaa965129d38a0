"""Counters of a provider, live: whole values on the conflated lane, one for each kind of thing that is counted.

A trigger leaves a job when something moved (`migrations/0128_counters.sql`, `migrations/0129_counted_orders.sql`). The
job counts anew under the own lock of the counter: of two at once the later one counts what the earlier did, and its
value has the higher version.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.jobs.job import Job, consumer
from carewire.store.db import Tx
from carewire.topic import Ask, topic
from channels.identity import access as identity
from channels.insight.counts import ByState, by_state
from channels.lab.lifecycle import ENDED as TESTS_ENDED
from channels.lab.lifecycle import LabTestState
from channels.order.lifecycle import FULFILLED, OrderState
from channels.order.lifecycle import OrderState as O


class Counted(StrEnum):
    """What is counted of a provider, by state; what is over is not."""

    ORDERS = "orders"
    """Those it was offered."""
    TESTS = "tests"
    """A laboratory's."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The counters of a place."""

    place_id: UUID
    counts: dict[Counted, ByState]


class CounterChanged(Event, name="counter:changed", topic="counters:{place_id}", durable=False, key="kind"):
    """One counter is another; this is all of it."""

    place_id: UUID
    kind: Counted
    counts: ByState


_STATES: Final[dict[Counted, type[StrEnum]]] = {Counted.ORDERS: OrderState, Counted.TESTS: LabTestState}
_OPEN: Final[dict[Counted, frozenset[StrEnum]]] = {
    Counted.ORDERS: frozenset(OrderState) - FULFILLED - {O.CANCELLED, O.RETURNED, O.EXPIRED},
    Counted.TESTS: frozenset(LabTestState) - TESTS_ENDED,
}
_COUNT: Final = {
    Counted.ORDERS: "SELECT state, count(*) FROM orders WHERE place_id = $1 AND offered_at IS NOT NULL"
    " AND ended_at IS NULL AND state = ANY ($2) GROUP BY state",
    Counted.TESTS: "SELECT state, count(*) FROM lab_test WHERE laboratory_id = $1 AND state = ANY ($2) GROUP BY state",
}


async def count(tx: Tx, place_id: UUID, kind: Counted) -> ByState:
    """Count one thing anew."""
    open_ = _OPEN[kind]
    found = by_state(_STATES[kind], await tx.fetch(_COUNT[kind], place_id, sorted(open_)))
    return {state: found[state] for state in sorted(open_)}


async def counts(tx: Tx, place_id: UUID) -> Counts:
    """All counters of a place."""
    return Counts(place_id=place_id, counts={kind: await count(tx, place_id, kind) for kind in Counted})


async def may_hear_counters(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody who works there."""
    return await identity.works_many(ctx.tx, [(actor.id, key[0]) for actor, key in asks])


@topic("counters:{place_id}", may=may_hear_counters)
async def counters(ctx: Ctx, place_id: UUID) -> Counts:
    """The counters of a place as they are now."""
    return await counts(ctx.tx, place_id)


class Count(Job, name="insight.count"):
    """Something of this kind moved at this place. The database's triggers leave it."""

    place_id: UUID
    kind: Counted


@consumer(Count, emits={CounterChanged})
async def recount(ctx: Ctx, job: Count) -> None:
    """Count it anew and tell."""
    # The root of the counter: who waits here counts what the other has seen commit.
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('counters:' || $1 || $2))", str(job.place_id), job.kind)
    counted = await count(ctx.tx, job.place_id, job.kind)
    ctx.emit(CounterChanged(place_id=job.place_id, kind=job.kind, counts=counted))
