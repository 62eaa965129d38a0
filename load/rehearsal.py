"""The same day without sockets: the line's own pure moves, in a millisecond a patient.

`python -m load.rehearsal --days 100` says how the estimate does over many generated days, which three replayed days
cannot: one day has some thirty patients, and their waits hang together.
"""

import argparse
import heapq
import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from channels.queue import moves
from channels.queue.estimate import Pace
from channels.queue.ids import uuid7
from channels.queue.lifecycle import TokenKind, TokenState
from channels.queue.line import Line, Token, settle, told_at_arrival
from channels.queue.projection import desk_token
from channels.session.access import Session
from load.actors import RECALL_AFTER
from load.day import Day, Generator, Medscheduler, Presence, Visit
from load.report import save_rehearsal
from load.score import Guess, Rehearsed, guess, score

START = datetime(2024, 1, 1, 2, 30, tzinfo=UTC)
OPENS = START - timedelta(hours=2)


Move = Callable[[Line, datetime], Line]


class Rehearsal:
    """One day in its own time: what is due next happens, and the room is filled as soon as it is free."""

    def __init__(self, day: Day, pace: Pace) -> None:
        self.line = Line(session=_sitting(day), pace=pace)
        self.before: dict[UUID, int] = {}
        """How many each was told to be before her when she arrived."""
        self._visits = {uuid7(): visit for visit in day.visits}
        self._agenda: list[tuple[datetime, int, Move]] = []
        self._numbers = itertools.count()
        self._free = False
        for token_id, visit in self._visits.items():
            self.line = moves.add(self.line, _booked(token_id, visit), OPENS, present=False)
            if visit.presence is not Presence.NEVER:
                self._plan(START + visit.check_in, partial(self._arrive, token_id))
        self._plan(START, self._start)

    def run(self) -> None:
        """Until nothing is left to happen."""
        while self._agenda:
            now, _, move = heapq.heappop(self._agenda)
            self.line = settle(self.line, move(self.line, now), now)
            for token in self.line.waiting:
                self.before.setdefault(token.id, self.line.before(token) or 0)
            if self._free and self.line.waiting:
                self.line = settle(self.line, self._call(self.line, now), now)

    def _plan(self, at: datetime, move: Move) -> None:
        heapq.heappush(self._agenda, (at, next(self._numbers), move))

    def _start(self, line: Line, now: datetime) -> Line:
        self._free = True
        return moves.start(line, now)

    def _arrive(self, token_id: UUID, line: Line, now: datetime) -> Line:
        return moves.arrive(line, token_id, now)

    def _call(self, line: Line, now: datetime) -> Line:
        self._free = False
        line = moves.call_next(line, None, now)
        token_id = next(t.id for t in line.tokens if t.state is TokenState.CALLED)
        visit = self._visits[token_id]
        if visit.presence is Presence.LEFT:
            self._plan(now + 2 * RECALL_AFTER, partial(self._leave, moves.skip, token_id))
        else:
            self._plan(now + visit.walk, partial(self._begin, token_id))
        return line

    def _begin(self, token_id: UUID, line: Line, now: datetime) -> Line:
        self._plan(now + self._visits[token_id].consultation, partial(self._leave, moves.complete, token_id))
        return moves.begin(line, token_id, now)

    def _leave(self, move: Callable[[Line, UUID, datetime], Line], token_id: UUID, line: Line, now: datetime) -> Line:
        self._free = True
        return move(line, token_id, now)


def _sitting(day: Day) -> Session:
    return Session(
        id=UUID(int=1),
        doctor_id=UUID(int=2),
        place_id=UUID(int=3),
        zone="Asia/Kolkata",
        starts_at=START,
        ends_at=START + day.length,
        opens_at=OPENS,
        average_minutes=day.slot / timedelta(minutes=1),
    )


def _booked(token_id: UUID, visit: Visit) -> Token:
    return Token(
        id=token_id,
        patient_id=uuid7(),
        name="",
        kind=TokenKind.BOOKED,
        state=TokenState.EXPECTED,
        joined_at=OPENS,
        due_at=START + visit.due,
    )


def rehearse(day: Day, pace: Pace = Pace()) -> tuple[list[Guess], Pace]:
    """Live the day; answers what each patient was told and what became of it, and what the line learnt."""
    lived = Rehearsal(day, pace)
    lived.run()
    line = lived.line
    tokens = [desk_token(token) for token in line.tokens]
    average = line.session.average_minutes
    guesses = []
    for token, shown in zip(line.tokens, tokens, strict=True):
        told = told_at_arrival(token)
        if told is not None and token.called_at is not None:
            guesses.append(guess(shown, told, lived.before[token.id], tokens, START, average))
    return guesses, line.pace


def main(generator: Generator | None = None) -> int:
    """Rehearse many days and print the sum."""
    parser = argparse.ArgumentParser(prog="load.rehearsal", description=__doc__)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--first", type=int, default=1000, help="first seed; keep away from the seeds you replay")
    parser.add_argument("--keep", action="store_true", help="the doctor's pace is kept from day to day")
    parser.add_argument("--out", type=Path, help="folder whose page shows the figures beside those of replayed days")
    args = parser.parse_args()
    guesses: list[Guess] = []
    pace = Pace()
    for seed in range(args.first, args.first + args.days):
        told, learnt = rehearse((generator or Medscheduler()).day(seed), pace)
        guesses += told
        pace = learnt if args.keep else pace
        print(f"\r{seed - args.first + 1}/{args.days} days", end="", file=sys.stderr)
    print(file=sys.stderr)
    result = score(guesses)
    for name in result.__struct_fields__:
        print(f"{name:>12}  {getattr(result, name):.2f}")
    if args.out is not None:
        save_rehearsal(Rehearsed(first_seed=args.first, days=args.days, score=result), args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
