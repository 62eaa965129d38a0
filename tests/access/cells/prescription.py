"""Her prescriptions: written by the doctor who treats her, read by her side, dispensed where she shows them."""

from uuid import UUID

from channels.directory import demo as places
from tests.access.cells.consultation import READ, glass, hers
from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import BREAK_GLASS, CONSENTED, DOCTOR, FAMILY, PHARMACY, Who
from tests.access.world import World

NONE = {"outcome": "not_recorded", "reason": "She knows of none"}


async def a_paper(w: World, state: str = "draft") -> UUID:
    """A prescription of her past visit, and a line in it."""
    prescription_id: UUID = await w.sql(
        "INSERT INTO prescription (consultation_id, patient_id, doctor_id, place_id, state, created_at)"
        " VALUES ($1, $2, $3, $4, 'draft', $5) RETURNING id",
        w.past_visit,
        w.she,
        w.doctor[DOCTOR],
        w.place,
        w.now,
    )
    line_id: UUID = await w.sql(
        "INSERT INTO prescription_line (prescription_id, number, medicine, form, dose, frequency, quantity, schedule,"
        " substitution) VALUES ($1, 1, 'Metformin', 'tablet', '1', '1-0-1', 10, 'h', true) RETURNING id",
        prescription_id,
    )
    if state == "issued":
        w.line = line_id
        await w.sql(
            "UPDATE prescription SET state = 'issued', issued_at = created_at, doctor = 'Dr. Who',"
            " allergy_check = 'clear', valid_until = created_at + interval '1 day' WHERE id = $1",
            prescription_id,
        )
    return prescription_id


@ground
async def papers(w: World) -> None:
    """A draft, and one that an order showed to the pharmacy, whose owner is a pharmacist, too."""
    w.draft = await a_paper(w)
    w.paper = await a_paper(w, "issued")
    w.shown_line = w.line
    await w.join(w.account[PHARMACY], places.PHARMACY, "pharmacist")
    await w.sql(
        "INSERT INTO prescription_share (prescription_id, place_id, ref, since) VALUES ($1, $2, uuidv7(), $3)",
        w.paper,
        places.PHARMACY,
        w.now,
    )


def draft(w: World) -> Params:
    return {"prescription_id": w.draft}


async def paper(w: World, one: Who) -> Params:
    await glass(w, one)
    return {"prescription_id": w.paper}


async def own_draft(w: World, one: Who) -> Params:
    """Her doctor uses one up."""
    return {"prescription_id": await a_paper(w) if one is DOCTOR else w.draft}


async def issuing(w: World, one: Who) -> Params:
    return {**await own_draft(w, one), "override": NONE}


async def taking_back(w: World, one: Who) -> Params:
    return {"prescription_id": await a_paper(w, "issued") if one is DOCTOR else w.paper, "reason": "The wrong dose"}


def giving(w: World) -> Params:
    line = {"line_id": w.shown_line, "quantity": 1}
    return {"prescription_id": w.paper, "place_id": places.PHARMACY, "lines": [line]}


cells("prescription.create", lambda w: {"consultation_id": w.past_visit}, opens={DOCTOR})
cells("prescription.update", lambda w: {**draft(w), "version": 1}, opens={DOCTOR})
cells("prescription.check", draft, opens={DOCTOR})
cells("prescription.delete", own_draft, opens={DOCTOR})
cells("prescription.issue", issuing, opens={DOCTOR})
cells("prescription.supersede", paper, opens={DOCTOR})
cells("prescription.cancel", taking_back, opens={DOCTOR})
cells("prescription.get", paper, opens=READ | {PHARMACY})
cells("prescription.list", hers, opens=FAMILY | {CONSENTED, BREAK_GLASS})
cells("prescription.dispense", giving, opens={PHARMACY})
hears("prescriptions:{patient_id}", lambda w: w.she, opens=FAMILY | {CONSENTED, BREAK_GLASS}, names=False)
