"""State machines as transition tables: named moves, each from some states to one.

    TOKEN = Lifecycle(TokenState, start={TokenState.WAITING}, moves={
        "call": Move({TokenState.WAITING}, TokenState.CALLED),
        ...
    })
    state = TOKEN.move(row.state, "call")      # or IllegalMove, naming the legal moves

State changes go through `move` only; a test walks all pairs and compares `sql_check()` with the database's CHECK.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from carewire.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


class Move(NamedTuple, Generic[S]):
    """A legal step: from any of `sources` to `target`."""

    sources: frozenset[S] | set[S]
    target: S
    by_hand: bool = True
    """False: only part of another command, so who is refused does not hear of it: she could not ask for it."""


class Lifecycle(Generic[S]):
    """The states of one kind of thing and the only steps between them."""

    def __init__(
        self, states: type[S], *, start: Iterable[S], moves: Mapping[str, Move[S]], without: Iterable[S] = ()
    ) -> None:
        """`without`: states that things of another kind have, who share the enum."""
        self.states = states
        self.start = frozenset(start)
        self.moves = dict(moves)
        reachable = self.start | {m.target for m in self.moves.values()} | set(without)
        if unreachable := set(states) - reachable:
            raise TypeError(f"{states.__name__}: nothing leads to {sorted(unreachable)}")

    @property
    def ends(self) -> frozenset[S]:
        """States that no move leaves."""
        return frozenset(s for s in self.states if not self.legal(s))

    def legal(self, state: S) -> list[str]:
        """The names of the moves that are legal from here, in declared order."""
        return [name for name, move in self.moves.items() if state in move.sources]

    def possible(self, state: S) -> list[str]:
        """Those of the legal moves that somebody can ask for."""
        return [name for name in self.legal(state) if self.moves[name].by_hand]

    def move(self, state: str, name: str) -> S:
        """The state after the named move. Raises `IllegalMove` (with `state` and `legal`) when it is not legal."""
        present = self.states(state)
        step = self.moves[name]
        if present not in step.sources:
            possible = self.possible(present)
            raise IllegalMove(
                f"cannot {name} from {present.value}; possible now: {', '.join(possible) or 'nothing, it is over'}",
                state=present.value,
                move=name,
                legal=possible,
            )
        return step.target
