"""Counts that several dashboards show, each with its one definition."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from carewire.store.db import Tx
from channels.appointment.lifecycle import AppointmentState
from channels.queue.lifecycle import TokenState

ByState = dict[str, int]
"""How many are in each state; every state is there."""

# A sitting of today on the clock of its place, or one that has not ended yet. `$2` is now.
TODAY: Final = """((s.starts_at AT TIME ZONE s.zone)::date = ($2 AT TIME ZONE s.zone)::date AND s.state <> 'cancelled'
       OR s.state IN ('live', 'paused'))"""
# An appointment of today on its own clock.
APPOINTED_TODAY: Final = "a.day = ($2 AT TIME ZONE a.zone)::date"


def by_state(states: type[StrEnum], rows: Iterable[Any]) -> ByState:
    """Rows of `state, count`, with a nought for every other state."""
    counted = {row["state"]: row["count"] for row in rows}
    return {state.value: counted.get(state.value, 0) for state in states}


async def appointments_today(
    tx: Tx, now: datetime, *, doctor_id: UUID | None = None, place_id: UUID | None = None
) -> ByState:
    """Today's appointments of a doctor or a place, or all there are."""
    rows = await tx.fetch(
        f"SELECT a.state, count(*) FROM appointment a WHERE {APPOINTED_TODAY}"
        " AND a.day BETWEEN $2::date - 1 AND $2::date + 1"  # what the index can use
        " AND ($1::uuid IS NULL OR a.doctor_id = $1) AND ($3::uuid IS NULL OR a.place_id = $3) GROUP BY a.state",
        doctor_id,
        now,
        place_id,
    )
    return by_state(AppointmentState, rows)


async def tokens_today(
    tx: Tx, now: datetime, *, doctor_id: UUID | None = None, place_id: UUID | None = None
) -> ByState:
    """The tokens of today's sittings of a doctor or at a place."""
    rows = await tx.fetch(
        f"SELECT t.state, count(*) FROM session s JOIN token t ON t.session_id = s.id WHERE {TODAY}"
        " AND ($1::uuid IS NULL OR s.doctor_id = $1) AND ($3::uuid IS NULL OR s.place_id = $3)"
        " AND s.starts_at > $2::timestamptz - interval '2 days' GROUP BY t.state",
        doctor_id,
        now,
        place_id,
    )
    return by_state(TokenState, rows)
