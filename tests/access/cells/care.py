"""Relationships, which the patient's side makes and ends: she joined the line, so one stands with its doctor."""

from tests.access.matrix import Params, cells
from tests.access.who import COLLECTOR, DOCTOR, FAMILY, STAFF_HERE
from tests.access.world import World


async def relation(w: World) -> Params:
    return {"relation_id": await w.sql("SELECT id FROM relationship WHERE patient_id = $1", w.she)}


async def code(w: World) -> Params:
    return {**await relation(w), "code": "000000"}


cells("relation.list", lambda w: {"patient_id": w.she}, opens=FAMILY)
cells("relation.accept", relation, opens=FAMILY)
cells("relation.end", relation, opens=FAMILY)
cells("relation.confirm", code, opens=STAFF_HERE - {COLLECTOR} | {DOCTOR})
