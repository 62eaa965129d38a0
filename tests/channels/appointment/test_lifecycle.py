"""All pairs of states and moves of an appointment, a hold and a place on the waitlist.

M-144 to M-152, PRODUCT 22.
"""

from enum import StrEnum

import pytest

from carewire.errors import IllegalMove
from carewire.lifecycle import Lifecycle
from channels.appointment.lifecycle import APPOINTMENT, HOLD, OPEN, TO_COME, WAITLIST, AppointmentState

A = AppointmentState

LEGAL = {
    A.REQUESTED: {"confirm", "reschedule", "reschedule_booked", "reschedule_asking", "cancel", "expire"},
    A.BOOKED: {"confirm", "reschedule", "reschedule_booked", "reschedule_asking", "cancel", "expire", "no_show"},
    A.APPOINTMENT_CONFIRMED: {"reschedule", "reschedule_asking", "cancel", "expire", "check_in", "no_show"},
    A.AWAITING_CONSULTATION: {"begin", "cancel", "no_show"},
    A.CONSULTATION_IN_PROGRESS: {"prescribe", "follow_up", "complete"},
    A.PRESCRIPTION_PROVIDED: {"prescribe", "follow_up", "complete"},
    A.FOLLOW_UP_SCHEDULED: {"complete"},
    A.CONSULTATION_COMPLETED: {"reopen"},
    A.CANCELLED: set(),
    A.NO_SHOW: {"undo_no_show", "back"},
}


@pytest.mark.parametrize("state", AppointmentState)
def test_an_appointment_moves_only_as_the_product_says(state: AppointmentState) -> None:
    assert set(APPOINTMENT.legal(state)) == LEGAL[state]


@pytest.mark.parametrize("machine", [APPOINTMENT, HOLD, WAITLIST], ids=lambda machine: machine.states.__name__)
def test_every_other_pair_is_refused_and_says_what_is_legal(machine: "Lifecycle[StrEnum]") -> None:
    for state in machine.states:
        for move in machine.moves:
            if move in machine.legal(state):
                assert machine.move(state, move) is machine.moves[move].target
            else:
                with pytest.raises(IllegalMove) as refused:
                    machine.move(state, move)
                assert refused.value.data["legal"] == machine.possible(state)
                assert all(name in str(refused.value) for name in machine.possible(state))


def test_who_is_there_is_not_moved_and_who_was_seen_is_not_cancelled() -> None:
    """PRODUCT 22: a reschedule is not allowed after check-in."""
    assert {s for s in A if "reschedule" in APPOINTMENT.legal(s)} == TO_COME
    assert {s for s in A if "cancel" in APPOINTMENT.legal(s)} == TO_COME | {A.AWAITING_CONSULTATION}
    assert set(A) - OPEN == {A.CONSULTATION_COMPLETED, A.CANCELLED, A.NO_SHOW}
