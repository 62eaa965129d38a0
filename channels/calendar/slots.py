"""From a doctor's rules to the moments at which she can be booked: nothing here asks the database or the clock.

A window is on its place's clock, and on the doctor's own without a place: the patient reads the clock at the door. Its
visits follow one another from its opening on. Two rules are for the nights on which clocks change:

- A visit at a time that the clocks skip is not offered, and none that the one before it would run into.
- Of a time that comes twice only the first is offered: who is told "01:15" comes when she first reads it.

Where two of her occasions overlap (a day besides over her week, windows on two clocks), a day besides goes before the
week, then the earlier before the later; a slot that reaches into an occasion that goes before its own is not offered.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from carewire.wall_clock import days, moments, shown, shows
from channels.calendar.rules import Rule, Rules

AROUND: Final = 2
"""Days before and after those asked for on which an occasion may begin that matters for them: one lasts a day, and the
clocks of the world are a day and two hours apart."""

LONGEST: Final = timedelta(hours=26)
"""No window is longer, also in a night in which an hour comes twice."""
Within = Callable[[Rule], tuple[datetime, datetime]]
"""From when on, and before when, slots of this rule are asked for."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which a doctor is there by one rule; `day` is the one it began on, on its own clock."""

    rule: Rule
    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def rank(self) -> tuple[bool, datetime, datetime, str]:
        """Which of two that overlap goes before."""
        return (self.rule.day is None, self.starts_at, self.ends_at, str(self.rule.place_id))


def pieces(rules: Rules, first: date, last: date) -> list[Piece]:
    """When she is there on these days, leave and holidays heeded; what goes before stands first."""
    closed = {(one.place_id, one.day): one.openings for one in rules.closed}
    found: list[Piece] = []
    for day in days(first, (last - first).days + 1):
        away = any(one.first <= day <= one.last for one in rules.leave)
        for rule in rules.rules:
            if not (rule.day == day if rule.day else rule.weekday == day.isoweekday() and not away):
                continue
            zone = ZoneInfo(rule.zone)
            span = moments(zone, day, rule.opens, rule.closes)
            openings = None if rule.place_id is None else closed.get((rule.place_id, day))
            for at in [span] if openings is None else [moments(zone, day, one.opens, one.closes) for one in openings]:
                if span and at and (begins := max(span[0], at[0])) < (ends := min(span[1], at[1])):
                    found.append(Piece(rule=rule, day=day, starts_at=begins, ends_at=ends))
    return sorted(found, key=lambda piece: piece.rank)


def cut(piece: Piece) -> Iterator[datetime]:
    """When visits of this piece begin, each of them wholly within it."""
    rule, zone = piece.rule, ZoneInfo(piece.rule.zone)
    length, pause = timedelta(minutes=rule.slot_minutes), timedelta(minutes=rule.buffer_minutes)
    wall = datetime.combine(piece.day, rule.opens)
    opens = shown(zone, wall)
    if shows(zone, opens, wall) and _offset(zone, opens) == _offset(zone, piece.ends_at):
        begins, step = opens, length + pause  # on an ordinary day the clock at the wall runs like any other
        latest = piece.ends_at - length
        while begins <= latest:
            if begins >= piece.starts_at:
                yield begins
            begins += step
        return
    free = piece.starts_at
    while (begins := shown(zone, wall)) + length <= piece.ends_at:
        if begins >= free and shows(zone, begins, wall):
            yield begins
            free = begins + length + pause
        wall += length + pause


def slots(
    rules: Rules, first: date, last: date, within: Within | None = None
) -> Iterator[tuple[Piece, list[datetime]]]:
    """When she is there on these days, in order, and when visits begin that can be booked (`within`: of those only)."""
    known = pieces(rules, first - timedelta(days=AROUND), last + timedelta(days=AROUND))
    ordered = sorted(enumerate(known), key=lambda at: (at[1].starts_at, at[0]))
    starts = [piece.starts_at for _, piece in ordered]
    for n, piece in ordered:
        if not first <= piece.day <= last:
            continue
        since, until = within(piece.rule) if within else (piece.starts_at, piece.ends_at)
        if not rules.bookable(piece.rule) or piece.ends_at <= since or until <= piece.starts_at:
            yield piece, []
            continue
        begins = [at for at in cut(piece) if since <= at < until]
        near = ordered[bisect_left(starts, piece.starts_at - LONGEST) : bisect_left(starts, piece.ends_at)]
        rivals = [r for rank, r in near if rank < n and piece.starts_at < r.ends_at]
        if rivals:
            length = timedelta(minutes=piece.rule.slot_minutes)
            begins = [at for at in begins if not any(r.starts_at < at + length and at < r.ends_at for r in rivals)]
        yield piece, begins


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
