"""`bench.take`: a number from a queue, in the batched lane; `bench.take_one`: the same in the ordinary one.

The least a command can do here: count up a row that others want too, store a ticket, tell the queue's topic. One
statement for any number of members, in either lane, like the peers' transaction of the benchmark.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from carewire.actor import KNOWN
from carewire.batch import Batch
from carewire.bench.emit import ALWAYS, NO_LIMIT
from carewire.command import Ctx, command
from carewire.errors import NotFound
from carewire.event import Event
from carewire.statement import Statement
from carewire.store.db import Database
from carewire.topic import Ask, topic

QueueName = Annotated[str, Meta(pattern=r"^[0-9A-Za-z_-]{1,64}$", max_length=64, description="Any name")]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS bench_queue (id text COLLATE "C" PRIMARY KEY, counter bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS bench_ticket (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    queue_id   text COLLATE "C" NOT NULL REFERENCES bench_queue,
    number     bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (queue_id, number)
)"""
TAKE: Final = Statement(
    takes={"queue": "text"},
    effect="""counted AS (
        INSERT INTO bench_queue AS q (id, counter) SELECT queue, count(*) FROM member GROUP BY queue ORDER BY queue
        ON CONFLICT (id) DO UPDATE SET counter = q.counter + EXCLUDED.counter RETURNING id, counter
    ), done AS (
        SELECT n, id, counter - count(*) OVER (PARTITION BY id)
               + row_number() OVER (PARTITION BY id ORDER BY n) AS number
          FROM member JOIN counted ON id = queue
    ), stored AS (
        INSERT INTO bench_ticket (queue_id, number) SELECT id, number FROM done
    )""",
    gives=("number",),
    otherwise=NotFound,
)


class Taken(Event, name="bench:taken", topic="bench_queue:{queue}"):
    """A number was given."""

    queue: str
    number: int


class Numbered(Struct, frozen=True, kw_only=True):
    """The number taken, or the last one that was."""

    queue: str
    number: int


class Take(Struct, frozen=True, kw_only=True):
    """From which queue; one that is not there yet begins with 1."""

    queue: QueueName


async def may_listen(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody with a login."""
    return [ALWAYS for _ in asks]


@topic("bench_queue:{queue}", may=may_listen)
async def bench_queue(ctx: Ctx, queue: str) -> Numbered:
    """A queue of the benchmark and its last number."""
    number = await ctx.tx.fetchval("SELECT counter FROM bench_queue WHERE id = $1", queue)
    return Numbered(queue=queue, number=number or 0)


@command(
    "bench.take",
    allow={KNOWN},
    emits={Taken},
    errors={NotFound},
    rate=NO_LIMIT,
    development=True,
    lane="queue",
    statement=TAKE,
)
async def take(batch: Batch[Take, Numbered]) -> None:
    """Take the next number of a queue, together with everybody who takes one at the same time."""
    for member in batch:
        member.reply(_told(member, member.params.queue))


@command(
    "bench.take_one", allow={KNOWN}, emits={Taken}, errors={NotFound}, rate=NO_LIMIT, development=True, statement=TAKE
)
async def take_one(ctx: Ctx, queue: QueueName) -> Numbered:
    """Take the next number of a queue in a transaction of one's own."""
    return _told(ctx, queue)


def _told(ctx: Ctx, queue: str) -> Numbered:
    number = TAKE.later("number")
    ctx.emit(Taken(queue=queue, number=number))
    return Numbered(queue=queue, number=number)


async def prepare(db: Database) -> None:
    """Make the tables; of several nodes that start at once, one does."""
    async with db.transaction() as tx:
        await tx.execute("SELECT pg_advisory_xact_lock(hashtext('carewire.bench'))")
        await tx.execute(_TABLES)
