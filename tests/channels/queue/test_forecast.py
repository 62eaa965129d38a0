"""The order played ahead: it must be the order in which the line will really call."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from channels.queue.forecast import Coming, Waiting, play
from channels.queue.lifecycle import Priority
from channels.queue.line import Token, order, reckoned
from tests.channels.queue.lines import NOW, line, minutes, token

NEWCOMER = Waiting(since=0.0, moves_up=75.0)


def moments(*waiting: Waiting, coming: tuple[Coming, ...] = (), free: float = 0.0, visit: float = 10.0) -> list[float]:
    return [turn.minutes for turn in play((*waiting, NEWCOMER), coming, free, visit)]


def booked(due: float, since: float = -5.0) -> Waiting:
    return Waiting(since=since, due=due, moves_up=due - 10)


def test_bookings_of_the_afternoon_do_not_go_before_who_is_booked_now() -> None:
    """The whole day's book once counted as standing before every patient, and each hour of it brought in the next."""
    afternoon = tuple(Coming(due=30 + 15 * n, moves_up=20 + 15 * n, share=0.9) for n in range(40))
    assert moments(booked(10), coming=afternoon, free=12.0) == [12, 22]


def test_an_earlier_booking_that_is_still_to_come_goes_before() -> None:
    alone = moments(booked(40), booked(50))
    earlier = moments(booked(40), booked(50), coming=(Coming(due=5, moves_up=-5, share=0.5),))
    assert alone == [0, 10, 20]
    assert earlier == [5, 15, 25]


def test_who_runs_out_of_patience_is_called_before_bookings() -> None:
    impatient = Waiting(since=-70.0, moves_up=5.0)
    assert moments(booked(0), booked(1), impatient) == [0, 20, 10, 30]


def test_whoever_would_arrive_now_takes_nobodys_time() -> None:
    assert moments(booked(400, since=0.0), free=80.0) == [80, 80]


def test_when_only_those_placed_by_hand_are_left_they_are_called() -> None:
    assert moments(Waiting(since=-1.0, turn=7), Waiting(since=-2.0, turn=9)) == [0, 10, 0]


TOKENS = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.none() | st.integers(-120, 200),
        st.sampled_from([None, None, None, Priority.EMERGENCY, Priority.ELDERLY]),
    ),
    min_size=1,
    max_size=25,
)


@given(TOKENS, st.sampled_from([3.0, 8.0, 20.0]))
def test_the_forecast_is_the_order_in_which_the_line_calls_if_nobody_else_comes(
    people: list[tuple[float, int | None, Priority | None]], visit: float
) -> None:
    tokens = [
        token(n, waited=waited, due_at=None if due is None else NOW + minutes(due), priority=priority)
        # Arrival gives the number: who has waited longer has the lower one.
        for n, (waited, due, priority) in enumerate(sorted(people, key=lambda one: -one[0]))
    ]
    stands = line(*tokens)
    waiting = stands.waiting
    turns = play((*reckoned(stands, NOW), NEWCOMER), (), 0.0, visit)
    left: list[Token] = list(waiting)
    for calls in range(len(waiting)):
        called = order(left, NOW + timedelta(minutes=calls * visit), calls)[0]
        left.remove(called)
        assert abs(turns[waiting.index(called)].minutes - calls * visit) < 1e-6
