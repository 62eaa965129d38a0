"""Who reads what of her: relationships (she joined the line, so one stands with its doctor), consents, break-glass."""

from typing import Any

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    BREAK_GLASS,
    COLLEAGUE,
    COLLECTOR,
    CONSENTED,
    DESK,
    DOCTOR,
    FAMILY,
    HERSELF,
    PRIVACY,
    STAFF_HERE,
    SUPER,
    SUPPORT,
)
from tests.access.world import World, soon

SUMMARY = FAMILY | {DOCTOR, CONSENTED, BREAK_GLASS}
BACKGROUND = FAMILY | {CONSENTED, BREAK_GLASS}
"""A relationship alone opens the summary."""
WHY = "she cannot be asked now"


@ground
async def readers(w: World) -> None:
    """A doctor of another place to whom she consents, and one of this place who breaks the glass."""
    w.consent = (await grant(w, w.account[CONSENTED]))["id"]
    asked = {"patient_id": w.she, "place_id": w.place, "reason": WHY}
    w.glass = (await w.socket(BREAK_GLASS).command("break_glass.open", **asked))["id"]


async def grant(w: World, doctor_account: Any) -> Any:
    doctor_id = await w.sql("SELECT id FROM doctor WHERE account_id = $1", doctor_account)
    asked = {"patient_id": w.she, "doctor_id": doctor_id, "records": ["summary", "background"]}
    return await w.socket(HERSELF).command("consent.grant", **asked, purpose="treatment", until=soon(24))


def hers(w: World) -> Params:
    return {"patient_id": w.she}


# --- who she is ------------------------------------------------------------------------------------------------------

SUPPORTS = {SUPPORT, PRIVACY, SUPER}


async def record(w: World) -> Params:
    """One that nobody needs, for each to delete."""
    return {"patient_id": await w.record(await w.person())}


cells("patient.list")
cells("patient.get", hers, opens=SUMMARY | DESK | SUPPORTS)
cells("patient.history", hers, opens=SUMMARY | DESK)
cells("patient.delete", record, opens={PRIVACY, SUPER}, says="forbidden")

# --- consents --------------------------------------------------------------------------------------------------------


async def granting(w: World) -> Params:
    doctor_id = await w.practice(await w.doctor_account(), w.elsewhere)
    return {**hers(w), "doctor_id": doctor_id, "records": ["summary"], "purpose": "treatment", "until": soon(24)}


async def revoking(w: World) -> Params:
    account_id = await w.doctor_account()
    await w.practice(account_id, w.elsewhere)
    return {"consent_id": (await grant(w, account_id))["id"]}


cells("consent.grant", granting, opens=FAMILY)
cells("consent.list", hers, opens=FAMILY)
cells("consent.seen_by", hers, opens=FAMILY)
cells("consent.revoke", revoking, opens=FAMILY)

# --- summary and background ------------------------------------------------------------------------------------------


def noting(w: World) -> Params:
    return {**hers(w), "kind": "allergy", "label": f"Nuts {w.new_phone()}"}


async def entry(w: World) -> Params:
    return {"entry_id": (await w.socket(HERSELF).command("summary.note", **noting(w)))["id"]}


cells("summary.get", hers, opens=SUMMARY)
cells("summary.note", noting, opens=SUMMARY)
cells("summary.end", entry, opens=SUMMARY)
cells("summary.no_allergies", hers, opens=SUMMARY)
cells("background.get", hers, opens=BACKGROUND)
cells("background.update", lambda w: {**hers(w), "blood_group": "O+"}, opens=FAMILY)

hears("summary:{patient_id}", lambda w: w.she, opens=SUMMARY, names=False)
hears("background:{patient_id}", lambda w: w.she, opens=BACKGROUND, names=False)

# --- break-glass -----------------------------------------------------------------------------------------------------
cells(
    "break_glass.open",
    lambda w: {**hers(w), "place_id": w.place, "reason": WHY},
    opens={DOCTOR, COLLEAGUE, BREAK_GLASS},  # every doctor who works here today; the others are not told that she is
)
cells("break_glass.list", opens={PRIVACY, SUPER}, says="forbidden")
cells(
    "break_glass.review",
    lambda w: {"break_glass_id": w.glass, "justified": True, "note": "She was unconscious"},
    opens={PRIVACY, SUPER},
    says="forbidden",
)
cells("break_glass.end", lambda w: {"break_glass_id": w.glass}, opens={BREAK_GLASS})

# --- relationships, last: ending one shuts what is open above ------------------------------------------------------


async def relation(w: World) -> Params:
    return {"relation_id": await w.sql("SELECT id FROM relationship WHERE patient_id = $1", w.she)}


async def code(w: World) -> Params:
    return {**await relation(w), "code": "000000"}


cells("relation.list", hers, opens=FAMILY)
cells("relation.accept", relation, opens=FAMILY)
cells("relation.end", relation, opens=FAMILY)
cells("relation.confirm", code, opens=STAFF_HERE - {COLLECTOR} | {DOCTOR})
