"""`bench.emit`: durable events on demand, to measure how fast they reach their listeners."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from carewire.actor import KNOWN
from carewire.bus.frame import Stored, event_text
from carewire.command import Ctx, Rate, command
from carewire.errors import NotFound
from carewire.event import Event
from carewire.statement import Statement
from carewire.topic import Ask, topic

EVENTS_MAX: Final = 100
MESSAGE_BYTES_MAX: Final = 16_384
ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Since when everybody may listen."""
NO_LIMIT: Final = Rate(burst=1_000_000, per_minute=60_000_000)

NO_EFFECT: Final = Statement(effect="done AS (SELECT n FROM member)", otherwise=NotFound)
"""All there is to do is to tell."""

BenchTopic = Annotated[
    str, Meta(pattern=r"^bench:[0-9A-Za-z_.-]{1,64}$", max_length=70, description="bench:{name}, any name")
]


class Emitted(Event, name="bench:emitted", topic="bench:{name}"):
    """One event of a `bench.emit`."""

    name: str
    number: int
    """From 0 within the call."""
    sent_at: int | float | None
    """What the caller gave."""
    pad: str


class Bench(Struct, frozen=True, kw_only=True):
    """A topic of the benchmark has no state."""

    name: str


class Emission(Struct, frozen=True, kw_only=True):
    """How many events were told."""

    events: int


async def may_listen(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody with a login."""
    return [ALWAYS for _ in asks]


@topic("bench:{name}", may=may_listen)
async def bench(ctx: Ctx, name: str) -> Bench:
    """A topic of the benchmark."""
    return Bench(name=name)


@command(
    "bench.emit",
    allow={KNOWN},
    emits={Emitted},
    errors={NotFound},
    rate=NO_LIMIT,
    development=True,
    statement=NO_EFFECT,
)
async def emit(
    ctx: Ctx,
    topic: BenchTopic,
    n: Annotated[int, Meta(ge=1, le=EVENTS_MAX)] = 1,
    bytes: Annotated[int, Meta(ge=0, le=MESSAGE_BYTES_MAX, description="Length of the message on the wire")] = 300,
    sent_at: int | float | None = None,
) -> Emission:
    """Tell a topic `n` events whose messages are about `bytes` long, or as short as they can be."""
    name = topic.removeprefix("bench:")
    bare = Emitted(name=name, number=0, sent_at=sent_at, pad="")
    spec = bare.spec
    shortest = len(event_text(Stored(topic, 100_000, spec.name, ctx.now, bare.encode())))
    pad = "x" * max(0, bytes - shortest)
    for number in range(n):
        ctx.emit(Emitted(name=name, number=number, sent_at=sent_at, pad=pad))
    return Emission(events=n)
