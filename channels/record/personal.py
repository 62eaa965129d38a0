"""What records keep of a person; see `carewire.personal`. Files go with the record they belong to."""

from carewire.personal import holds, leaves_traces
from channels.identity import MEDICAL

_OWN = "patient_id = ANY($2)"
_WROTE = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1)) OR uploaded_by = ANY($1)"

holds(
    "medical_record",
    whose=f"{_OWN} AND doctor_id IS NULL AND place_id IS NULL",
    personal={
        "title": "'deleted'",
        "description": "NULL",
        "record_date": "NULL",
        "deleted_at": "coalesce(deleted_at, now())",
    },
)
holds(
    "medical_record",
    whose=f"{_OWN} AND (doctor_id IS NOT NULL OR place_id IS NOT NULL)",
    personal={"title": "title", "description": "description", "record_date": "record_date"},
    kept=MEDICAL,
)
holds("medical_record", whose=f"({_WROTE}) AND NOT {_OWN}", personal={}, kept=MEDICAL)

# The files of what she uploaded herself go with it.
holds(
    "media",
    whose="about_noun = 'medical_record' AND about_id IN (SELECT id FROM medical_record"
    f" WHERE {_OWN} AND doctor_id IS NULL AND place_id IS NULL)",
    personal={"name": "'deleted'", "deleted_at": "coalesce(deleted_at, now())"},
    secret={"sha256", "path"},
)

leaves_traces(
    topics=("SELECT 'medical_records:' || id FROM patient WHERE id = ANY($2)",),
    ids=("SELECT id FROM medical_record WHERE patient_id = ANY($2)",),
)
