"""What care keeps of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_PATIENTS = "patient_id = ANY($2)"
_DOCTORS = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"

holds("relationship", whose=f"{_PATIENTS} OR {_DOCTORS}", personal={}, kept=MEDICAL)
holds(
    "relationship_code",
    whose=f"relationship_id IN (SELECT id FROM relationship WHERE {_PATIENTS})",
    personal={"digest": None},
    secret={"digest"},
)
holds("consent", whose=f"{_PATIENTS} OR granted_by = ANY($1)", personal={}, kept=MEDICAL)
# Who looked, why, and what became of it: nobody changes that, least of all the one who looked.
holds(
    "break_glass",
    whose=f"{_PATIENTS} OR {_DOCTORS} OR reviewed_by = ANY($1)",
    personal={"reason": "reason", "note": "note"},
    kept=MEDICAL,
)
holds("summary_entry", whose=f"{_PATIENTS} AND doctor_id IS NULL", personal={"label": None, "detail": None})
holds(
    "summary_entry",
    whose=f"{_PATIENTS} AND doctor_id IS NOT NULL",
    personal={"label": "label", "detail": "detail"},
    kept=MEDICAL,
)
holds("no_allergies", whose=f"({_PATIENTS}) OR told_by = ANY($1)", personal={})
holds("background", whose=_PATIENTS, personal={"blood_group": None, "emergency_name": None, "emergency_phone": None})

harmless("consent", "records", why="words of a closed list")
harmless("break_glass", "day", why="of when it was opened")
harmless("break_glass", "zone", why="the place's clock")

leaves_traces(
    topics=(
        "SELECT 'summary:' || id FROM patient WHERE id = ANY($2)",
        "SELECT 'background:' || id FROM patient WHERE id = ANY($2)",
    ),
)
