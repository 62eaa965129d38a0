"""The estimate: ordered, monotone, shrunk to the stated average, robust, and honest about its error."""

import random
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from channels.queue.estimate import Expected, Pace, Score, Situation, at, curve, knots
from channels.queue.forecast import Coming, Waiting
from tests.channels.queue.lines import NOW, minutes


def situation(waiting: int = 20, **more: object) -> Situation:
    line = tuple(Waiting(since=float(n - waiting)) for n in range(waiting + 1))
    values: dict[str, object] = {
        "now": NOW, "begins": NOW, "running": True, "average": 10.0, "pace": Pace(), "line": line
    }  # fmt: skip
    return Situation(**values | more)  # type: ignore[arg-type]


def booked(*due: float) -> tuple[Coming, ...]:
    return tuple(Coming(due=d, moves_up=d - 10, share=0.9) for d in due)


def waiting(since: float, due: float | None, first: bool, turn: int | None) -> Waiting:
    moves_up = since + 75 if due is None else due - 10
    return Waiting(since=since, due=due, moves_up=moves_up, first=first and turn is None, turn=turn)


LINES = st.lists(
    st.builds(
        waiting,
        st.floats(-200, 0),
        st.none() | st.floats(-200, 300),
        st.sampled_from([False, False, True]),
        st.sampled_from([None, None, 0, 3, 200]),
    ),
    max_size=150,
)
SITUATIONS = st.builds(
    lambda line, average, visits, elapsed, due, ahead: situation(
        line=(*line, Waiting(since=0.0, moves_up=75.0)),
        average=average,
        pace=Pace(tuple(visits)),
        in_room=tuple(elapsed),
        coming=booked(*due),
        begins=NOW + minutes(ahead),
        running=ahead == 0,
    ),
    LINES,
    st.floats(0.5, 240),
    st.lists(st.floats(0, 600), max_size=60),
    st.lists(st.floats(0, 300), max_size=8),
    st.lists(st.floats(-30, 400), max_size=40),
    st.sampled_from([0, 0, 5, 90]),
)


@given(SITUATIONS)
def test_who_stands_further_back_is_never_told_an_earlier_time(of: Situation) -> None:
    points = curve(of)
    assert [p.before for p in points] == knots(of.waiting)
    assert points[-1].before == of.waiting
    for left, right in pairwise(points):
        assert left.low <= right.low
        assert left.mid <= right.mid
        assert left.high <= right.high


@given(SITUATIONS)
def test_low_mid_and_high_are_in_order_and_not_in_the_past(of: Situation) -> None:
    for p in curve(of):
        assert of.now - timedelta(seconds=1) <= p.low <= p.mid <= p.high


@given(SITUATIONS, st.integers(0, 300))
def test_between_the_told_points_the_time_is_interpolated(of: Situation, before: int) -> None:
    points = curve(of)
    told = at(points, before)
    assert told is not None
    assert points[0].low <= told.low <= told.mid <= told.high <= points[-1].high


def test_before_anything_is_known_the_stated_average_counts() -> None:
    assert curve(situation())[10].mid == NOW + minutes(100)


def test_a_slow_doctor_is_learnt() -> None:
    slow = curve(situation(pace=Pace((20.0,) * 30)))[10].mid
    assert NOW + minutes(180) < slow < NOW + minutes(200)


def test_one_forgotten_visit_does_not_move_everybody() -> None:
    honest = Pace((10.0,) * 20).mean(10)
    assert Pace((10.0,) * 20 + (600.0,)).mean(10) < honest * 1.1


def test_a_pause_moves_every_expected_time_by_as_much() -> None:
    now, later = curve(situation()), curve(situation(begins=NOW + minutes(30)))
    assert {b.mid - a.mid for a, b in zip(now, later, strict=True)} == {minutes(30)}


def test_who_is_inside_for_long_is_still_reckoned_with() -> None:
    fresh, long = (curve(situation(in_room=(m,)))[0].mid for m in (0, 30))
    assert NOW < long < fresh


def test_booked_who_are_still_to_come_push_those_behind() -> None:
    alone, crowded = curve(situation()), curve(situation(coming=booked(60, 60, 60)))
    assert alone[1].mid == crowded[1].mid
    assert alone[-1].mid < crowded[-1].mid


def test_an_undone_visit_is_forgotten() -> None:
    assert Pace((5.0, 7.0)).add(9.0).forget(9.0) == Pace((5.0, 7.0))
    assert Pace((5.0, 9.0)).add(7.0).forget(9.0) == Pace((5.0, 7.0))
    assert len(Pace((1.0,) * 60).add(2.0).minutes) == 60


def test_the_score_counts_error_and_coverage() -> None:
    told = Expected(NOW, NOW + minutes(10), NOW + minutes(20))
    score = Score().add(told, NOW + minutes(15)).add(told, NOW + minutes(30))
    assert (score.told, score.covered, score.absolute_minutes, score.signed_minutes) == (2, 1, 25.0, 25.0)


def test_four_of_five_calls_come_between_low_and_high() -> None:
    """Simulated days with skewed visits: coverage is near the promised 80 %, and close to the truth."""
    dice = random.Random(7)
    score = Score()
    for _ in range(150):
        visits = [dice.lognormvariate(0, 0.55) * 9 for _ in range(40)]
        told = curve(situation(40, pace=Pace(tuple(visits[:12]))))
        passed = 0.0
        for before, visit in enumerate(visits[12:24]):
            expected = at(told, before)
            assert expected is not None
            if before:
                score = score.add(expected, NOW + minutes(passed))
            passed += visit
    assert 0.72 <= score.covered / score.told <= 0.92
