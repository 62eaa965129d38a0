"""Visits that took place, written straight into the record: what a line made of them is the queue's."""

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM
from channels.identity.demo import PRIYA, PRIYA_PATIENT


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


async def appointed(node: Node, token_id: str | None, state: str = "consultation_completed") -> str:
    """An appointment of Priya's with Dr. Vikram that ended so, with this token or by video; its id."""
    async with node.db.transaction() as tx:
        (number,) = await tx.fetch("SELECT count(*)::integer AS count FROM slot")
        at = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(hours=number["count"])
        await tx.execute(
            "INSERT INTO slot_day (doctor_id, day) VALUES ($1, $2) ON CONFLICT DO NOTHING", DOCTOR_VIKRAM, at.date()
        )
        (slot,) = await tx.fetch(
            "INSERT INTO slot (doctor_id, mode, day, starts_at, ends_at, zone, capacity)"
            " VALUES ($1, 'teleconsult', $2, $3, $4, 'Asia/Kolkata', 1) RETURNING id",
            DOCTOR_VIKRAM,
            at.date(),
            at,
            at + timedelta(hours=1),
        )
        (made,) = await tx.fetch(
            "INSERT INTO appointment (patient_id, doctor_id, place_id, mode, slot_id, day, starts_at, ends_at, zone,"
            " state, payment, fee_amount, fee_currency, policy, booked_by, booked_side, created_at, token_id,"
            " arrived_at, ended_at, ended_side)"
            " SELECT $1, s.doctor_id, $2, s.mode, s.id, s.day, s.starts_at, s.ends_at, s.zone, $3, 'free', 0, 'INR',"
            " '{}', $4, 'patient', now(), $5::text::uuid, now(), now(), 'doctor' FROM slot s WHERE s.id = $6"
            " RETURNING id",
            PRIYA_PATIENT,
            CLINIC if token_id else None,
            state,
            PRIYA.account_id,
            token_id,
            slot["id"],
        )
        await tx.execute(
            "INSERT INTO seat (slot_id, number, capacity, doctor_id, patient_id, starts_at, ends_at, appointment_id)"
            " SELECT s.id, 1, 1, s.doctor_id, $2, s.starts_at, s.ends_at, $3 FROM slot s WHERE s.id = $1",
            slot["id"],
            PRIYA_PATIENT,
            made["id"],
        )
        return str(made["id"])
