"""Quiet hours: when somebody wants to hear nothing that can wait, on her own clock, over midnight."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from carewire.wall_clock import moments

AHEAD: Final = timedelta(minutes=15)
"""So long before quiet hours begin is told what would fall into them: what is told a little late is not in them yet."""
SLACK: Final = timedelta(minutes=5)
"""What is due so shortly before quiet hours is told with what would fall into them: a little late, it would."""


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `begins` until `ends` on the wall clock, on the next day when that is not later."""

    begins: time
    ends: time


def quiet_at(quiet: QuietHours | None, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime] | None:
    """The quiet hours that this moment falls into, from when until when; None: it does not."""
    if quiet is None:
        return None
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        span = moments(zone, day, quiet.begins, quiet.ends)
        if span is not None and span[0] <= at < span[1]:
            return span
    return None


def considerate(
    due: datetime, *, quiet: QuietHours | None, zone: ZoneInfo, since: datetime, until: datetime
) -> datetime | None:
    """When to tell what is due then: out of quiet hours, before them if that is not earlier than `since`, else after;
    None when after them it is `until` already, and the telling of no use."""
    span = quiet_at(quiet, zone, due)
    if span is None and due >= until:
        return None
    night = span or quiet_at(quiet, zone, due + SLACK)
    if night is not None:
        before = night[0] - AHEAD
        if before >= since and quiet_at(quiet, zone, before) is None:
            return before
    if span is None:
        return due
    return span[1] if span[1] < until else None
