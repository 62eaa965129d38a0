"""What consultations keep of a person: what was found is kept for the legal time; see `carewire.personal`."""

from carewire.personal import holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "patient_id = ANY($2)"
_OF_DOCTOR = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"
_CONSULTATIONS = f"SELECT id FROM consultation WHERE {_HERS}"
_WRITTEN = ("symptoms", "findings", "diagnosis", "advice", "follow_up_date", "cancel_reason", "registration")

holds("consultation", whose=f"{_HERS} OR {_OF_DOCTOR}", personal={name: name for name in _WRITTEN}, kept=MEDICAL)
holds(
    "addendum",
    whose=f"written_by = ANY($1) OR consultation_id IN ({_CONSULTATIONS})",
    personal={"text": "text"},
    kept=MEDICAL,
)

leaves_traces(
    topics=(f"SELECT 'consultation:' || id FROM consultation WHERE {_HERS}",),
    ids=(_CONSULTATIONS,),
    underway=(f"{_CONSULTATIONS} AND state = 'in_progress' AND started_at > now() - interval '7 days'",),
)
