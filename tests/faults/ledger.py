"""A domain whose effects can be counted: every command leaves marks that no constraint keeps from doubling.

Only the gateways of the checker import it. It is written as a domain of the product is: door, root lock, events.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.access import door, remember
from carewire.actor import KNOWN
from carewire.batch import Batch
from carewire.command import Ctx, Rate, command
from carewire.errors import NotFound, Refusal
from carewire.event import Event
from carewire.jobs.job import Job, consumer
from carewire.statement import Statement
from carewire.topic import Ask, topic

TABLES: Final = """
CREATE TABLE ledger (id uuid PRIMARY KEY, value bigint NOT NULL DEFAULT 0, count bigint NOT NULL DEFAULT 0);
CREATE TABLE ledger_mark (n bigserial PRIMARY KEY, ledger uuid NOT NULL, op uuid NOT NULL, by bigint NOT NULL);
"""
OFTEN: Final = Rate(burst=100_000, per_minute=1_000_000)
SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)


class NeverMind(Refusal, code=409, reason="ledger_never_mind"):
    """Asked to write first and to refuse then."""


class Moved(Event, name="ledger:moved", topic="ledger:{ledger_id}"):
    """The ledger has a new value."""

    ledger_id: UUID
    op: UUID
    by: int
    value: int
    count: int


class Standing(Struct, frozen=True, kw_only=True):
    """A ledger."""

    ledger_id: UUID
    value: int
    count: int
    last: UUID | None


@door
async def ledger(ctx: Ctx, ledger_id: UUID) -> Standing:
    """Anybody's ledger, locked."""
    row = await ctx.tx.fetchrow("SELECT id, value, count FROM ledger WHERE id = $1 FOR UPDATE", ledger_id)
    if row is None:
        raise NotFound()
    return Standing(ledger_id=row["id"], value=row["value"], count=row["count"], last=None)


async def may_hear(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody who is logged in."""
    return [SINCE for _ in asks]


@topic("ledger:{ledger_id}", may=may_hear)
async def ledger_topic(ctx: Ctx, ledger_id: UUID) -> Standing:
    """The ledger, told from its marks where the events tell it from its row."""
    row = await ctx.tx.fetchrow(
        """SELECT coalesce(sum(by), 0)::bigint AS value, count(*) AS count,
                  (SELECT op FROM ledger_mark WHERE ledger = $1 ORDER BY n DESC LIMIT 1) AS last
             FROM ledger_mark WHERE ledger = $1""",
        ledger_id,
    )
    assert row is not None
    return Standing(ledger_id=ledger_id, value=row["value"], count=row["count"], last=row["last"])


@command("ledger.add", allow={KNOWN}, emits={Moved}, errors={NeverMind}, rate=OFTEN)
async def add(ctx: Ctx, ledger_id: UUID, op: UUID, by: int, refuse: bool = False) -> Standing:
    """Add to one ledger; with `refuse` take it all back."""
    standing = await _write(ctx, await ledger(ctx, ledger_id), op, by)
    if refuse:
        raise NeverMind()
    return standing


class Count(Struct, frozen=True, kw_only=True):
    """What to add, to which ledger."""

    ledger_id: UUID
    op: UUID
    by: int


@command("ledger.count", allow={KNOWN}, emits={Moved}, rate=OFTEN, lane="ledger_id")
async def count(batch: Batch[Count, Standing]) -> None:
    """Add to ledgers, for everybody who does it at the same time."""
    ids = [member.params.ledger_id for member in batch]
    rows = await batch.tx.fetch("SELECT id, value, count FROM ledger WHERE id = ANY ($1) ORDER BY id FOR UPDATE", ids)
    standings = {r["id"]: Standing(ledger_id=r["id"], value=r["value"], count=r["count"], last=None) for r in rows}
    for member in batch:
        with member:
            asked = member.params
            if asked.ledger_id not in standings:
                raise NotFound()
            remember(member, ledger, ledger_id=asked.ledger_id)
            standing = standings[asked.ledger_id] = tell(member, standings[asked.ledger_id], asked.op, asked.by)
            member.reply(standing)
    await batch.tx.execute(
        "INSERT INTO ledger_mark (ledger, op, by) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])",
        [member.params.ledger_id for member in batch],
        [member.params.op for member in batch],
        [member.params.by for member in batch],
    )
    for standing in standings.values():
        await _store(batch, standing)


TALLY: Final = Statement(
    takes={"ledger_id": "uuid", "op": "uuid", "by": "bigint"},
    effect="""held AS MATERIALIZED (
        SELECT id FROM ledger WHERE id IN (SELECT ledger_id FROM member) ORDER BY id FOR UPDATE
    ), wanted AS (
        SELECT ledger_id, sum(by)::bigint AS by, count(*) AS times FROM member GROUP BY ledger_id
    ), counted AS (
        UPDATE ledger l SET value = l.value + by, count = l.count + times
          FROM held JOIN wanted ON ledger_id = held.id WHERE l.id = held.id RETURNING l.id, l.value, l.count
    ), marked AS (
        INSERT INTO ledger_mark (ledger, op, by) SELECT ledger_id, op, by FROM member JOIN counted ON id = ledger_id
         ORDER BY n
    ), done AS (
        SELECT n, (value - sum(by) OVER whole + sum(by) OVER upto)::bigint AS value,
               count - count(*) OVER whole + count(*) OVER upto AS count
          FROM member JOIN counted ON id = ledger_id
        WINDOW whole AS (PARTITION BY id), upto AS (PARTITION BY id ORDER BY n)
    )""",
    gives=("value", "count"),
    otherwise=NotFound,
)


@command("ledger.tally", allow={KNOWN}, emits={Moved}, errors={NotFound}, rate=OFTEN, lane="ledger_id", statement=TALLY)
async def tally(batch: Batch[Count, Standing]) -> None:
    """The same as `ledger.count`, in one statement that commits itself."""
    value, number = TALLY.later("value"), TALLY.later("count")
    for member in batch:
        with member:
            asked = member.params
            member.emit(Moved(ledger_id=asked.ledger_id, op=asked.op, by=asked.by, value=value, count=number))
            member.reply(Standing(ledger_id=asked.ledger_id, value=value, count=number, last=asked.op))


@command("ledger.move", allow={KNOWN}, emits={Moved}, rate=OFTEN)
async def move(ctx: Ctx, source: UUID, target: UUID, op: UUID, by: int) -> Standing:
    """From one ledger to another: two topics in one transaction."""
    first, second = sorted((source, target))
    held = {first: await ledger(ctx, first), second: await ledger(ctx, second)}
    await _write(ctx, held[source], op, -by)
    return await _write(ctx, held[target], op, by)


@command("ledger.burst", allow={KNOWN}, emits={Moved}, rate=OFTEN)
async def burst(ctx: Ctx, ledger_id: UUID, op: UUID, times: Annotated[int, Meta(ge=1, le=500)]) -> Standing:
    """Add one so many times, each told on its own: more than a resume replays."""
    standing = await ledger(ctx, ledger_id)
    for _ in range(times):
        standing = tell(ctx, standing, op, 1)
    await ctx.tx.execute(
        "INSERT INTO ledger_mark (ledger, op, by) SELECT $1, $2, 1 FROM generate_series(1, $3)", ledger_id, op, times
    )
    await _store(ctx, standing)
    return standing


class Later(Job, name="ledger.later", attempts=20):
    """Add when nobody waits."""

    ledger_id: UUID
    op: UUID
    by: int


@command("ledger.later", allow={KNOWN}, rate=OFTEN)
async def later(ctx: Ctx, ledger_id: UUID, op: UUID, by: int) -> None:
    """Leave the adding to a job."""
    ctx.enqueue(Later(ledger_id=ledger_id, op=op, by=by))


@consumer(Later, emits={Moved})
async def add_later(ctx: Ctx, job: Later) -> None:
    """The job's own transaction."""
    await _write(ctx, await ledger(ctx, job.ledger_id), job.op, job.by)


async def _write(ctx: Ctx, was: Standing, op: UUID, by: int) -> Standing:
    await ctx.tx.execute("INSERT INTO ledger_mark (ledger, op, by) VALUES ($1, $2, $3)", was.ledger_id, op, by)
    standing = tell(ctx, was, op, by)
    await _store(ctx, standing)
    return standing


def tell(ctx: Ctx, was: Standing, op: UUID, by: int) -> Standing:
    """The ledger after adding, and the event that says so."""
    standing = Standing(ledger_id=was.ledger_id, value=was.value + by, count=was.count + 1, last=op)
    ctx.emit(Moved(ledger_id=was.ledger_id, op=op, by=by, value=standing.value, count=standing.count))
    return standing


async def _store(ctx: Ctx | Batch[Count, Standing], standing: Standing) -> None:
    await ctx.tx.execute(
        "UPDATE ledger SET value = $2, count = $3 WHERE id = $1", standing.ledger_id, standing.value, standing.count
    )
