"""Money for an appointment here: whoever takes money at the place finds it."""

from typing import Any

from tests.access.cells.appointment import known
from tests.access.matrix import cells
from tests.access.who import FRONT_DESK, MANAGER, OWNER, PHARMACIST, TECHNICIAN
from tests.access.world import World

COUNTER = frozenset({OWNER, MANAGER, FRONT_DESK, PHARMACIST, TECHNICIAN})


def about(w: World, **more: Any) -> dict[str, Any]:
    return {"about": "appointment", "about_id": known(w)["appointment_id"]} | more


cells("payment.owed", lambda w: about(w), opens=COUNTER)
cells("payment.take", lambda w: about(w, money={"amount": 1, "currency": "INR"}, means="cash"), opens=COUNTER)
cells("payment.list", lambda w: {"place_id": w.place}, opens=COUNTER)
