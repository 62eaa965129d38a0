"""Quiet hours, held against a walk through the minutes of the night; and moments as people read them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.dates import Moment
from carewire.quiet import AHEAD, QuietHours, considerate, quiet_at

NIGHT = QuietHours(begins=time(22), ends=time(7))
KOLKATA, LONDON = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(["Asia/Kolkata", "Asia/Dubai", "Europe/London", "America/New_York", "Australia/Sydney"])
WALL = st.integers(0, 95).map(lambda n: time(n // 4, 15 * (n % 4)))
QUIET = (
    st.tuples(WALL, WALL).filter(lambda two: two[0] != two[1]).map(lambda two: QuietHours(begins=two[0], ends=two[1]))
)
AT = st.integers(0, 3 * 365 * 1440).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE)
NIGHTS = st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25),
                          date(2026, 11, 1)]).flatmap(lambda day: st.integers(-720, 2160).map(
                              lambda n: datetime.combine(day, time(0), tzinfo=UTC) + n * MINUTE))  # fmt: skip


def on(day: int, hour: int, minute: int = 0, zone: ZoneInfo = KOLKATA) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=zone)


def test_what_falls_into_the_night_is_told_before_it_while_there_is_time_and_else_in_the_morning() -> None:
    visit = on(3, 7, 30)
    due = visit - timedelta(hours=1)
    said = {
        "booked days ago": considerate(due, quiet=NIGHT, zone=KOLKATA, since=on(1, 12), until=visit),
        "booked in the night": considerate(due, quiet=NIGHT, zone=KOLKATA, since=on(2, 23), until=visit),
        "the visit is in the night": considerate(on(3, 5), quiet=NIGHT, zone=KOLKATA, since=on(2, 23), until=on(3, 6)),
        "nothing is quiet": considerate(due, quiet=None, zone=KOLKATA, since=on(2, 23), until=visit),
        "by day": considerate(on(2, 12), quiet=NIGHT, zone=KOLKATA, since=on(1, 12), until=visit),
        "a breath before the night": considerate(
            on(2, 21, 57), quiet=NIGHT, zone=KOLKATA, since=on(1, 12), until=visit
        ),
        "and just booked": considerate(on(2, 21, 57), quiet=NIGHT, zone=KOLKATA, since=on(2, 21, 50), until=visit),
        "early enough": considerate(on(2, 21, 54), quiet=NIGHT, zone=KOLKATA, since=on(1, 12), until=visit),
        "too late": considerate(visit, quiet=None, zone=KOLKATA, since=on(1, 12), until=visit),
    }
    assert said == {
        "booked days ago": on(2, 21, 45),
        "booked in the night": on(3, 7),
        "the visit is in the night": None,
        "nothing is quiet": due,
        "by day": on(2, 12),
        "a breath before the night": on(2, 21, 45),
        "and just booked": on(2, 21, 57),
        "early enough": on(2, 21, 54),
        "too late": None,
    }


def test_the_night_on_which_clocks_change_is_quiet_to_its_end_on_the_wall() -> None:
    spring = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 in London, an hour after it was 00:30
    assert quiet_at(NIGHT, LONDON, spring) == (
        datetime(2026, 3, 28, 22, tzinfo=UTC),
        datetime(2026, 3, 29, 6, tzinfo=UTC),
    )
    autumn = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert quiet_at(NIGHT, LONDON, autumn) == (
        datetime(2026, 10, 24, 21, tzinfo=UTC),
        datetime(2026, 10, 25, 7, tzinfo=UTC),
    )


@examples(max_examples=120)
@given(quiet=QUIET, zone=ZONES, at=AT | NIGHTS)
def test_a_moment_is_quiet_when_the_wall_has_shown_the_beginning_and_not_yet_the_end(
    quiet: QuietHours, zone: str, at: datetime
) -> None:
    here = ZoneInfo(zone)

    def wall(minute: datetime) -> datetime:
        return minute.astimezone(here).replace(tzinfo=None, fold=0)

    def begun_and_not_ended(day: date) -> bool:
        begins = datetime.combine(day, quiet.begins)
        ends = datetime.combine(day + timedelta(days=quiet.ends <= quiet.begins), quiet.ends)
        shown = [wall(at - n * MINUTE) for n in range(27 * 60)]
        return any(minute >= begins for minute in shown) and not any(minute >= ends for minute in shown)

    today = wall(at).date()
    expected = any(begun_and_not_ended(today - timedelta(days=n)) for n in (0, 1))
    assert (quiet_at(quiet, here, at) is not None) is expected


@examples(max_examples=300)
@given(
    quiet=QUIET | st.none(),
    zone=ZONES,
    until=AT | NIGHTS,
    lead=st.integers(1, 3000),
    notice=st.integers(0, 5000),
)
def test_nothing_is_told_in_quiet_hours_before_it_was_known_or_when_it_is_of_no_use(
    quiet: QuietHours | None, zone: str, until: datetime, lead: int, notice: int
) -> None:
    here, due = ZoneInfo(zone), until - lead * MINUTE
    since = due - notice * MINUTE
    told = considerate(due, quiet=quiet, zone=here, since=since, until=until)
    if told is None:
        assert (span := quiet_at(quiet, here, due)) is not None
        assert span[1] >= until
        return
    assert since <= told < until
    assert quiet_at(quiet, here, told) is None
    assert told == due or told > due or quiet_at(quiet, here, told + AHEAD) is not None


def test_a_moment_is_said_in_the_readers_language_on_a_named_clock() -> None:
    moment = Moment(datetime(2026, 3, 2, 4, 30, tzinfo=UTC), "Asia/Kolkata")
    assert moment.say("en") == "Mon 2 March 2026, 10:00 (Asia/Kolkata)"
    assert moment.say("hi") == "सोम 2 मार्च 2026, 10:00 (Asia/Kolkata)"
    assert moment.say("ar") == "الاثنين 2 مارس 2026, 10:00 (Asia/Kolkata)"
    assert moment.say("de") == moment.say("en")
