"""Her visit: written by the doctor who treats her, read by her side once it is completed, and by consent.

The doctor of the sitting treats her. A visit of each kind is made beside the line, whose token is the queue's cells'.
"""

from uuid import UUID

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import BREAK_GLASS, CONSENTED, DOCTOR, FAMILY, HERSELF, Who
from tests.access.world import World, soon

READ = FAMILY | {DOCTOR, CONSENTED, BREAK_GLASS}


async def a_visit(w: World, state: str = "in_progress") -> UUID:
    """A visit of hers, written straight into the tables: the line has its own cells."""
    token_id = await w.sql(
        "INSERT INTO token (session_id, patient_id, kind, state, joined_at, arrived_at, number, called_at, calls,"
        " begun_at, ended_at) SELECT $1, $2, 'walk_in', 'completed', $3, $3, l.last_number + 1, $3, 1, $3, $3"
        " FROM line l"
        " WHERE l.session_id = $1 RETURNING id",
        w.sitting,
        w.she,
        w.now,
    )
    await w.sql("UPDATE line SET last_number = last_number + 1 WHERE session_id = $1", w.sitting)
    consultation_id: UUID = await w.sql(
        "INSERT INTO consultation (token_id, patient_id, doctor_id, place_id, mode, state, started_at, ended_at)"
        " VALUES ($1, $2, $3, $4, 'in_person', $5, $6, $7) RETURNING id",
        token_id,
        w.she,
        w.doctor[DOCTOR],
        w.place,
        state,
        w.now,
        None if state == "in_progress" else w.now,
    )
    return consultation_id


@ground
async def visits(w: World) -> None:
    """One in progress, one completed; and what `CONSENTED` may read of her, beyond her summary."""
    w.visit = await a_visit(w)
    w.past_visit = await a_visit(w, "completed")
    doctor_id = w.doctor[CONSENTED]
    await w.socket(HERSELF).command(
        "consent.grant",
        patient_id=w.she,
        doctor_id=doctor_id,
        records=["consultation", "prescription"],
        purpose="treatment",
        until=soon(24),
    )


async def glass(w: World, one: Who) -> None:
    """The cells of care have ended the one that was broken; who reads by one breaks another."""
    if one is BREAK_GLASS:
        await w.sql(
            "INSERT INTO break_glass (doctor_id, place_id, patient_id, reason, opened_at, until, zone, slot)"
            " SELECT $1, $2, $3, 'she cannot be asked', $4::timestamptz, $4 + interval '60 minutes', 'Asia/Kolkata', 3"
            " WHERE NOT EXISTS (SELECT FROM break_glass WHERE doctor_id = $1 AND ended_at IS NULL)",
            w.doctor[one],
            w.place,
            w.she,
            w.now,
        )


async def past(w: World, one: Who) -> Params:
    await glass(w, one)
    return {"consultation_id": w.past_visit}


async def hers(w: World, one: Who) -> Params:
    await glass(w, one)
    return {"patient_id": w.she}


async def open_visit(w: World, one: Who) -> Params:
    """Her doctor uses one up."""
    return {"consultation_id": await a_visit(w) if one is DOCTOR else w.visit}


async def written(w: World, one: Who) -> Params:
    return {**await open_visit(w, one), "version": 1, "advice": "Rest"}


async def mistaken(w: World, one: Who) -> Params:
    return {**await open_visit(w, one), "reason": "The wrong patient"}


cells("consultation.start", lambda w: {"token_id": w.token}, opens={DOCTOR})
cells("consultation.get", past, opens=READ)
cells("consultation.list", hers, opens=FAMILY | {CONSENTED, BREAK_GLASS})
cells("consultation.update", written, opens={DOCTOR})
cells("consultation.add", lambda w: {"consultation_id": w.past_visit, "text": "Later"}, opens={DOCTOR})
cells("consultation.cancel", mistaken, opens={DOCTOR})
hears("consultation:{consultation_id}", lambda w: w.past_visit, opens=READ, names=False)
