"""When doctors can be booked, and on what terms."""

from tests.access.matrix import cells
from tests.access.who import CONTENT, DOCTOR, HEADS, SUPER, VERIFY

EDITORS = frozenset({VERIFY, CONTENT, SUPER})

cells("doctor.schedule", lambda w: {"doctor_id": w.doctor[DOCTOR]})
cells(
    "doctor.set_availability",
    lambda w: {"doctor_id": w.doctor[DOCTOR], "weekly": [], "leave": [], "extra": []},
    opens={DOCTOR} | EDITORS,
)

# --- on what terms ---------------------------------------------------------------------------------------------------

cells("appointment_terms.get", lambda w: {"doctor_id": w.doctor[DOCTOR], "place_id": w.place, "mode": "in_person"})
cells("appointment_terms.own", lambda w: {"place_id": w.place}, opens=HEADS)
cells("appointment_terms.set", lambda w: {"place_id": w.place}, opens=HEADS)
cells(
    "consultation_fee.set",
    lambda w: {
        "place_id": w.place,
        "doctor_id": w.doctor[DOCTOR],
        "mode": "in_person",
        "fee": {"amount": 50_000, "currency": "INR"},
    },
    opens=HEADS,
)
