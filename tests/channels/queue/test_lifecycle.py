"""All pairs of states and moves, for tokens, sittings and displays."""

from enum import StrEnum

import pytest

from carewire.errors import IllegalMove
from carewire.lifecycle import Lifecycle
from channels.queue.lifecycle import ACTIVE, DISPLAY, ENDED, TOKEN, TokenState
from channels.session.lifecycle import SESSION, SessionState

T, S = TokenState, SessionState

LEGAL = {
    T.EXPECTED: {"arrive", "leave", "close"},
    T.WAITING: {"call", "move", "prioritise", "leave", "close"},
    T.CALLED: {"undo", "recall", "begin", "skip", "no_show", "close"},
    T.IN_CONSULTATION: {"away", "complete"},
    T.AWAY: {"back", "leave", "close"},
    T.SKIPPED: {"back", "no_show", "leave", "close"},
    T.NO_SHOW: {"back"},
    T.COMPLETED: {"reopen"},
    T.CANCELLED: set(),
}
SITTING = {
    S.SCHEDULED: {"start", "delay", "cancel"},
    S.LIVE: {"pause", "end", "cancel"},
    S.PAUSED: {"resume", "end", "cancel"},
    S.COMPLETED: set(),
    S.CANCELLED: set(),
}


@pytest.mark.parametrize("state", TokenState)
def test_a_token_moves_only_as_the_product_says(state: TokenState) -> None:
    assert set(TOKEN.legal(state)) == LEGAL[state]


@pytest.mark.parametrize("state", SessionState)
def test_a_sitting_moves_only_as_the_product_says(state: SessionState) -> None:
    assert set(SESSION.legal(state)) == SITTING[state]


@pytest.mark.parametrize("machine", [TOKEN, SESSION, DISPLAY], ids=lambda machine: machine.states.__name__)
def test_every_other_pair_is_refused_and_says_what_is_legal(machine: "Lifecycle[StrEnum]") -> None:
    for state in machine.states:
        for move in machine.moves:
            if move in machine.legal(state):
                assert machine.move(state, move) is machine.moves[move].target
            else:
                with pytest.raises(IllegalMove) as refused:
                    machine.move(state, move)
                told = refused.value.data["legal"]
                assert set(told) == set(machine.legal(state)) - {"close", "reopen"}  # no command is called so
                assert all(name in str(refused.value) for name in told)


def test_a_token_is_active_or_ended() -> None:
    assert set(TokenState) == ACTIVE | ENDED
    assert not ACTIVE & ENDED
