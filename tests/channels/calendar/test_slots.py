"""Slots, held against a walk through the minutes of the world: each minute is asked what the clock at the wall shows.

Five zones and three years with every night on which their clocks change, and the oddest clocks there are.
Ledger: doctor.schedule H-168 M-197, H-099; PRODUCT 9.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.wall_clock import DayOpening
from channels.calendar.nouns import Mode
from channels.calendar.rules import Closed, Leave, Rule, Rules
from channels.calendar.slots import slots

ZONES = ("Asia/Kolkata", "Asia/Dubai", "Europe/London", "America/New_York", "Australia/Sydney")
ODD = ("Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Apia", "Africa/Cairo", "America/St_Johns")
"""Half an hour of summer, quarters of an hour, a day that was left out, and clocks that change at midnight."""
FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CLINIC, SURGERY = UUID(int=1), UUID(int=2)


def nights(zone: str) -> list[date]:
    """The days of these three years on which clocks change there."""
    here = ZoneInfo(zone)
    noons = [datetime.combine(FIRST + n * DAY, time(12), tzinfo=here) for n in range((LAST - FIRST).days + 2)]
    return [after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()]


CHANGES = [(zone, night) for zone in ZONES for night in nights(zone)]
ODD_CHANGES = [(zone, night) for zone in ODD for night in nights(zone)]


def rule(
    opens: time,
    closes: time,
    *,
    zone: str,
    weekday: int | None = None,
    day: date | None = None,
    minutes: int = 15,
    pause: int = 0,
    place_id: UUID | None = CLINIC,
) -> Rule:
    return Rule(
        weekday=weekday,
        day=day,
        opens=opens,
        closes=closes,
        place_id=place_id,
        zone=zone,
        mode=Mode.IN_PERSON if place_id else Mode.TELECONSULT,
        slot_minutes=minutes,
        buffer_minutes=pause,
        capacity=1,
        lead_minutes=0,
        horizon_days=90,
    )


def of(
    *rules: Rule, leave: Sequence[Leave] = (), closed: Sequence[Closed] = (), verified: bool = True, video: bool = True
) -> Rules:
    return Rules(
        zone=ZONES[0],
        verified=verified,
        teleconsult=video,
        rules=list(rules),
        leave=list(leave),
        closed=list(closed),
    )


def offered(rules: Rules, first: date, last: date) -> list[datetime]:
    return sorted(at for _, begins in slots(rules, first, last) for at in begins)


def walked(one: Rule, day: date) -> list[datetime]:
    """What a patient person finds who looks at the wall each minute, and knows nothing of zones but what it shows.

    From the minute at which it first shows the opening, or more, to the one at which it first shows the closing, or
    more, the doctor is there. She begins when it first shows a time of her plan, if she is free and the visit fits.
    """
    here = ZoneInfo(one.zone)
    closing = datetime.combine(day + DAY if one.closes <= one.opens else day, one.closes)
    plan = datetime.combine(day, one.opens)
    step = timedelta(minutes=one.slot_minutes + one.buffer_minutes)
    planned = set()
    while plan < closing:
        planned.add(plan)
        plan += step
    opening = datetime.combine(day, one.opens)
    there: list[tuple[datetime, datetime]] = []  # instants and what the wall shows
    minute = datetime.combine(day - DAY, time(0), tzinfo=UTC)
    seen_opening = False
    for _ in range(5 * 24 * 60):
        wall = minute.astimezone(here).replace(tzinfo=None, fold=0)
        seen_opening = seen_opening or wall >= opening
        if wall >= closing:
            break
        if seen_opening:
            there.append((minute, wall))
        minute += MINUTE
    ends = minute
    found, seen, free = [], set(), None
    for instant, wall in there:
        fits = instant + timedelta(minutes=one.slot_minutes) <= ends
        if wall in planned and wall not in seen and fits and (free is None or instant >= free):
            found.append(instant)
            free = instant + step
        seen.add(wall)
    return found


WALL = st.integers(0, 287).map(lambda n: time(n // 12, 5 * (n % 12)))
MINUTES = st.sampled_from([5, 10, 15, 20, 25, 30, 45, 60, 90])
PAUSES = st.sampled_from([0, 0, 5, 10])
ANY_DAY = st.tuples(st.sampled_from(ZONES + ODD), st.dates(FIRST, LAST))


@examples(max_examples=150)
@given(
    where=st.sampled_from(CHANGES) | st.sampled_from(ODD_CHANGES) | ANY_DAY,
    shift=st.sampled_from([0, 0, -1]),
    opens=WALL,
    closes=WALL,
    minutes=MINUTES,
    pause=PAUSES,
)
@example(where=("America/New_York", date(2026, 3, 8)), shift=0, opens=time(0), closes=time(0), minutes=25, pause=0)
@example(where=("Australia/Sydney", date(2026, 4, 5)), shift=0, opens=time(2, 30), closes=time(6), minutes=20, pause=5)
@example(where=("Europe/London", date(2026, 3, 29)), shift=0, opens=time(1, 30), closes=time(3), minutes=20, pause=0)
@example(where=("Australia/Lord_Howe", date(2026, 4, 5)), shift=0, opens=time(1), closes=time(3), minutes=20, pause=0)
@example(where=("Australia/Lord_Howe", date(2026, 10, 4)), shift=0, opens=time(1), closes=time(4), minutes=15, pause=5)
@example(where=("Africa/Cairo", date(2026, 4, 24)), shift=-1, opens=time(22), closes=time(3), minutes=45, pause=0)
@example(where=("Africa/Cairo", date(2026, 10, 30)), shift=-1, opens=time(0), closes=time(0), minutes=45, pause=0)
@example(where=("Pacific/Apia", date(2011, 12, 29)), shift=0, opens=time(22), closes=time(2), minutes=30, pause=0)
@example(where=("Pacific/Apia", date(2011, 12, 30)), shift=0, opens=time(9), closes=time(12), minutes=30, pause=0)
@example(where=("Pacific/Apia", date(2011, 12, 31)), shift=0, opens=time(9), closes=time(12), minutes=30, pause=0)
@example(where=("Europe/London", date(2026, 3, 29)), shift=-1, opens=time(22), closes=time(1, 30), minutes=15, pause=0)
def test_the_slots_of_a_window_are_those_one_finds_by_looking_at_the_wall_each_minute(
    where: tuple[str, date], shift: int, opens: time, closes: time, minutes: int, pause: int
) -> None:
    zone, day = where[0], where[1] + shift * DAY
    one = rule(opens, closes, zone=zone, weekday=day.isoweekday(), minutes=minutes, pause=pause)
    assert offered(of(one), day, day) == walked(one, day)


@pytest.mark.parametrize(("zone", "night"), CHANGES, ids=[f"{zone} {night}" for zone, night in CHANGES])
def test_on_every_night_that_clocks_change_each_slot_is_a_time_they_show_and_none_is_offered_twice(
    zone: str, night: date
) -> None:
    one = rule(time(0), time(0), zone=zone, weekday=night.isoweekday(), minutes=30)
    walls = [at.astimezone(ZoneInfo(zone)) for at in offered(of(one), night, night)]
    assert len({wall.replace(tzinfo=None, fold=0) for wall in walls}) == len(walls)
    assert all(wall.fold == 0 for wall in walls)
    spring = walls[0].utcoffset() < walls[-1].utcoffset()  # type: ignore[operator]
    assert len(walls) == (46 if spring else 48)  # an hour less; and the second hour of autumn is offered to nobody


def test_the_zones_of_the_product_change_their_clocks_as_often_as_we_think() -> None:
    assert {zone: len(nights(zone)) for zone in ZONES} == dict(zip(ZONES, (0, 0, 6, 6, 6), strict=True))


RULES = st.lists(
    st.builds(
        rule,
        opens=WALL,
        closes=WALL,
        zone=st.sampled_from(ZONES + ODD),
        weekday=st.integers(1, 7),
        minutes=MINUTES,
        pause=PAUSES,
    )
    | st.builds(
        rule,
        opens=WALL,
        closes=WALL,
        zone=st.sampled_from(ZONES),
        day=st.dates(date(2026, 10, 20), date(2026, 11, 5)),
        minutes=MINUTES,
    ),
    min_size=1,
    max_size=6,
)


@examples(max_examples=100)
@given(rules=RULES)
def test_no_two_slots_of_a_doctor_overlap_whatever_clocks_she_said_them_on_and_however_one_asks(
    rules: list[Rule],
) -> None:
    known = of(*rules)
    first, last = date(2026, 10, 22), date(2026, 11, 3)
    spans = sorted(
        (at, at + timedelta(minutes=piece.rule.slot_minutes), piece.starts_at, piece.ends_at)
        for piece, begins in slots(known, first, last)
        for at in begins
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(begins <= at and end <= ends for at, end, begins, ends in spans)
    day_by_day = [at for n in range((last - first).days + 1) for at in offered(known, first + n * DAY, first + n * DAY)]
    assert sorted(day_by_day) == [span[0] for span in spans]


def test_a_day_besides_goes_before_the_week_and_takes_only_what_it_overlaps() -> None:
    monday = date(2026, 3, 2)
    week = rule(time(9), time(11), zone="Asia/Kolkata", weekday=1, minutes=30)
    besides = rule(time(9, 45), time(10, 15), zone="Asia/Kolkata", day=monday, minutes=30, place_id=SURGERY)
    found = [(at.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M"), piece.rule.place_id)
             for piece, begins in slots(of(week, besides), monday, monday) for at in begins]  # fmt: skip
    assert sorted(found) == [("09:00", CLINIC), ("09:45", SURGERY), ("10:30", CLINIC)]


def test_leave_takes_the_week_and_leaves_the_days_besides() -> None:
    monday = date(2026, 3, 2)
    week = rule(time(22), time(2), zone="Europe/London", weekday=1, minutes=60)
    besides = rule(time(9), time(10), zone="Europe/London", day=monday, minutes=60)
    away = Leave(first=monday, last=monday)
    assert [at.hour for at in offered(of(week, besides, leave=[away]), monday, monday + DAY)] == [9]
    # The night of Monday is Monday's, to its end.
    tuesday = Leave(first=monday + DAY, last=monday + DAY)
    assert len(offered(of(week, leave=[tuesday]), monday, monday + DAY)) == 4


def test_on_a_holiday_of_its_place_a_window_is_open_only_as_long_as_the_place() -> None:
    monday = date(2026, 3, 2)
    week = rule(time(9), time(12), zone="Asia/Kolkata", weekday=1, minutes=30)
    elsewhere = rule(time(14), time(15), zone="Asia/Kolkata", weekday=1, minutes=30, place_id=SURGERY)
    shut = Closed(place_id=CLINIC, day=monday, openings=[])
    short = Closed(place_id=CLINIC, day=monday, openings=[DayOpening(opens=time(9, 20), closes=time(11))])
    hours = [at.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M") for at in
             offered(of(week, elsewhere, closed=[short]), monday, monday)]  # fmt: skip
    assert hours == ["09:30", "10:00", "10:30", "14:00", "14:30"]
    assert len(offered(of(week, elsewhere, closed=[shut]), monday, monday)) == 2


def test_nobody_is_offered_a_doctor_who_is_not_verified_or_does_nothing_by_video() -> None:
    monday = date(2026, 3, 2)
    here = rule(time(9), time(10), zone="Asia/Kolkata", weekday=1)
    video = rule(time(14), time(15), zone="Asia/Kolkata", weekday=1, place_id=None)
    assert len(offered(of(here, video), monday, monday)) == 8
    assert len(offered(of(here, video, video=False), monday, monday)) == 4
    assert offered(of(here, video, verified=False), monday, monday) == []
