"""A record that was deleted since the backup is deleted again: no older past lets her be found, called or treated."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from carewire.backup.restore import Past
from carewire.command import Ctx
from carewire.jobs import rows as job_rows
from carewire.jobs.vault import Vault
from channels.care.events import PatientGone
from channels.identity import patients_gone


class Deleted(msgspec.Struct, frozen=True):
    """One of `outlives`, as it comes back."""

    deleted_patient: UUID
    deleted_at: datetime
    deleted_by: UUID | None


async def restored(connection: Any, past: Past) -> list[str]:
    """Delete again whose record the backup brought back, and leave the work of her going."""
    known = [msgspec.convert(one, Deleted) for one in past.outlived if "deleted_patient" in one]
    again = 0
    for one in sorted({one.deleted_patient: one for one in known}.values(), key=lambda one: one.deleted_patient):
        tag = await connection.execute(
            "UPDATE patient SET deleted_at = $2, deleted_by = (SELECT id FROM account WHERE id = $3)"
            " WHERE id = $1 AND deleted_at IS NULL",
            one.deleted_patient,
            one.deleted_at,
            one.deleted_by,
        )
        if tag != "UPDATE 1":
            continue  # the backup does not know her at all, or knew it
        ctx = Ctx(tx=connection, now=one.deleted_at, real_now=past.taken_at, settings=past.settings)
        await patients_gone(ctx, [one.deleted_patient])
        ctx.enqueue(PatientGone(patient_id=one.deleted_patient))
        await job_rows.store(connection, ctx.now, ctx.jobs, Vault(past.settings.secret))  # nobody else would
        again += 1
    return [f"{again} records that were deleted since are deleted again"] if again else []


async def outlives(connection: Any) -> list[Any]:
    """Whose record was deleted."""
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('patient') AND attname = 'deleted_at')"
    ):
        return []  # of an older version
    rows = await connection.fetch(
        "SELECT id, deleted_at, deleted_by FROM patient WHERE deleted_at IS NOT NULL ORDER BY id"
    )
    return [
        {
            "deleted_patient": str(row["id"]),
            "deleted_at": row["deleted_at"].isoformat(),
            "deleted_by": row["deleted_by"] and str(row["deleted_by"]),
        }
        for row in rows
    ]
