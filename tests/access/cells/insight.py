"""What each app opens with: one's own home, day and desk."""

from channels.directory import demo as places
from tests.access.matrix import cells, hears
from tests.access.who import (
    BREAK_GLASS,
    COLLEAGUE,
    CONSENTED,
    DESK,
    DOCTOR,
    FAMILY,
    HOSPITAL,
    LABORATORY,
    OTHER_DOCTOR,
    PHARMACY,
)

cells("home.topics", lambda w: {"patient_id": w.she}, opens=FAMILY)
cells("day.topics", opens={DOCTOR, COLLEAGUE, OTHER_DOCTOR, CONSENTED, BREAK_GLASS})
cells("desk.topics", lambda w: {"place_id": w.place}, opens=DESK)
cells("provider.topics", lambda w: {"place_id": places.PHARMACY}, opens={PHARMACY})
cells("dashboard.patient", lambda w: {"patient_id": w.she}, opens=FAMILY)
cells("dashboard.doctor", opens={DOCTOR, COLLEAGUE, OTHER_DOCTOR, CONSENTED, BREAK_GLASS})
cells("dashboard.doctor_today", opens={DOCTOR, COLLEAGUE, OTHER_DOCTOR, CONSENTED, BREAK_GLASS})
cells("dashboard.pharmacy", lambda w: {"place_id": places.PHARMACY}, opens={PHARMACY})
cells("dashboard.laboratory", lambda w: {"place_id": places.LABORATORY}, opens={LABORATORY})
cells("dashboard.hospital", lambda w: {"place_id": w.hospital}, opens={HOSPITAL})
cells("dashboard.admin")

hears("counters:{place_id}", lambda w: places.LABORATORY, opens={LABORATORY}, names=False)
