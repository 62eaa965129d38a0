"""What a laboratory keeps of a person: what was asked and found; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_OWN = "patient_id = ANY($2)"
_STAFF = (
    "asked_by = ANY($1) OR collected_by = ANY($1) OR doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"
)

# Where she lives is not part of what was found.
holds(
    "lab_test",
    whose=_OWN,
    personal={
        "name": "name",
        "notes": "notes",
        "address": "CASE WHEN mode = 'home' THEN '' END",
        "postal_code": "CASE WHEN mode = 'home' THEN '' END",
    },
    kept=MEDICAL,
)
holds("lab_test", whose=f"({_STAFF}) AND NOT {_OWN}", personal={}, kept=MEDICAL)

holds("lab_report", whose=_OWN, personal={}, kept=MEDICAL)
holds(
    "lab_report_version",
    whose=f"report_id IN (SELECT id FROM lab_report WHERE {_OWN}) OR written_by = ANY($1)",
    personal={"results": "results", "remark": "remark", "reason": "reason"},
    kept=MEDICAL,
)
holds(
    "lab_critical",
    whose=f"report_id IN (SELECT id FROM lab_report WHERE {_OWN}) OR acknowledged_by = ANY($1)"
    " OR doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))",
    personal={"note": "note"},
    kept=MEDICAL,
)

harmless("lab_report", "number", why="a number")
harmless("lab_test", "number", "offer", why="a number, and what a laboratory offers")
harmless("lab_catalog", "code", "name", "category", "currency", "preparation", "analytes", why="a laboratory's prices")

leaves_traces(
    topics=("SELECT 'lab_reports:' || id FROM patient WHERE id = ANY($2)",),
    ids=(
        "SELECT id FROM lab_test WHERE patient_id = ANY($2)",
        "SELECT id FROM lab_report WHERE patient_id = ANY($2)",
    ),
    underway=(
        "SELECT id FROM lab_test WHERE patient_id = ANY($2)"
        " AND state IN ('scheduled', 'sample_collected', 'in_progress')",
    ),
)
