"""The verdict on hand-made histories: what each promise looks like when it is broken."""

import signal
import time
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from tests.faults import gateway
from tests.faults.check import check_answers, check_end, check_ledger, check_log, check_record, check_refused
from tests.faults.client import Op, Said, Try
from tests.faults.truth import Event, Truth, replay

LEDGER = "00000000-0000-7000-8000-000000000001"
TOPIC = f"ledger:{LEDGER}"
SOMEBODY = UUID(int=1)


def moved(number: int) -> dict[str, Any]:
    return {"ledger_id": LEDGER, "op": f"op{number}", "by": 2, "value": 2 * number, "count": number}


def shown(number: int) -> dict[str, Any]:
    return {"ledger_id": LEDGER, "value": 2 * number, "count": number, "last": f"op{number}" if number else None}


@pytest.fixture
def truth() -> Truth:
    """Five events of one ledger."""
    found = Truth(
        epoch="e",
        heads={TOPIC: 5},
        events={TOPIC: {n: Event("ledger:moved", moved(n)) for n in range(1, 6)}},
        fresh={TOPIC: shown(5)},
        base={TOPIC: (0, shown(0))},
        ledgers={LEDGER: (10, 5)},
        marks=Counter({(f"op{n}", LEDGER): 1 for n in range(1, 6)}),
        amounts={(f"op{n}", LEDGER): 2 for n in range(1, 6)},
    )
    replay(found)
    return found


def snapshot(number: int, *, asked: Any = (None, None), resync: bool = False, epoch: str = "e") -> Said:
    told = {"snapshot": shown(number), "asked": asked}
    return Said("answer", 0.0, 1, epoch=epoch, offset=number, data=told, resync=resync)


def replayed(after: int, *numbers: int, epoch: str = "e") -> Said:
    events = [{"name": "ledger:moved", "offset": n, "data": moved(n)} for n in numbers]
    told = {"events": events, "asked": ("e", after)}
    return Said("answer", 0.0, 2, epoch=epoch, offset=[after, *numbers][-1], data=told)


def event(number: int, data: dict[str, Any] | None = None) -> Said:
    return Said("event", 0.0, 1, offset=number, name="ledger:moved", data=data or moved(number))


LOST, RESYNC = Said("lost", 0.0, 1), Said("resync", 0.0, 1, name="epoch")


def problems(truth: Truth, *log: Said) -> list[str]:
    return [*check_log(truth, TOPIC, list(log)), *check_end(truth, TOPIC, list(log))]


def test_an_honest_record_and_an_honest_log_have_no_problem(truth: Truth) -> None:
    assert list(check_record(truth)) == []
    assert problems(truth, snapshot(0), *map(event, range(1, 6))) == []
    assert problems(truth, snapshot(1), event(2), LOST, replayed(2, 3, 4), event(5)) == []
    assert problems(truth, snapshot(3), RESYNC, snapshot(5)) == []
    assert problems(truth, snapshot(3, epoch="old"), snapshot(5, asked=("old", 3), resync=True)) == []


@pytest.mark.parametrize(
    "log",
    [
        pytest.param([snapshot(3), event(5)], id="a gap"),
        pytest.param([snapshot(3), event(4), event(4), event(5)], id="an event twice"),
        pytest.param([snapshot(3), event(5), event(4)], id="the wrong order"),
        pytest.param([snapshot(3), event(4)], id="the last one missing"),
        pytest.param([event(5)], id="an event before the answer"),
        pytest.param([snapshot(3), event(4, moved(3)), event(5)], id="another event than the record's"),
        pytest.param([snapshot(3), RESYNC, event(4), event(5)], id="an event after a resync"),
        pytest.param([snapshot(3), LOST, snapshot(5, asked=("e", 3))], id="a snapshot without saying resync"),
        pytest.param([snapshot(2), LOST, replayed(3, 4, 5)], id="a replay from elsewhere"),
        pytest.param([snapshot(2), LOST, replayed(2, 4, 5)], id="a replay with a gap"),
        pytest.param([snapshot(3, epoch="old"), LOST, replayed(3, 4, 5)], id="a replay across epochs"),
        pytest.param([snapshot(5), LOST], id="not listening in the end"),
        pytest.param([snapshot(5, epoch="old")], id="an old epoch in the end"),
        pytest.param([snapshot(3)._replace(data={"snapshot": shown(2), "asked": (None, None)})], id="a false snapshot"),
        pytest.param([snapshot(5), Said("ended", 0.0, 1, name="right")], id="sent away with every right"),
    ],
)
def test_a_log_that_breaks_the_promise_is_a_violation(truth: Truth, log: list[Said]) -> None:
    assert problems(truth, *log) != []


def test_a_record_with_a_gap_or_with_lost_updates_is_a_violation(truth: Truth) -> None:
    del truth.events[TOPIC][3]
    assert any("gap" in text for text in check_record(truth))
    truth.events[TOPIC][3] = Event("ledger:moved", moved(2))
    assert any("the sum is" in text for text in check_record(truth))


def op(number: int, *outcomes: tuple[str, bytes], patient: bool = True) -> Op:
    made = Op(SOMEBODY, "ledger.add", {"ledger_id": LEDGER, "by": 2}, patient=patient)
    made.tries = [Try("c", 0.0, outcome, result=result) for outcome, result in outcomes]
    made.closed = bool(outcomes) and outcomes[-1][0] == "refused"
    return made


@pytest.mark.parametrize(
    ("outcomes", "times", "right"),
    [
        ([("lost", b""), ("ok", b"1")], 1, True),
        ([("ok", b"1")], 0, False),
        ([("ok", b"1")], 2, False),
        ([("refused", b"")], 0, True),
        ([("refused", b"")], 1, False),
    ],
)
def test_acknowledged_is_once_and_refused_is_never(
    truth: Truth, outcomes: list[tuple[str, bytes]], times: int, right: bool
) -> None:
    wanted = op(1, *outcomes)
    truth.marks = Counter({(str(wanted.id), LEDGER): times})
    assert (list(check_ledger(truth, [wanted])) == []) is right


@pytest.mark.parametrize(("times", "right"), [(0, True), (1, True), (2, False)])
def test_who_gave_up_may_have_done_it_once_and_not_twice(truth: Truth, times: int, right: bool) -> None:
    wanted = op(1, ("lost", b""), patient=False)
    truth.marks = Counter({(str(wanted.id), LEDGER): times})
    assert (list(check_ledger(truth, [wanted])) == []) is right


def test_no_final_answer_and_two_results_for_one_key_are_violations(truth: Truth) -> None:
    assert len(list(check_answers(truth, [op(1, ("lost", b""), ("lost", b""))]))) == 1
    assert len(list(check_answers(truth, [op(1, ("ok", b"1"), ("ok", b"2"))]))) == 1
    assert list(check_answers(truth, [op(1, ("lost", b""), ("ok", b"1"), ("ok", b"1"))])) == []


@pytest.mark.parametrize(
    ("outcomes", "claimed_at", "right"),
    [
        (("lost", "refused"), 9.0, True),
        (("lost", "refused"), -1.0, False),
        (("refused",), 9.0, False),
    ],
)
def test_only_a_try_that_came_late_may_take_effect_after_a_refusal(
    truth: Truth, outcomes: tuple[str, ...], claimed_at: float, right: bool
) -> None:
    wanted = op(1, *((outcome, b"") for outcome in outcomes))
    truth.receipts = {str(wanted.id): claimed_at}
    assert (list(check_refused(truth, [wanted])) == []) is right


def test_an_order_to_die_that_has_become_old_is_not_carried_out() -> None:
    """Seed 71: one was left over from a fault whose moment never came, and froze a gateway that was told to end."""
    gateway.POINTS["before"] = signal.SIGKILL, time.monotonic() - 1
    gateway.strike("before")
    assert not gateway.POINTS
