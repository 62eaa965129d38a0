"""What is booked into a doctor's leave: she said that she is away after somebody had booked her."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from carewire.command import Ctx

Hook = Callable[[Ctx, UUID], Awaitable[int]]
"""Told the doctor, in the transaction in which her leave is said; answers how many visits fall into it."""

_HOOKS: list[Hook] = []

# A window that closes past midnight is of the day it opened on. On a day besides she is there also during leave.
IN_LEAVE: Final = """(EXISTS (SELECT FROM doctor_leave l WHERE l.doctor_id = a.doctor_id
       AND a.day - (EXISTS (SELECT FROM doctor_window w WHERE w.doctor_id = a.doctor_id AND w.mode = a.mode
             AND w.place_id IS NOT DISTINCT FROM a.place_id AND w.weekday = extract(isodow FROM a.day - 1)
             AND w.closes <= w.opens AND (a.starts_at AT TIME ZONE a.zone)::time < w.closes))::int
           BETWEEN l.first AND l.last)
   AND NOT EXISTS (SELECT FROM doctor_extra e WHERE e.doctor_id = a.doctor_id AND e.mode = a.mode
       AND e.place_id IS NOT DISTINCT FROM a.place_id
       AND a.starts_at AT TIME ZONE a.zone >= e.day + e.opens
       AND a.ends_at AT TIME ZONE a.zone
           <= e.day + e.closes + make_interval(days => (e.closes <= e.opens)::int)))"""
"""SQL about `a`, a visit with `doctor_id`, `place_id`, `mode`, `day`, `starts_at`, `ends_at` and `zone`: its doctor is
on leave then."""


def on_leave(hook: Hook) -> Hook:
    """Be asked what falls into a doctor's leave. It may enqueue what becomes of it."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def fall_into(ctx: Ctx, doctor_id: UUID) -> int:
    """How many visits fall into her leave as it is now."""
    return sum([await hook(ctx, doctor_id) for hook in _HOOKS])
