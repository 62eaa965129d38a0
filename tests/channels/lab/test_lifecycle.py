"""All pairs of states and moves; the closed lists are their columns' CHECKs; what tests make of an order.

Ledger: lab_test.status M-159, constants.lab (sample, reasons), order laboratory states of H-306, H-319 by derivation.
"""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewire.errors import IllegalMove
from carewire.lifecycle import Lifecycle
from channels.lab.catalogue import Sample
from channels.lab.lifecycle import (
    ENDED,
    LAB_REPORT,
    LAB_TEST,
    CancelReason,
    LabTestState,
    Mode,
    Progress,
    RejectReason,
    progress_of,
)
from tests.channels.test_tables import checked_words

T = LabTestState
LEGAL = {
    T.REQUESTED: {"schedule", "collect", "submit_result", "cancel"},
    T.SCHEDULED: {"schedule", "miss", "collect", "submit_result", "cancel"},
    T.MISSED: {"schedule", "cancel"},
    T.SAMPLE_COLLECTED: {"begin", "reject", "submit_result"},
    T.IN_PROGRESS: {"reject", "submit_result"},
    T.SAMPLE_REJECTED: {"schedule", "cancel"},
    T.COMPLETED: set(),
    T.CANCELLED: set(),
}
LISTS: list[tuple[str, str, type[StrEnum]]] = [
    ("lab_test", "state", LabTestState),
    ("lab_test", "mode", Mode),
    ("lab_test", "reject_reason", RejectReason),
    ("lab_test", "cancel_reason", CancelReason),
    ("lab_catalog", "sample", Sample),
]


@pytest.mark.parametrize("state", LabTestState)
def test_a_test_moves_only_as_the_product_says(state: LabTestState) -> None:
    assert set(LAB_TEST.legal(state)) == LEGAL[state]


@pytest.mark.parametrize("machine", [LAB_TEST, LAB_REPORT], ids=lambda machine: machine.states.__name__)
def test_every_other_pair_is_refused_and_says_what_is_legal(machine: "Lifecycle[StrEnum]") -> None:
    for state in machine.states:
        for move in machine.moves:
            if move in machine.legal(state):
                assert machine.move(state, move) is machine.moves[move].target
            else:
                with pytest.raises(IllegalMove) as refused:
                    machine.move(state, move)
                assert refused.value.data["legal"] == machine.legal(state)


@pytest.mark.parametrize(("table", "column", "words"), LISTS)
async def test_a_closed_list_is_the_columns_check(
    table: str, column: str, words: type[StrEnum], database_url: str
) -> None:
    assert await checked_words(database_url, table, column) == {word.value for word in words}


@given(st.lists(st.sampled_from(T), min_size=1, max_size=6))
def test_an_order_is_as_far_as_its_least_far_test_and_waits_for_what_needs_somebody(states: list[T]) -> None:
    came = progress_of(states)
    living = [state for state in states if state is not T.CANCELLED]
    assert (came is Progress.CANCELLED) == (not living)
    assert (came is Progress.REPORT_READY) == (bool(living) and set(living) == {T.COMPLETED})
    assert (came is Progress.SAMPLE_REJECTED) == (T.SAMPLE_REJECTED in living)
    if came is Progress.PROCESSING:
        assert set(living) <= {T.IN_PROGRESS, T.COMPLETED}
    assert progress_of(reversed(states)) is came
    assert progress_of([*states, T.CANCELLED]) is came


def test_what_is_over_has_no_move() -> None:
    assert LAB_TEST.ends == ENDED
