"""A toy domain for the platform's own tests: counters that anybody logged in may count, and that some may hear.

It is declared exactly as a real domain is. `toy.ACCOUNTS` stands for an identity's tables.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, UnsetType
from piccolo.columns import UUID as PiccoloUUID
from piccolo.columns import Text as PiccoloText
from piccolo.table import Table

from carewire.access import door, remember
from carewire.actor import ANYONE, KNOWN
from carewire.batch import Batch
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, NotFound, Refusal
from carewire.event import Event
from carewire.forms import Name, Word
from carewire.ids import uuid7
from carewire.jobs.job import Job, Trip, consumer, errand
from carewire.resource import Order, Part, Verb, at_least, at_most, equal, holds, plug_translations, resource
from carewire.screen import Screen
from carewire.statement import Statement
from carewire.store.constraints import refuse
from carewire.store.db import ENGINE
from carewire.topic import Ask, topic

TABLES = """
CREATE TABLE counter (
    id    uuid PRIMARY KEY,
    owner uuid NOT NULL,
    value bigint NOT NULL DEFAULT 0 CONSTRAINT counter_small CHECK (value <= 1000000),
    since timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE hearer (
    counter uuid NOT NULL, actor uuid NOT NULL, since timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (counter, actor));
CREATE TABLE tag (
    counter uuid NOT NULL,
    word    text NOT NULL,
    CONSTRAINT tag_once UNIQUE (counter, word) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE gadget (id uuid PRIMARY KEY DEFAULT uuidv7(), name text NOT NULL UNIQUE, colour text NOT NULL);
CREATE TABLE boat (
    id uuid PRIMARY KEY DEFAULT uuidv7(), name text NOT NULL, price bigint, flags text[] NOT NULL DEFAULT '{}',
    owner uuid NOT NULL, shown boolean NOT NULL DEFAULT false, made timestamptz NOT NULL, sunk timestamptz
);
CREATE TABLE pinged (counter uuid NOT NULL, text text NOT NULL);
"""


class TooMuch(Refusal, code=409, reason="toy_too_much"):
    """The counter cannot go that high."""


class TaggedAlready(Refusal, code=409, reason="toy_tagged"):
    """The counter has this tag."""


refuse("counter_small", TooMuch)
refuse("tag_once", TaggedAlready)


class Counted(Event, name="toy:counted", topic="toy:{counter_id}"):
    """The counter has a new value."""

    counter_id: UUID
    value: int


class Wiggled(Event, name="toy_typing:wiggled", topic="toy_typing:{counter_id}", durable=False, key="who"):
    """Somebody wiggles; only the newest matters."""

    counter_id: UUID
    who: str
    value: int


class Counter(Struct, frozen=True, kw_only=True):
    """A counter as its hearers see it."""

    counter_id: UUID
    value: int


@door
async def counter(ctx: Ctx, counter_id: UUID, *, lock: bool = False) -> Counter:
    """A counter of the caller."""
    row = await ctx.tx.fetchrow(
        f"SELECT id, value FROM counter WHERE id = $1 AND owner = $2 {'FOR UPDATE' if lock else ''}",
        counter_id,
        ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    return Counter(counter_id=row["id"], value=row["value"])


async def may_hear(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Owners and those let in."""
    rows = await ctx.tx.fetch(
        """SELECT a.n, coalesce(c.since, h.since) AS since
             FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS a (actor, counter, n)
             LEFT JOIN counter c ON c.id = a.counter AND c.owner = a.actor
             LEFT JOIN hearer h ON h.counter = a.counter AND h.actor = a.actor ORDER BY a.n""",
        [actor.id for actor, _ in asks],
        [key[0] for _, key in asks],
    )
    return [row["since"] for row in rows]


@topic("toy:{counter_id}", may=may_hear)
async def counter_topic(ctx: Ctx, counter_id: UUID) -> Counter:
    """A counter, for those who may hear it."""
    value = await ctx.tx.fetchval("SELECT value FROM counter WHERE id = $1", counter_id)
    return Counter(counter_id=counter_id, value=value or 0)


@topic("toy_typing:{counter_id}", may=may_hear)
async def typing_topic(ctx: Ctx, counter_id: UUID) -> None:
    """Who wiggles at a counter; nothing is kept."""


@query("toy.screen", allow={KNOWN}, errors={NotFound})
async def screen(ctx: Ctx, counter_id: UUID, other_id: UUID) -> Screen:
    """One's counter, and another that may be nobody's."""
    await counter(ctx, counter_id)
    return Screen.of([f"toy:{counter_id}", f"toy:{other_id}"])


@command("toy.hint", allow={KNOWN}, receipt=False, passing=True, emits={Wiggled})
async def hint(ctx: Ctx, counter_id: UUID) -> None:
    """Wiggle and leave nothing behind."""
    ctx.emit(Wiggled(counter_id=counter_id, who="somebody", value=1))


@command("toy.add", allow={KNOWN}, emits={Counted}, errors={TooMuch})
async def add(ctx: Ctx, counter_id: UUID, by: int = 1, times: Annotated[int, Meta(ge=1, le=1000)] = 1) -> Counter:
    """Count up; `times` tells the topic that often."""
    found = await counter(ctx, counter_id, lock=True)
    value = found.value
    for _ in range(times):
        value += by
        ctx.emit(Counted(counter_id=counter_id, value=value))
    await ctx.tx.execute("UPDATE counter SET value = $2 WHERE id = $1", counter_id, value)
    return Counter(counter_id=counter_id, value=value)


class Count(Struct, frozen=True, kw_only=True):
    """Which counter and by how much; 0 is refused, 13 is a bug."""

    counter_id: UUID
    by: int = 1


@command("toy.count", allow={KNOWN}, emits={Counted}, errors={TooMuch, Conflict}, lane="counter_id")
async def count(batch: Batch[Count, Counter]) -> None:
    """Count up, together with everybody who counts at the same time."""
    members = list(batch)
    rows = await batch.tx.fetch(
        """WITH mine AS (
               SELECT DISTINCT c.id FROM unnest($1::uuid[], $2::uuid[]) AS ask (id, actor)
                 JOIN counter c ON c.id = ask.id AND c.owner = ask.actor
           )
           SELECT id, owner, value FROM counter JOIN mine USING (id) ORDER BY id FOR UPDATE OF counter""",
        [member.params.counter_id for member in members],
        [member.actor.id for member in members],
    )
    owners, values = {row["id"]: row["owner"] for row in rows}, {row["id"]: row["value"] for row in rows}
    for member in members:
        with member:
            counter_id, by = member.params.counter_id, member.params.by
            if owners.get(counter_id) != member.actor.id:
                raise NotFound()
            remember(member, counter, counter_id=counter_id)
            if by == 0:
                raise Conflict("nothing to count")
            if by == 13:
                raise RuntimeError("nobody has thought of this number")
            values[counter_id] += by
            member.emit(Counted(counter_id=counter_id, value=values[counter_id]))
            member.reply(Counter(counter_id=counter_id, value=values[counter_id]))
    await batch.tx.execute(
        "UPDATE counter c SET value = n.value FROM unnest($1::uuid[], $2::bigint[]) n (id, value) WHERE c.id = n.id",
        list(values),
        list(values.values()),
    )


TALLY = Statement(
    takes={"counter_id": "uuid", "by": "bigint"},
    effect="""wanted AS (
        SELECT counter_id, sum(by)::bigint AS by FROM member JOIN counter c ON c.id = counter_id AND c.owner = account
         GROUP BY counter_id
    ), held AS MATERIALIZED (
        SELECT id FROM counter WHERE id IN (SELECT counter_id FROM wanted) ORDER BY id FOR UPDATE
    ), counted AS (
        UPDATE counter c SET value = c.value + w.by FROM held JOIN wanted w ON w.counter_id = held.id
         WHERE c.id = held.id RETURNING c.id, c.owner, c.value
    ), done AS (
        SELECT n, (value - sum(by) OVER whole + sum(by) OVER upto)::bigint AS value
          FROM member JOIN counted ON id = counter_id AND owner = account
        WINDOW whole AS (PARTITION BY id), upto AS (PARTITION BY id ORDER BY n)
    )""",
    gives=("value",),
    otherwise=NotFound,
)
ERRORS = {TooMuch, Conflict, NotFound}


@command("toy.tally", allow={KNOWN}, emits={Counted}, errors=ERRORS, lane="counter_id", statement=TALLY)
async def tally(batch: Batch[Count, Counter]) -> None:
    """The same as `toy.count`, in one statement."""
    for member in batch:
        with member:
            tell_tally(member, member.params.counter_id, member.params.by)
            member.reply(Counter(counter_id=member.params.counter_id, value=TALLY.later("value")))


@command("toy.tally_alone", allow={KNOWN}, emits={Counted}, errors=ERRORS, statement=TALLY)
async def tally_alone(ctx: Ctx, counter_id: UUID, by: int = 1) -> Counter:
    """The same in the ordinary lane."""
    tell_tally(ctx, counter_id, by)
    return Counter(counter_id=counter_id, value=TALLY.later("value"))


def tell_tally(ctx: Ctx, counter_id: UUID, by: int) -> None:
    remember(ctx, counter, counter_id=counter_id)
    if by == 0:
        raise Conflict("nothing to count")
    if by == 13:
        raise RuntimeError("nobody has thought of this number")
    ctx.emit(Counted(counter_id=counter_id, value=TALLY.later("value")))


WIN = Statement(
    takes={"counter_id": "uuid"},
    effect="""done AS (
        UPDATE counter c SET value = 1 FROM member m WHERE c.id = m.counter_id AND c.owner = m.account AND c.value = 0
        RETURNING m.n, c.value)""",
    gives=("value",),
    otherwise=NotFound,
)


@command("toy.win", allow={KNOWN}, emits={Counted}, errors={NotFound}, statement=WIN)
async def win(ctx: Ctx, counter_id: UUID) -> Counter:
    """Be the first, who makes it 1; then there is nothing left to win."""
    ctx.emit(Counted(counter_id=counter_id, value=WIN.later("value")))
    return Counter(counter_id=counter_id, value=WIN.later("value"))


@command("toy.break", allow={KNOWN}, emits={Counted})
async def break_(ctx: Ctx, counter_id: UUID) -> None:
    """Write and tell, then fail: nothing of it may remain."""
    await counter(ctx, counter_id, lock=True)
    await ctx.tx.execute("UPDATE counter SET value = 999 WHERE id = $1", counter_id)
    ctx.emit(Counted(counter_id=counter_id, value=999))
    raise RuntimeError("a secret value that must not leave: 4111-1111")


@command("toy.tag", allow={KNOWN}, errors={TaggedAlready})
async def tag(ctx: Ctx, counter_id: UUID, word: Annotated[str, Meta(max_length=20)]) -> None:
    """Add a tag; that it is there once is checked at the end of the transaction."""
    await counter(ctx, counter_id)
    await ctx.tx.execute("INSERT INTO tag (counter, word) VALUES ($1, $2)", counter_id, word)


@command("toy.wiggle", allow={KNOWN}, emits={Wiggled})
async def wiggle(ctx: Ctx, counter_id: UUID, who: Annotated[str, Meta(max_length=20)], value: int) -> None:
    """Say something that is only of the moment."""
    ctx.emit(Wiggled(counter_id=counter_id, who=who, value=value))


class Ping(Job, name="toy.ping", secret=True, attempts=2):
    """Leave a mark later."""

    counter_id: UUID
    text: str


@consumer(Ping, emits={Counted})
async def mark(ctx: Ctx, job: Ping) -> None:
    """Once per job."""
    if job.text == "poison":
        raise ValueError("this one always fails")
    await ctx.tx.execute("INSERT INTO pinged VALUES ($1, $2)", job.counter_id, job.text)
    ctx.emit(Counted(counter_id=job.counter_id, value=-1))


class Hourly(Job, name="toy.hourly", every=timedelta(hours=1)):
    """Comes by itself."""


@consumer(Hourly)
async def hourly(ctx: Ctx, job: Hourly) -> None:
    """Nothing to do."""


class Errand(Job, name="toy.errand", personal=True, attempts=3):
    """Tell somebody outside."""

    to: str
    expires_at: datetime | None = None


OUTSIDE: list[Trip] = []
"""What came to the outside company, in order."""
REFUSALS: list[Exception] = []
"""What it will say next, instead of yes."""


@errand(Errand)
async def tell(trip: Trip, job: Errand) -> Job | str | None:
    """The outside company as its callers see it. A visitor comes back with something to do."""
    OUTSIDE.append(trip)
    if REFUSALS:
        raise REFUSALS.pop(0)
    if job.to == "visitor":
        return Ping(counter_id=trip.ref, text="brought")
    return f"proof-{len(OUTSIDE)}"


@command("toy.ping", allow={KNOWN})
async def ping(
    ctx: Ctx,
    counter_id: UUID,
    text: Annotated[str, Meta(max_length=50)],
    key: Annotated[str, Meta(max_length=20)] | None = None,
    in_s: int = 0,
) -> None:
    """Leave a job."""
    await counter(ctx, counter_id)
    ctx.enqueue(Ping(counter_id=counter_id, text=text), key=key, not_before=ctx.now + timedelta(seconds=in_s))


@query("toy.get", allow={KNOWN})
async def get(ctx: Ctx, counter_id: UUID) -> Counter:
    """A counter of the caller."""
    return await counter(ctx, counter_id)


@door
async def private_counter(ctx: Ctx, counter_id: UUID) -> Counter:
    """A door to what is private."""
    found = await counter(ctx, counter_id)
    ctx.read("counter", counter_id, "own", patient=ctx.actor.id)
    return found


@query("toy.peek", allow={KNOWN})
async def peek(ctx: Ctx, counter_id: UUID) -> Counter:
    """A counter whose value is as private as a diagnosis."""
    return await private_counter(ctx, counter_id)


@command("toy.peek_and_count", allow={KNOWN}, emits={Counted})
async def peek_and_count(ctx: Ctx, counter_id: UUID) -> Counter:
    """The same, and it counts."""
    seen = await private_counter(ctx, counter_id)
    ctx.emit(Counted(counter_id=counter_id, value=seen.value))
    return seen


async def may_peek(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Who may hear a counter may look into it, and it is written down."""
    since = await may_hear(ctx, asks)
    for (actor, (counter_id,)), right in zip(asks, since, strict=True):
        if right is not None:
            ctx.read("counter", counter_id, "own", by=actor)
    return since


@topic("toy_diary:{counter_id}", may=may_peek)
async def diary(ctx: Ctx, counter_id: UUID) -> Counter:
    """A counter as its hearers see it, written down whenever somebody begins to listen."""
    return await counter_topic(ctx, counter_id)


@query("toy.write_in_query", allow={KNOWN})
async def write_in_query(ctx: Ctx, counter_id: UUID) -> None:
    """A query that tries to write is refused by the database."""
    await ctx.tx.execute("UPDATE counter SET value = 1 WHERE id = $1", counter_id)


@query("toy.hello", allow={ANYONE})
async def hello(ctx: Ctx, name: Annotated[str, Meta(max_length=100)] = "world", n: int = 0) -> str:
    """Greets anybody."""
    return f"hello {name}"


@command("toy.throw_out", allow={KNOWN})
async def throw_out(ctx: Ctx, counter_id: UUID, actor_id: UUID) -> None:
    """Somebody may no longer hear the counter."""
    await counter(ctx, counter_id)
    await ctx.tx.execute("DELETE FROM hearer WHERE counter = $1 AND actor = $2", counter_id, actor_id)
    ctx.rights_changed(actor_id)


class Gadget(Table, db=ENGINE):
    """A catalogue."""

    id = PiccoloUUID(primary_key=True, default=uuid7)
    name = PiccoloText(required=True, unique=True)
    colour = PiccoloText(required=True)


class GadgetView(Struct, frozen=True, kw_only=True):
    """A gadget."""

    id: UUID
    name: str
    colour: str


GADGETS = resource(
    "gadget",
    table=Gadget,
    view=GadgetView,
    create={"name": Name, "colour": Word},
    update={"name": Name, "colour": Word},
    read={ANYONE},
    write={"admin"},
    orders={"name": Order("lower(e.name)", str)},
    search=Part(("name",)),
    filters={"colour": equal(Word)},
)


class Boat(Table, db=ENGINE):
    id = PiccoloUUID(primary_key=True, default=uuid7)


class Hand(Struct, frozen=True, kw_only=True):
    """Somebody aboard."""

    name: str


class BoatView(Struct, frozen=True, kw_only=True):
    """A boat; only those that are shown are seen by others than their owner."""

    id: UUID
    name: str
    price: int | None
    flags: list[str]
    crew: list[Hand]
    locale: str
    fallback: list[str]


@door
async def own_boat(ctx: Ctx, boat_id: UUID) -> UUID:
    """A boat of the caller's own."""
    found = await ctx.tx.fetchval("SELECT id FROM boat WHERE id = $1 AND owner = $2", boat_id, ctx.actor.id)
    if found is None:
        raise NotFound()
    return boat_id


async def may_write_boat(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Everybody makes boats and changes her own."""
    if key is None:
        return {**given, "owner": ctx.actor.id, "made": ctx.now}
    await own_boat(ctx, key)
    return dict(given)


async def sees_boat(ctx: Ctx) -> str:
    """The shown ones and one's own."""
    return "e.shown AND e.sunk IS NULL" + ("" if ctx.anonymous else " OR e.owner = {actor}")


async def in_pirate(
    ctx: Ctx, noun: str, ids: Sequence[str], fields: Sequence[str], locale: str
) -> Mapping[tuple[str, str], str]:
    """What a domain that keeps translations answers: here two tables of the tests would be one too many."""
    rows = await ctx.tx.fetch(
        "SELECT id::text, name FROM boat WHERE id::text = ANY($1) AND name LIKE 'Black%'", list(ids)
    )
    return {(row["id"], "name"): f"Arr, {row['name']}" for row in rows if noun == "boat" and locale == "xp"}


plug_translations(in_pirate)

Flags = Annotated[list[Word], Meta(max_length=5)]
Price = Annotated[int, Meta(ge=0, le=1_000_000)]

BOATS = resource(
    "boat",
    table=Boat,
    view=BoatView,
    parameter="boat_id",
    columns={"crew": "jsonb_build_array(jsonb_build_object('name', e.name || ' cook'))"},
    create={"name": Name, "price": Price | None, "flags": Flags | UnsetType, "shown": bool | UnsetType},
    update={"name": Name, "price": Price | None, "shown": bool},
    read={ANYONE},
    write={KNOWN},
    door=may_write_boat,
    orders={
        "name": Order("lower(e.name)", str),
        "price": Order("coalesce(e.price, 1000001)", int),
        "dearest": Order("-coalesce(e.price, -1)", int),
    },
    search=Part(("name",)),
    filters={"price_min": at_least(Price, "price"), "price_max": at_most(Price, "price"), "flag": holds(Word, "flags")},
    published="e.shown AND e.sunk IS NULL",
    visible=sees_boat,
    translatable=("name",),
    retire="sunk",
)
