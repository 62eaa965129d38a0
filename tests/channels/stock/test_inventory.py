"""What administrators see of stock and catalogues: by scope, in numbers.

Ledger: inventory.pharmacies H-289, inventory.pharmacy H-290, inventory.laboratories H-291, inventory.laboratory H-292.
"""

from typing import Any
from uuid import uuid4

import pytest

from carewire.errors import Forbidden, NotFound
from carewire.money import EXACT_MAX
from channels.directory.demo import LABORATORY, PHARMACY
from channels.identity import Capacity
from channels.identity.demo import Person
from tests.channels.callers import Caller
from tests.channels.queue.conftest import as_person
from tests.channels.stock.conftest import INR, Shop


async def test_only_coordinators_and_support_look_into_stock(shop: Shop, priya: Caller, admin: Caller) -> None:
    asks: list[tuple[str, dict[str, Any]]] = [
        ("inventory.pharmacies", {}),
        ("inventory.pharmacy", {"pharmacy_id": shop.id}),
        ("inventory.laboratories", {}),
        ("inventory.laboratory", {"laboratory_id": LABORATORY}),
    ]
    money = as_person(shop.node, Person(uuid4(), "", "Money", "en", (Capacity.ADMIN,)))
    assert money.actor is not None
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "WITH a AS (INSERT INTO account (id, phone, name, created_at) VALUES ($1, '+919900020009', 'M', $2))"
            " INSERT INTO admin_scope (account_id, scope, since) VALUES ($1, 'money', $2)",
            money.actor.id,  # type: ignore[union-attr]
            ctx.now,
        )
    )
    for method, params in asks:
        for stranger in (shop.pharmacist, priya, money):
            with pytest.raises(Forbidden):
                await stranger.call(method, **params)
        await admin.call(method, **params)
    for method, wrong in (("inventory.pharmacy", LABORATORY), ("inventory.laboratory", PHARMACY)):
        with pytest.raises(NotFound):
            await admin.call(method, **{f"{method.split('.')[1]}_id": wrong})


async def test_stock_is_counted_and_valued_by_currency(shop: Shop, admin: Caller) -> None:
    one = await shop.article("Alpha", (10, 4), (300, 6))
    await shop.article("Beta", (300, 2), price={"amount": 300, "currency": "USD"})
    empty = await shop.article("Gamma")
    await shop.pharmacist.call("stock.set_threshold", medicine_id=empty, low_at=3)
    await shop.hold((one, 3))
    found = await admin.call("inventory.pharmacy", pharmacy_id=shop.id)
    summary = found["summary"]
    counts = ("articles", "out_of_stock", "low", "expiring")
    assert [summary[name] for name in counts] == [3, 1, 1, 1]
    assert summary["value"] == [
        {"amount": 25_000, "currency": INR, "exponent": 2},
        {"amount": 600, "currency": "USD", "exponent": 2},
    ]
    assert [(row["name"], row["physical"], row["held"]) for row in found["rows"]] == [
        ("Alpha", 10, 3),
        ("Beta", 2, 0),
        ("Gamma", 0, 0),
    ]
    assert found["rows"][0]["expires_first"] == shop.day(10)
    for only, names in (("low", ["Gamma"]), ("out", ["Gamma"]), ("expiring", ["Alpha"])):
        narrowed = await admin.call("inventory.pharmacy", pharmacy_id=shop.id, only=only)
        assert [row["name"] for row in narrowed["rows"]] == names
    first = await admin.call("inventory.pharmacy", pharmacy_id=shop.id, limit=2)
    second = await admin.call("inventory.pharmacy", pharmacy_id=shop.id, limit=2, cursor=first["cursor"])
    assert ([row["name"] for row in second["rows"]], second["cursor"]) == (["Gamma"], None)


async def test_a_shelf_worth_more_than_any_price_is_counted(shop: Shop, admin: Caller) -> None:
    """Eleven articles at the highest price there is, a hundred thousand packs of each."""
    dear = {"amount": 1_000_000_000, "currency": INR}
    for n in range(11):
        await shop.article(f"Dear {n}", (300, 100_000), price=dear)
    found = await admin.call("inventory.pharmacy", pharmacy_id=shop.id)
    assert found["summary"]["value"] == [{"amount": 1_100_000_000_000_000, "currency": INR, "exponent": 2}]
    listed = (await admin.call("inventory.pharmacies", city="Pune"))["rows"]
    assert listed[0]["value"] == found["summary"]["value"]
    for n in range(11, 100):
        await shop.article(f"Dear {n}", (300, 100_000), price=dear)
    found = await admin.call("inventory.pharmacy", pharmacy_id=shop.id)
    assert found["summary"]["value"][0]["amount"] == EXACT_MAX, "no client could read more"


async def test_pharmacies_come_by_name_and_by_town(shop: Shop, admin: Caller) -> None:
    first = await admin.call("inventory.pharmacies", limit=1)
    second = await admin.call("inventory.pharmacies", limit=1, cursor=first["cursor"])
    assert [page["rows"][0]["pharmacy_id"] for page in (first, second)] == [str(PHARMACY), str(shop.id)]
    assert second["cursor"] is None
    (only,) = (await admin.call("inventory.pharmacies", city="PUNE"))["rows"]
    assert (only["articles"], only["value"]) == (0, [])
    assert first["rows"][0]["articles"] == 31


async def test_a_laboratorys_catalogue_is_counted_and_read(shop: Shop, admin: Caller) -> None:
    before = (await admin.call("inventory.laboratory", laboratory_id=LABORATORY))["summary"]
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO lab_catalog (laboratory_id, code, name, sample, amount, currency, turnaround_hours,"
            " home_collection,"
            " is_available, analytes, created_at) VALUES ($1, 'ZZ1', 'Zz one', 'blood', 500, 'INR', 6, true,"
            " true, '[]', $2),"
            " ($1, 'ZZ2', 'Zz two', 'urine', 700, 'INR', 6, false, false, '[]', $2)",
            LABORATORY,
            ctx.now,
        )
    )
    found = await admin.call("inventory.laboratory", laboratory_id=LABORATORY, limit=100)
    for name, more in (("tests", 2), ("unavailable", 1), ("home_collection", 1)):
        assert found["summary"][name] == before[name] + more
    assert [(row["code"], row["price"]["amount"]) for row in found["rows"][-2:]] == [("ZZ1", 500), ("ZZ2", 700)]
    (listed,) = (await admin.call("inventory.laboratories", city="Bengaluru"))["rows"]
    assert listed == found["summary"]
