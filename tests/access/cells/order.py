"""Orders: hers to make and to take back, moved by who handles them at their place, re-offered by coordinators."""

from uuid import UUID

from channels.directory import demo
from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    COORDINATE,
    FAMILY,
    FRONT_DESK,
    HERSELF,
    MANAGER,
    OWNER,
    PHARMACIST,
    STAFF_HERE,
    SUPER,
    TECHNICIAN,
)
from tests.access.world import World

COORDINATORS = frozenset({COORDINATE, SUPER})
HANDLERS = frozenset({OWNER, MANAGER, FRONT_DESK, PHARMACIST, TECHNICIAN})


@ground
async def orders(w: World) -> None:
    """An order of hers that was offered to the place here."""
    w.order = await order_here(w)
    w.order_line = await w.sql("SELECT id FROM order_line WHERE order_id = $1", w.order)


async def order_here(w: World) -> UUID:
    order_id: UUID = await w.sql(
        "INSERT INTO orders (patient_id, account_id, place_id, kind, source, state, fulfilment, contact_name,"
        " postal_code, currency, delivery_fee, payment_mode, offered_at, offers, accept_by, created_at, changed_at)"
        " VALUES ($1, $2, $3, 'pharmacy', 'direct', 'created', 'pickup', 'Somebody', '560001', 'INR', 0, 'counter',"
        " $4, 1, $4, $4, $4) RETURNING id",
        w.she,
        w.account[HERSELF],
        w.place,
        w.now,
    )
    await w.sql(
        "INSERT INTO order_line (order_id, n, name, schedule, quantity, unit_price)"
        " VALUES ($1, 1, 'ORS', 'otc', 2, 2500) RETURNING id",
        order_id,
    )
    for step in ("place", "offer"):
        await w.sql(
            "INSERT INTO saga_step (saga, subject_id, step, ref, state, taken_at)"
            " VALUES ('order', $1, $2, $1, 'taken', $3)",
            order_id,
            step,
            w.now,
        )
    return order_id


async def fresh(w: World) -> Params:
    """One for each who asks, to be used up."""
    return {"order_id": await order_here(w)}


async def to_reject(w: World) -> Params:
    return {"order_id": await order_here(w), "reason": "no time"}


cells(
    "order.create",
    lambda w: {
        "place_id": demo.PHARMACY,
        "items": [{"item_id": w.order}],
        "postal_code": "560001",
        "address": "7 Lake Road",
        "patient_id": w.she,
    },
    opens=FAMILY,
)
cells("order.confirm", fresh, opens=HANDLERS)
cells("order.reject", to_reject, opens=HANDLERS)
cells(
    "order.set_status",
    lambda w: {"order_id": w.order, "status": "ready"},
    opens=HANDLERS,
    says=dict.fromkeys(COORDINATORS, "forbidden"),
)
cells("order.cancel", fresh, opens=FAMILY)
cells(
    "order.cancel_line",
    lambda w: {"order_id": w.order, "line_id": w.order_line, "count": 1, "reason": "-"},
    opens=FAMILY | HANDLERS,
)
cells("order.renew_code", lambda w: {"order_id": w.order}, opens=FAMILY)
cells(
    "order.reoffer",
    lambda w: {"order_id": w.order, "place_id": demo.PHARMACY, "items": []},
    opens=COORDINATORS,
    says="forbidden",
)
cells("order.list")
cells("order.get", lambda w: {"order_id": w.order}, opens=FAMILY | STAFF_HERE | COORDINATORS)
hears("order:{order_id}", lambda w: w.order, opens=FAMILY | STAFF_HERE | COORDINATORS)
hears("orders_at:{place_id}", lambda w: w.place, opens=STAFF_HERE)
