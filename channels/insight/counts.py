"""Counts that several dashboards show, each with its one definition."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from carewire.store.db import Tx
from channels.appointment.lifecycle import IN_THE_ROOM, AppointmentState
from channels.queue.lifecycle import TokenState

ByState = dict[str, int]
"""How many are in each state; every state is there."""

# A sitting of today on the clock of its place, or one that has not ended yet. `$2` is now.
TODAY: Final = """((s.starts_at AT TIME ZONE s.zone)::date = ($2 AT TIME ZONE s.zone)::date AND s.state <> 'cancelled'
       OR s.state IN ('live', 'paused'))"""
# An appointment of today on its own clock, or one that began before midnight and goes on.
APPOINTED_TODAY: Final = f"""(a.day = ($2 AT TIME ZONE a.zone)::date
       OR a.state IN ({", ".join(f"'{state}'" for state in sorted(IN_THE_ROOM))})
          AND a.starts_at > $2::timestamptz - interval '12 hours')"""


def by_state(states: type[StrEnum], rows: Iterable[Any]) -> ByState:
    """Rows of `state, count`, with a nought for every other state."""
    counted = {row["state"]: row["count"] for row in rows}
    return {state.value: counted.get(state.value, 0) for state in states}


# A doctor's count while she works there, by video always; a place's; or all there are. `$1` is whose.
_WORKS: Final = """{0}.doctor_id = $1 AND ({0}.place_id IS NULL OR EXISTS (SELECT FROM affiliation f
    WHERE f.doctor_id = {0}.doctor_id AND f.place_id = {0}.place_id AND f.state = 'accepted'))"""


async def appointments_today(
    tx: Tx, now: datetime, *, doctor_id: UUID | None = None, place_id: UUID | None = None
) -> ByState:
    """Today's appointments of a doctor where she works, or of a place, or all there are."""
    rows = await tx.fetch(
        f"SELECT a.state, count(*) FROM appointment a WHERE {APPOINTED_TODAY}"
        " AND a.starts_at BETWEEN $2::timestamptz - interval '2 days' AND $2 + interval '2 days'"  # what the index has
        f" AND {_whose('a', doctor_id, place_id)} GROUP BY a.state",
        doctor_id or place_id,
        now,
    )
    return by_state(AppointmentState, rows)


async def tokens_today(
    tx: Tx, now: datetime, *, doctor_id: UUID | None = None, place_id: UUID | None = None
) -> ByState:
    """The tokens of today's sittings of a doctor where she works, or at a place, or all there are."""
    rows = await tx.fetch(
        f"SELECT t.state, count(*) FROM session s JOIN token t ON t.session_id = s.id WHERE {TODAY}"
        " AND s.starts_at > $2::timestamptz - interval '2 days'"
        f" AND {_whose('s', doctor_id, place_id)} GROUP BY t.state",
        doctor_id or place_id,
        now,
    )
    return by_state(TokenState, rows)


def _whose(table: str, doctor_id: UUID | None, place_id: UUID | None) -> str:
    if doctor_id is not None:
        return _WORKS.format(table)
    return "$1::uuid IS NULL" if place_id is None else f"{table}.place_id = $1"
