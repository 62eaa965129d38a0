"""From a doctor's rules to the moments at which she can be booked: nothing here asks the database or the clock.

A window is on its place's clock, and on the doctor's own without a place: the patient reads the clock at the door. Its
visits follow one another from its opening on. Two rules are for the nights on which clocks change:

- A visit at a time that the clocks skip is not offered, and none that the one before it would run into.
- Of a time that comes twice only the first is offered: who is told "01:15" comes when she first reads it.

Where two of her occasions overlap (a day besides over her week, windows on two clocks), a day besides goes before the
week, then the earlier before the later; a slot that reaches into an occasion that goes before its own is not offered.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from carewire.wall_clock import days, moments, shown, shows
from channels.calendar.rules import Rule, Rules

AROUND: Final = 2
"""Days before and after those asked for on which an occasion may begin that matters for them: one lasts a day, and the
clocks of the world are a day and two hours apart."""


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
        begins = opens  # on an ordinary day the clock at the wall runs like any other
        while begins + length <= piece.ends_at:
            if begins >= piece.starts_at:
                yield begins
            begins += length + pause
        return
    free = piece.starts_at
    while (begins := shown(zone, wall)) + length <= piece.ends_at:
        if begins >= free and shows(zone, begins, wall):
            yield begins
            free = begins + length + pause
        wall += length + pause


def slots(rules: Rules, first: date, last: date) -> Iterator[tuple[Piece, list[datetime]]]:
    """When she is there on these days, in order, and when visits that can be booked begin."""
    known = pieces(rules, first - timedelta(days=AROUND), last + timedelta(days=AROUND))
    for n, piece in sorted(enumerate(known), key=lambda at: (at[1].starts_at, at[0])):
        if not first <= piece.day <= last:
            continue
        rivals = [r for r in known[:n] if r.starts_at < piece.ends_at and piece.starts_at < r.ends_at]
        length = timedelta(minutes=piece.rule.slot_minutes)
        yield (
            piece,
            [
                begins
                for begins in (cut(piece) if rules.bookable(piece.rule) else ())
                if not any(r.starts_at < begins + length and begins < r.ends_at for r in rivals)
            ],
        )


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()
