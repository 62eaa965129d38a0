"""Who looks into the audit."""

from tests.access.matrix import cells
from tests.access.who import FAMILY

cells("activity.list")
cells("patient.accesses", lambda w: {"patient_id": w.she}, opens=FAMILY)
