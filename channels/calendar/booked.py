"""What was booked before hours were said anew: it falls into a doctor's leave or a holiday, or lies outside of hers.

Each condition is SQL about `a`, a visit with `doctor_id`, `place_id`, `mode`, `day`, `starts_at`, `ends_at`, `zone`.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import UUID

from carewire.command import Ctx

_WALL: Final = "(a.starts_at AT TIME ZONE a.zone)"
_SAME: Final = "{w}.doctor_id = a.doctor_id AND {w}.mode = a.mode AND {w}.place_id IS NOT DISTINCT FROM a.place_id"


def _within(w: str, day: str, wall: str = _WALL) -> str:
    """The visit lies wholly in the window `w` of this day, which may close on the next one."""
    return f"""{wall} >= {day} + {w}.opens AND {wall} + (a.ends_at - a.starts_at)
        <= {day} + {w}.closes + make_interval(days => ({w}.closes <= {w}.opens)::int)"""


_BESIDES: Final = f"SELECT FROM doctor_extra e WHERE {_SAME.format(w='e')} AND {_within('e', 'e.day')}"
# A window that closes past midnight is of the day it opened on.
_NIGHT: Final = f"""SELECT FROM doctor_window w WHERE {_SAME.format(w="w")}
   AND w.weekday = extract(isodow FROM a.day - 1) AND w.closes <= w.opens AND {_WALL}::time < w.closes"""

IN_LEAVE: Final = f"""(EXISTS (SELECT FROM doctor_leave l WHERE l.doctor_id = a.doctor_id
       AND a.day - (EXISTS ({_NIGHT}))::int BETWEEN l.first AND l.last) AND NOT EXISTS ({_BESIDES}))"""
"""Its doctor is on leave then. On a day besides she is there also during leave."""

ON_HOLIDAY: Final = f"""EXISTS (SELECT FROM place_holiday h WHERE h.place_id = a.place_id
   AND h.day = a.day - (EXISTS ({_NIGHT}) OR EXISTS ({_BESIDES} AND e.day = a.day - 1))::int
   AND NOT EXISTS (SELECT FROM place_holiday_opening o WHERE o.place_id = h.place_id AND o.day = h.day
       AND {_within("o", "o.day")}))"""
"""Its place is closed then, also on a day besides of its doctor; what the holiday's own openings cover takes place."""

# On the clock on which her hours are now, which may be another than when it was booked.
_HOURS: Final = f"""SELECT FROM doctor d LEFT JOIN place p ON p.id = a.place_id
  CROSS JOIN LATERAL (SELECT a.starts_at AT TIME ZONE coalesce(p.zone, d.zone)) AS c (wall)
 WHERE d.id = a.doctor_id AND (EXISTS (SELECT FROM doctor_window w CROSS JOIN (VALUES (0), (1)) AS b (back)
         WHERE {_SAME.format(w="w")} AND w.weekday = extract(isodow FROM c.wall::date - back)
           AND {_within("w", "(c.wall::date - back)", "c.wall")})
     OR EXISTS (SELECT FROM doctor_extra e WHERE {_SAME.format(w="e")} AND {_within("e", "e.day", "c.wall")}))"""
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
