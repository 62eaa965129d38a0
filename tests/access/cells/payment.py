"""Money for an appointment here: whoever takes money at the place finds it."""

from typing import Any

from tests.access.cells.appointment import known
from tests.access.matrix import Params, cells, hears
from tests.access.who import FRONT_DESK, MANAGER, OWNER, PHARMACIST, TECHNICIAN, Who
from tests.access.world import World

COUNTER = frozenset({OWNER, MANAGER, FRONT_DESK, PHARMACIST, TECHNICIAN})


def about(w: World, **more: Any) -> dict[str, Any]:
    return {"about": "appointment", "about_id": known(w)["appointment_id"]} | more


cells("payment.owed", lambda w: about(w), opens=COUNTER)
cells("payment.take", lambda w: about(w, money={"amount": 1, "currency": "INR"}, means="cash"), opens=COUNTER)
cells("payment.list", lambda w: {"place_id": w.place}, opens=COUNTER)


async def refund(w: World, _: Who) -> Params:
    """One for each who asks, to be handed back."""
    payment_id = await w.sql(
        "INSERT INTO payment (about_noun, about_id, patient_id, place_id, amount, currency, means, taken_by, taken_at)"
        " VALUES ('appointment', $1, $2, $3, 100, 'INR', 'cash', $4, $5) RETURNING id",
        w.appointment,
        w.she,
        w.place,
        w.account[OWNER],
        w.now,
    )
    refund_id = await w.sql(
        "INSERT INTO counter_refund (id, payment_id, place_id, patient_id, number, amount, reason, due_at)"
        " SELECT uuidv7(), id, place_id, patient_id, 'K7Q-4M2P', 100, 'cut', taken_at FROM payment WHERE id = $1"
        " RETURNING id",
        payment_id,
    )
    return {"refund_id": refund_id, "means": "cash"}


cells("payment.hand_back", refund, opens=COUNTER)
cells("payment.refunds", lambda w: {"place_id": w.place}, opens=COUNTER)
hears("refunds:{place_id}", lambda w: w.place, opens=COUNTER)
