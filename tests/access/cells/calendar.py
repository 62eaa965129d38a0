"""When doctors can be booked, and on what terms."""

from tests.access.matrix import cells
from tests.access.who import CONTENT, DOCTOR, SUPER, VERIFY

EDITORS = frozenset({VERIFY, CONTENT, SUPER})

cells("doctor.schedule", lambda w: {"doctor_id": w.doctor[DOCTOR]})
cells(
    "doctor.set_availability",
    lambda w: {"doctor_id": w.doctor[DOCTOR], "weekly": [], "leave": [], "extra": []},
    opens={DOCTOR} | EDITORS,
)
