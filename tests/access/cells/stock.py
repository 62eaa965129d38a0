"""A pharmacy's articles and services: everybody reads them; its owner, managers and pharmacists keep them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.directory.demo import LABORATORY
from channels.directory.demo import PHARMACY as SHOP
from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import COORDINATE, PHARMACY, SUPER, SUPPORT
from tests.access.world import World

KEEPERS = {PHARMACY}
"""Its owner. Everybody who works elsewhere, the staff here among them, is a stranger there."""
PRICE = {"amount": 100, "currency": "INR"}


@ground
async def a_shelf(w: World) -> None:
    """An article with a batch, and a service."""
    w.medicine = await a_medicine(w)
    w.batch = await a_batch(w, w.medicine)
    w.service = await a_service(w)
    w.sale = await w.sql(
        "INSERT INTO stock_hold (pharmacy_id, about_id, until, created_at) VALUES ($1, uuidv7(), $2, $3) RETURNING id",
        SHOP,
        w.now + timedelta(days=1),
        w.now,
    )


async def a_medicine(w: World) -> UUID:
    made: UUID = await w.sql(
        "INSERT INTO medicine (pharmacy_id, name, form, amount, currency, schedule, created_at)"
        " VALUES ($1, $2, 'tablet', 100, 'INR', 'otc', $3) RETURNING id",
        SHOP,
        w.new_phone(),
        w.now,
    )
    return made


async def a_batch(w: World, medicine_id: UUID) -> UUID:
    made: UUID = await w.sql(
        "INSERT INTO stock_batch (medicine_id, pharmacy_id, number, expires_on, received_at)"
        " VALUES ($1, $2, 'B1', '2090-01-01', $3) RETURNING id",
        medicine_id,
        SHOP,
        w.now,
    )
    return made


async def a_service(w: World) -> UUID:
    made: UUID = await w.sql(
        "INSERT INTO pharmacy_service (pharmacy_id, name, created_at) VALUES ($1, $2, $3) RETURNING id",
        SHOP,
        w.new_phone(),
        w.now,
    )
    return made


def received(w: World) -> dict[str, Any]:
    return {"medicine_id": w.medicine, "number": w.new_phone(), "expires_on": "2090-01-01", "quantity": 5}


async def spare_medicine(w: World) -> Params:
    return {"medicine_id": await a_medicine(w)}


async def spare_service(w: World) -> Params:
    return {"pharmacy_service_id": await a_service(w)}


cells("medicine.list")
cells("medicine.get", lambda w: {"medicine_id": w.medicine})
cells(
    "medicine.create",
    lambda w: {"pharmacy_id": SHOP, "name": w.new_phone(), "form": "gel", "price": PRICE, "schedule": "otc"},
    opens=KEEPERS,
)
cells("medicine.update", lambda w: {"medicine_id": w.medicine, "price": PRICE}, opens=KEEPERS)
cells("medicine.delete", spare_medicine, opens=KEEPERS)

cells("pharmacy_service.list")
cells("pharmacy_service.get", lambda w: {"pharmacy_service_id": w.service})
cells("pharmacy_service.create", lambda w: {"pharmacy_id": SHOP, "name": w.new_phone()}, opens=KEEPERS)
cells("pharmacy_service.update", lambda w: {"pharmacy_service_id": w.service, "price": PRICE}, opens=KEEPERS)
cells("pharmacy_service.delete", spare_service, opens=KEEPERS)

cells("stock.list", {"pharmacy_id": SHOP}, opens=KEEPERS)
cells("stock.movements", {"pharmacy_id": SHOP}, opens=KEEPERS)
cells("stock.receive", received, opens=KEEPERS)
cells("stock.adjust", lambda w: {"batch_id": w.batch, "quantity": 1, "reason": "counted"}, opens=KEEPERS)
cells(
    "stock.sell",
    lambda w: {"pharmacy_id": SHOP, "lines": [{"medicine_id": w.medicine, "quantity": 1}]},
    opens=KEEPERS,
)
cells(
    "stock.take_back",
    lambda w: {"hold_id": w.sale, "lines": [{"medicine_id": w.medicine, "quantity": 1}], "sellable": True},
    opens=KEEPERS,
)
cells("stock.set_threshold", lambda w: {"medicine_id": w.medicine, "low_at": None}, opens=KEEPERS)
hears("stock:{pharmacy_id}", lambda w: SHOP, opens=KEEPERS)

LOOKS = {COORDINATE, SUPPORT, SUPER}
cells("medicine.search", {"search": "paracetamol"})
cells("inventory.pharmacies", opens=LOOKS, says="forbidden")
cells("inventory.pharmacy", {"pharmacy_id": SHOP}, opens=LOOKS, says="forbidden")
cells("inventory.laboratories", opens=LOOKS, says="forbidden")
cells("inventory.laboratory", {"laboratory_id": LABORATORY}, opens=LOOKS, says="forbidden")


def rows_of(w: World) -> Params:
    price = {"amount": 1, "currency": "INR"}
    return {
        "pharmacy_id": SHOP,
        "rows": [{"name": w.new_phone(), "form": "gel", "price": price, "schedule": "otc"}],
    }


cells("stock.import", rows_of, opens=KEEPERS)
