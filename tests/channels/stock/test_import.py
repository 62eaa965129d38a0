"""The first day of a pharmacy: two hundred rows at once, all or nothing, and every wrong field by its name.

Ledger: medicine.create H-194, medicine.update H-195.
"""

from typing import Any

import msgspec
import pytest

from carewire.errors import InvalidParams, NotFound
from carewire.gateway.connection import FRAME_BYTES_MAX
from channels.stock.events import Stock, StockUpdated
from tests.channels.callers import Caller, told
from tests.channels.queue.conftest import topic
from tests.channels.stock.conftest import INR, Shop


def row(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "form": "tablet", "price": {"amount": 1_000, "currency": INR}, "schedule": "otc", **more}


def batch(shop: Shop, days: int = 90, packs: int = 5, number: str = "B1") -> dict[str, Any]:
    return {"number": number, "expires_on": shop.day(days), "quantity": packs}


async def problems(shop: Shop, *rows: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidParams) as refused:
        await shop.pharmacist.call("stock.import", rows=list(rows))
    page = await shop.pharmacist.call("medicine.list", pharmacy_id=shop.id, count=True)
    assert page["total"] == 0, "nothing was written"
    return [field.path for field in refused.value.fields]


async def test_every_wrong_field_of_every_row_is_named_and_nothing_is_written(shop: Shop, technician: Caller) -> None:
    with pytest.raises(NotFound):
        await technician.call("stock.import", pharmacy_id=shop.id, rows=[row("A")])
    found = await problems(
        shop,
        row("Right", **batch(shop)),
        row("Late", **batch(shop, days=-1)),
        row("Half", number="B1"),
        row("RIGHT"),
        row("Code", barcode="12345"),
        row("Same code", barcode="12345"),
        row("Cost", cost=500),
    )
    assert found == [
        "$.rows[1].expires_on",
        "$.rows[2].expires_on",
        "$.rows[3].name",
        "$.rows[5].barcode",
        "$.rows[6].cost",
    ]
    assert await problems(shop, row("A"), row("B", pack_size=0)) == ["$.rows[1].pack_size"]
    assert await problems(shop, *(row(f"N{n}") for n in range(201))) == ["$.rows"]


async def test_rows_are_held_against_what_is_there(shop: Shop) -> None:
    await shop.article("Alpha", (90, 1), barcode="11111")
    rows = [row("alpha", **batch(shop, days=91)), row("Beta", barcode="11111")]
    with pytest.raises(InvalidParams) as refused:
        await shop.pharmacist.call("stock.import", rows=rows)
    assert [field.path for field in refused.value.fields] == ["$.rows[0].expires_on", "$.rows[1].barcode"]


async def test_two_hundred_rows_come_in_at_once_and_again_as_changes(shop: Shop, anon: Caller) -> None:
    rows = [row(f"Article {n:03}", generic="Thing", low_at=3, **batch(shop, packs=n % 7 + 1)) for n in range(200)]
    assert len(msgspec.json.encode(rows)) < FRAME_BYTES_MAX, "one frame holds them"
    heard: Stock = await topic(shop.node, shop.topic)
    assert await shop.pharmacist.call("stock.import", rows=rows) == {"created": 200, "updated": 0, "received": 200}
    assert (await anon.call("medicine.list", pharmacy_id=shop.id, count=True))["total"] == 200
    changed = [{**one, "price": {"amount": 2_000, "currency": INR}} for one in rows[:2]] + [row("Article 002")]
    again = await shop.pharmacist.call("stock.import", pharmacy_id=shop.id, rows=changed)
    assert again == {"created": 0, "updated": 3, "received": 2}
    (first,) = (await shop.pharmacist.call("stock.list", limit=1))["rows"]
    assert (first["name"], first["physical"], first["low_at"]) == ("Article 000", 2, 3)
    await shop.pharmacist.call("stock.import", rows=[row("Article 006", low_at=90)])  # nothing but that it is low
    changes = [data["change"] for _, data in await told(shop.node, "catalogue:medicine")]
    assert (changes.count("created"), changes.count("updated")) == (200, 4)
    for _, data in await told(shop.node, shop.topic):
        heard = StockUpdated.apply(heard, msgspec.convert(data, StockUpdated))
    assert heard == await topic(shop.node, shop.topic)
    assert len(heard.lines) == 200
