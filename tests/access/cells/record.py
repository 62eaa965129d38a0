"""Medical records: uploaded by her side, read by her consent; the same patient as at the laboratory."""

from uuid import UUID

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import COLLEAGUE, OTHER_DOCTOR, OTHER_PATIENT, Who
from tests.access.world import World, soon

MAY_WRITE = {OTHER_PATIENT, OTHER_DOCTOR, COLLEAGUE}


@ground
async def a_consent(w: World) -> None:
    """A doctor of another place reads her records."""
    granted = {"records": ["medical_record"], "purpose": "second_opinion", "until": soon(24)}
    await w.socket(OTHER_PATIENT).command(
        "consent.grant", patient_id=w.tested, doctor_id=w.doctor[OTHER_DOCTOR], **granted
    )


async def record(w: World) -> Params:
    """One that her side uploaded, to be used up."""
    record_id: UUID = await w.sql(
        "INSERT INTO medical_record (patient_id, record_type, title, uploaded_by, created_at)"
        " VALUES ($1, 'xray', 'Chest', $2, $3) RETURNING id",
        w.tested,
        w.account[OTHER_PATIENT],
        w.now,
    )
    return {"record_id": record_id}


async def changing(w: World) -> Params:
    return {**await record(w), "title": "Chest, from the side"}


async def creating(w: World, one: Who) -> Params:
    """A file of the caller's own."""
    file = await w.sql(
        "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
        " VALUES ($1, 'medical_record', 'x.png', 'image/png', 1, sha256(''), 'matrix/' || gen_random_uuid(), $2)"
        " RETURNING id",
        w.account[one if one in MAY_WRITE else OTHER_PATIENT],
        w.now,
    )
    return {"patient_id": w.tested, "record_type": "xray", "title": "Chest", "media_ids": [file]}


cells("medical_record.create", creating, opens=MAY_WRITE)
cells("medical_record.update", changing, opens={OTHER_PATIENT})
cells("medical_record.delete", record, opens={OTHER_PATIENT})
cells("medical_record.get", record, opens={OTHER_PATIENT, OTHER_DOCTOR})
cells("medical_record.list", lambda w: {"patient_id": w.tested})

hears("medical_records:{patient_id}", lambda w: w.tested, opens={OTHER_PATIENT, OTHER_DOCTOR}, names=False)
