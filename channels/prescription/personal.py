"""What prescriptions keep of a person: what was prescribed and dispensed is kept for the legal time."""

from carewire.personal import holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "patient_id = ANY($2)"
_PRESCRIPTIONS = f"SELECT id FROM prescription WHERE {_HERS}"
_LINES = f"SELECT l.id FROM prescription_line l WHERE l.prescription_id IN ({_PRESCRIPTIONS})"
_WRITTEN = ("instructions", "investigations", "override_reason", "cancel_reason", "doctor", "registration")

holds(
    "prescription",
    whose=f"{_HERS} OR doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))",
    personal={name: name for name in _WRITTEN},
    kept=MEDICAL,
)
holds(
    "prescription_line",
    whose=f"prescription_id IN ({_PRESCRIPTIONS})",
    personal={name: name for name in ("medicine", "generic", "strength", "dose", "frequency", "instructions")},
    kept=MEDICAL,
)
holds("allergy_match", whose=f"line_id IN ({_LINES})", personal={}, kept=MEDICAL)
holds("dispensing", whose=f"line_id IN ({_LINES}) OR account_id = ANY($1)", personal={}, kept=MEDICAL)
holds("prescription_share", whose=f"prescription_id IN ({_PRESCRIPTIONS})", personal={})

leaves_traces(
    topics=("SELECT 'prescriptions:' || id FROM patient WHERE id = ANY($2)",),
    ids=(_PRESCRIPTIONS, _LINES),
)
