"""Whether a place can be quoted now, and deadlines that count opening hours only (PRODUCT 26)."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from carewire.wall_clock import Opening, require_apart
from channels import directory
from channels.directory.demo import CLINIC, LABORATORY, PHARMACY
from channels.directory.opening import AHEAD_MAX, Hours, deadline, open_spans

ZONES = ["Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
"""A Tuesday noon in the demo's town."""


async def say(node: Node, **columns: Any) -> None:
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 2))
    async with node.db.transaction() as tx:
        await tx.execute(f"UPDATE place SET {sets} WHERE id = $1", PHARMACY, *columns.values())


async def because(node: Node, at: datetime = NOON, **more: Any) -> str | None:
    async with node.db.snapshot() as tx:
        return (await directory.quoting(tx, [PHARMACY], at, **more))[PHARMACY].because


async def open_from(node: Node, opens: time, closes: time) -> None:
    """Every day, and on no other hour."""
    async with node.db.transaction() as tx:
        await tx.execute("DELETE FROM place_opening WHERE place_id = $1", PHARMACY)
        await tx.executemany(
            "INSERT INTO place_opening (place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4)",
            [(PHARMACY, weekday, opens, closes) for weekday in range(1, 8)],
        )


async def test_a_place_is_quoted_while_it_is_approved_open_and_not_paused_and_only_where_it_delivers(
    clinic: Node,
) -> None:
    assert await because(clinic) is None, "who never said any hours counts as open"
    await open_from(clinic, time(9), time(18))
    assert await because(clinic) is None
    assert await because(clinic, NOON + timedelta(hours=8)) == "closed"
    await say(clinic, served_postal_codes=["560001"], delivery_fee=3000, delivery_currency="INR")
    assert await because(clinic, postal_code="560001") is None
    assert await because(clinic, postal_code="560002") == "not_served"
    await say(clinic, orders_paused_until=NOON + MINUTE)
    assert await because(clinic) == "paused"
    assert await because(clinic, NOON + MINUTE) is None, "a pause ends by itself"
    await say(clinic, approval="withdrawn")
    assert await because(clinic) == "not_approved"
    async with clinic.db.snapshot() as tx:
        found = await directory.quoting(tx, [PHARMACY, LABORATORY, CLINIC, uuid4()], NOON)
    assert found.keys() == {PHARMACY, LABORATORY}, "a clinic delivers nothing"
    fee = found[PHARMACY].delivery_fee
    assert fee is not None
    assert (fee.amount, fee.currency, fee.exponent) == (3000, "INR", 2)


async def test_ten_minutes_before_closing_leave_the_rest_for_the_morning(clinic: Node) -> None:
    await open_from(clinic, time(9), time(18))
    closing = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)  # six in the evening
    async with clinic.db.transaction() as tx:

        async def due(start: datetime, minutes: int = 10) -> datetime:
            return await directory.opening_deadline(tx, PHARMACY, start, minutes)

        assert await due(NOON) == NOON + 10 * MINUTE
        assert await due(closing - 10 * MINUTE) == closing
        assert await due(closing - 4 * MINUTE) == closing + timedelta(hours=15) + 6 * MINUTE
        await tx.execute("INSERT INTO place_holiday (place_id, day, name) VALUES ($1, '2026-11-25', 'Fair')", PHARMACY)
        assert await due(closing - 4 * MINUTE) == closing + timedelta(hours=39) + 6 * MINUTE
        await tx.execute("DELETE FROM place_opening WHERE place_id = $1", PHARMACY)
        assert await due(NOON) == NOON + AHEAD_MAX, "holidays only: never open, and yet there is an end"
        await tx.execute("DELETE FROM place_holiday WHERE place_id = $1", PHARMACY)
        assert await due(NOON) == NOON + 10 * MINUTE, "who never said any hours counts as open"
        with pytest.raises(NotFound):
            await directory.opening_deadline(tx, uuid4(), NOON, 10)


WALL = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    """Weeks as `provider.set_hours` takes them, and a holiday."""
    weekly: list[Opening] = []
    for weekday, opens, closes in draw(st.lists(st.tuples(st.integers(1, 7), WALL, WALL), max_size=9)):
        one = Opening(weekday=weekday, opens=opens, closes=closes)
        try:
            require_apart("$", [*weekly, one])
        except InvalidParams:
            continue
        weekly.append(one)
    off = draw(st.dictionaries(st.sampled_from(DAYS), st.lists(st.tuples(WALL, WALL), max_size=2), max_size=2))
    return Hours([(one.weekday, one.opens, one.closes) for one in weekly], off)


CHANGES = [
    date(2026, 3, 29),
    date(2026, 10, 25),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2026, 11, 1),
    date(2026, 2, 15),
]
DAYS = sorted(day + timedelta(days=n) for day in CHANGES for n in (-1, 0, 1))


def is_open(hours: Hours, zone: ZoneInfo, at: datetime) -> bool:
    """What the wall clock says, minute by minute: nothing of the way it is counted."""
    wall = at.astimezone(zone).replace(tzinfo=None)
    for day in (wall.date(), wall.date() - timedelta(days=1)):
        for opens, closes in hours.of(day):
            ends = datetime.combine(day + timedelta(days=1 if closes <= opens else 0), closes)
            if datetime.combine(day, opens) <= wall < ends:
                return True
    return False


@examples(max_examples=60)
@given(
    hours=weeks(),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    day=st.sampled_from(DAYS),
    minute=st.integers(0, 1439),
    span=st.integers(1, 1500),
)
def test_between_a_start_and_its_deadline_lie_exactly_so_many_open_minutes(
    hours: Hours, zone: ZoneInfo, day: date, minute: int, span: int
) -> None:
    start = datetime.combine(day, time(), tzinfo=UTC) + minute * MINUTE
    due = deadline(hours, zone, start, span * MINUTE)
    assert start < due <= start + AHEAD_MAX
    end = min(due, start + timedelta(days=4))
    counted = sum(is_open(hours, zone, start + n * MINUTE) for n in range((end - start) // MINUTE))
    if end == due < start + AHEAD_MAX:
        assert counted == span
        assert is_open(hours, zone, due - MINUTE), "it ends while the doors are open"
    else:
        assert counted <= span


async def test_the_minutes_that_count_are_those_in_which_the_database_says_it_is_open(clinic: Node) -> None:
    """The same hours, asked of `place_open` every seven minutes of the days around a change of the clocks."""
    dice = random.Random(4)
    async with clinic.db.transaction() as tx:
        for n, name in enumerate(ZONES):
            weekly = [
                (wd, time(dice.randrange(24), dice.choice((0, 30))), time(dice.randrange(24))) for wd in range(1, 8)
            ]
            weekly = [(wd, opens, closes) for wd, opens, closes in weekly if opens < closes]
            start = datetime.combine(CHANGES[n] - timedelta(days=1), time(), tzinfo=UTC)
            await tx.execute("UPDATE place SET zone = $2 WHERE id = $1", PHARMACY, name)
            await tx.execute("DELETE FROM place_opening WHERE place_id = $1", PHARMACY)
            await tx.executemany(
                "INSERT INTO place_opening (place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4)",
                [(PHARMACY, *one) for one in weekly],
            )
            asked = [start + timedelta(minutes=7 * k) for k in range(3 * 1440 // 7)]
            said = await tx.fetch("SELECT place_open($1, t) AS open FROM unnest($2::timestamptz[]) t", PHARMACY, asked)
            spans = list(open_spans(Hours(weekly, {}), ZoneInfo(name), start, start + timedelta(days=3)))
            assert [row["open"] for row in said] == [any(a <= t < b for a, b in spans) for t in asked], name
