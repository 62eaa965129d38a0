"""Visits that took place, written straight into the record: what a line made of them is the queue's."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID


class Fetch(Protocol):
    async def __call__(self, statement: str, *values: Any) -> Any: ...


async def completed(sql: Fetch, patient_id: UUID, doctor_id: UUID, place_id: UUID, **more: Any) -> UUID:
    """A token of a sitting that is over; its id."""
    ended = datetime.now(UTC) - timedelta(days=1)
    session_id = await sql(
        "INSERT INTO session (doctor_id, place_id, zone, starts_at, ends_at, opens_at, state, started_at, ended_at)"
        " VALUES ($1, $2, 'Asia/Kolkata', $3::timestamptz - interval '3 hours', $3, $3::timestamptz"
        " - interval '3 hours', 'completed', $3::timestamptz - interval '3 hours', $3) RETURNING id",
        doctor_id,
        place_id,
        ended,
    )
    token_id: UUID = await sql(
        "INSERT INTO token (session_id, patient_id, kind, state, joined_at, number, arrived_at, called_at, calls,"
        " begun_at, ended_at) VALUES ($1, $2, 'walk_in', $4, $3, 1, $3, $3, 1, $3, $3) RETURNING id",
        session_id,
        patient_id,
        ended,
        more.get("state", "completed"),
    )
    return token_id
