"""What appointments keep of a person: that she came, when, and what she said of it; see `carewire.personal`."""

from carewire.personal import harmless, holds, leaves_traces
from channels.identity import MEDICAL

_HERS = "patient_id = ANY($2)"
_APPOINTMENTS = f"SELECT id FROM appointment WHERE {_HERS}"
_DOCTORS = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"

holds(
    "appointment",
    whose=f"{_HERS} OR booked_by = ANY($1)",
    personal={},
)
holds("appointment", whose=_HERS, personal={"complaint": "NULL", "notes": "NULL"}, kept=MEDICAL)
holds("appointment_step", whose=f"actor_id = ANY($1) OR appointment_id IN ({_APPOINTMENTS})", personal={})
holds("appointment_payment", whose=f"appointment_id IN ({_APPOINTMENTS})", personal={})
holds("appointment_reminder", whose=f"appointment_id IN ({_APPOINTMENTS})", personal={})
holds("revisit_window", whose=_HERS, personal={})
holds("hold", whose=f"{_HERS} OR account_id = ANY($1)", personal={})
holds("seat", whose=_HERS, personal={})
holds("waitlist", whose=f"{_HERS} OR account_id = ANY($1)", personal={})
holds("slot_override", whose="granted_by = ANY($1)", personal={"reason": "'—'"})
holds("slot_day", whose=_DOCTORS, personal={})

harmless("appointment", "day", "zone", "fee_currency", "policy", why="when and where a clinic is open, and its terms")
harmless("appointment_step", "move", "from_state", "to_state", why="words from the code")
harmless("appointment_payment", "currency", why="of an amount")
harmless("hold", "terms", why="what a visit cost there when the seat was held")
harmless("slot", "day", "zone", why="when a doctor is there")
harmless("slot_day", "day", why="when a doctor is there")
harmless("waitlist", "first", "last", why="days of a calendar")

leaves_traces(
    topics=(
        "SELECT 'appointments:' || id FROM patient WHERE id = ANY($2) AND id IN (SELECT patient_id FROM appointment)",
        f"SELECT 'agenda:' || doctor_id || ':' || coalesce(place_id::text, 'video') || ':' || day FROM appointment"
        f" WHERE {_HERS}",
    ),
    ids=(_APPOINTMENTS,),
    underway=(
        f"SELECT id FROM appointment WHERE {_HERS} AND state IN ('awaiting_consultation', 'consultation_in_progress',"
        " 'prescription_provided', 'follow_up_scheduled')",
    ),
)
