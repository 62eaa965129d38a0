"""What each app opens with: one's own home, day and desk."""

from tests.access.matrix import cells
from tests.access.who import BREAK_GLASS, COLLEAGUE, CONSENTED, DESK, DOCTOR, FAMILY, OTHER_DOCTOR

cells("home.topics", lambda w: {"patient_id": w.she}, opens=FAMILY)
cells("day.topics", opens={DOCTOR, COLLEAGUE, OTHER_DOCTOR, CONSENTED, BREAK_GLASS})
cells("desk.topics", lambda w: {"place_id": w.place}, opens=DESK)
