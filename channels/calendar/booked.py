"""What was booked before hours were said anew: it falls into a doctor's leave or a holiday, or lies outside of hers.

Each condition is SQL about `a`, a visit with `doctor_id`, `place_id`, `mode`, `day`, `starts_at`, `ends_at`, `zone`.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import UUID

from carewire.command import Ctx

_SAME: Final = "{w}.doctor_id = a.doctor_id AND {w}.mode = a.mode AND {w}.place_id IS NOT DISTINCT FROM a.place_id"


def _within(w: str, day: str, zone: str = "a.zone") -> str:
    """The visit lies wholly in the window `w` of this day, which may close on the next one. In a night in which clocks
    change it ends by its length or by what they show then, whichever is in: nobody is called off for an hour."""
    begins = f"a.starts_at AT TIME ZONE {zone}"
    return f"""{begins} >= {day} + {w}.opens
        AND least({begins} + (a.ends_at - a.starts_at), a.ends_at AT TIME ZONE {zone})
            <= {day} + {w}.closes + make_interval(days => ({w}.closes <= {w}.opens)::int)"""


def _windows(zone: str, day: str) -> str:
    """Of which days windows hold the visit wholly, on this clock, and whether they are of her week; it begins on `day`.
    One that closes past midnight is of the day it opened on."""
    return f"""SELECT {day} - b.back AS day, true AS weekly
          FROM doctor_window w CROSS JOIN (VALUES (0), (1)) AS b (back)
         WHERE {_SAME.format(w="w")} AND w.weekday = extract(isodow FROM {day} - b.back)
           AND {_within("w", f"({day} - b.back)", zone)}
         UNION ALL SELECT e.day, false
          FROM doctor_extra e WHERE {_SAME.format(w="e")} AND {_within("e", "e.day", zone)}"""


def _away(day: str) -> str:
    return f"EXISTS (SELECT FROM doctor_leave l WHERE l.doctor_id = a.doctor_id AND {day} BETWEEN l.first AND l.last)"


def _closed(day: str) -> str:
    return f"""EXISTS (SELECT FROM place_holiday h WHERE h.place_id = a.place_id AND h.day = {day}
        AND NOT EXISTS (SELECT FROM place_holiday_opening o WHERE o.place_id = h.place_id AND o.day = h.day
            AND {_within("o", "o.day")}))"""


# Of a window that is not there any more the day is the visit's own.
IN_LEAVE: Final = f"""(EXISTS (SELECT FROM doctor_leave l WHERE l.doctor_id = a.doctor_id
   AND a.day BETWEEN l.first AND l.last + 1) AND
  (SELECT CASE WHEN count(*) = 0 THEN {_away("a.day")} ELSE bool_and(h.weekly AND {_away("h.day")}) END
     FROM ({_windows("a.zone", "a.day")}) AS h))"""
"""Its doctor is on leave then. On a day besides she is there also during leave."""

ON_HOLIDAY: Final = f"""(EXISTS (SELECT FROM place_holiday h WHERE h.place_id = a.place_id
   AND h.day BETWEEN a.day - 1 AND a.day) AND
  (SELECT CASE WHEN count(*) = 0 THEN {_closed("a.day")}
          ELSE bool_or({_closed("w.day")}) AND bool_and({_closed("w.day")} OR w.weekly AND {_away("w.day")}) END
     FROM ({_windows("a.zone", "a.day")}) AS w))"""
"""Its place is closed then, also on a day besides of its doctor; what the holiday's own openings cover takes place."""

# On the clock on which her hours are now, which may be another than when it was booked.
_HOURS: Final = f"""SELECT FROM doctor d LEFT JOIN place p ON p.id = a.place_id
  CROSS JOIN LATERAL (SELECT coalesce(p.zone, d.zone)) AS c (zone)
  CROSS JOIN LATERAL (SELECT (a.starts_at AT TIME ZONE c.zone)::date) AS t (day)
 WHERE d.id = a.doctor_id AND EXISTS ({_windows("c.zone", "t.day")})"""
OUTSIDE: Final = f"(NOT EXISTS ({_HOURS}) AND NOT {IN_LEAVE} AND NOT {ON_HOLIDAY})"
"""Nothing of her week and no day besides covers it any more: she dropped the window, or cut it short."""


class Booked(NamedTuple):
    """How many visits to come fall into a doctor's leave, and how many lie outside of her hours."""

    in_leave: int
    outside: int


Hook = Callable[[Ctx, UUID], Awaitable[Booked]]
"""Told the doctor, in the transaction in which her hours are said anew."""

_HOOKS: list[Hook] = []


def on_hours_said(hook: Hook) -> Hook:
    """Be asked what of a doctor's visits her hours do not hold. It may enqueue what becomes of that."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def left_over(ctx: Ctx, doctor_id: UUID) -> Booked:
    """What is booked that her hours as they are now do not hold."""
    found = [await hook(ctx, doctor_id) for hook in _HOOKS]
    return Booked(sum(one.in_leave for one in found), sum(one.outside for one in found))
