"""What may be sold at a counter: by its schedule, on paper, by a pharmacist; and how much a shelf holds.

Ledger: H-027. PRODUCT 28; Drugs Rules 1945, rule 65.
"""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from carewire.errors import Forbidden, InvalidParams
from channels.stock.errors import PrescriptionNeeded, Restricted, ShelfFull
from tests.channels.callers import rows
from tests.channels.stock.conftest import OWNER, Shop


def paper(shop: Shop, ahead: int = -1) -> Any:
    """What the pharmacist copies into the register."""
    written = (date.fromisoformat(shop.day(0)) + timedelta(days=ahead)).isoformat()
    return {
        "prescriber": "Dr. Rao", "prescriber_address": "4 Hill Road", "patient": "Meena", "written_on": written,
    }  # fmt: skip


async def sell(shop: Shop, *articles: Any, **more: Any) -> Any:
    lines = [{"medicine_id": str(one), "quantity": 1} for one in articles]
    return await shop.pharmacist.call("stock.sell", pharmacy_id=shop.id, lines=lines, **more)


async def become_pharmacist(shop: Shop) -> None:
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, 'pharmacist', $3)",
            OWNER.account_id,
            shop.id,
            ctx.now,
        )
    )


async def test_schedule_x_and_narcotics_are_never_sold_also_not_by_the_database(shop: Shop) -> None:
    free = await shop.article("Paracetamol", (90, 5))
    for schedule in ("x", "narcotic"):
        one = await shop.article(f"Never {schedule}", (90, 5), schedule=schedule)
        with pytest.raises(Restricted) as no:
            await sell(shop, free, one, paper=paper(shop))
        assert no.value.data["lines"] == [f"Never {schedule}"]
        kept = await shop.hold((one, 1))
        with pytest.raises(Restricted):
            await shop.sell(kept.id)
    assert await shop.stands(free) == (5, 0)


async def test_what_needs_a_prescription_is_sold_by_a_pharmacist_on_a_paper_of_this_year(shop: Shop) -> None:
    one = await shop.article("Amoxicillin", (90, 5), schedule="h1")
    with pytest.raises(PrescriptionNeeded) as no:
        await sell(shop, one)
    assert no.value.data["lines"] == ["Amoxicillin"]
    with pytest.raises(Forbidden):
        await sell(shop, one, paper=paper(shop))  # its owner is no pharmacist
    await become_pharmacist(shop)
    for wrong in (1, -367):
        with pytest.raises(InvalidParams):
            await sell(shop, one, paper=paper(shop, wrong))
    kept = await shop.hold((one, 1))
    with pytest.raises(PrescriptionNeeded):
        await shop.sell(kept.id)  # whatever the code believes
    assert await shop.stands(one) == (5, 1)
    await sell(shop, one, paper=paper(shop, 0))
    assert await shop.stands(one) == (4, 1)


async def test_the_register_is_read_by_pharmacists_only_each_look_is_in_the_audit_and_it_stays(shop: Shop) -> None:
    one, free = await shop.article("Amoxicillin", (90, 5), schedule="h1"), await shop.article("Zinc", (90, 5))
    await become_pharmacist(shop)
    sale = await sell(shop, one, free, paper=paper(shop))
    await sell(shop, free, paper=paper(shop))  # nothing needs it, so nothing of it is kept
    moved = (await shop.pharmacist.call("stock.movements", pharmacy_id=shop.id, medicine_id=str(one)))["rows"]
    assert [(row["kind"], row["paper"]) for row in moved] == [("sell", paper(shop)), ("receive", None)]
    assert len(await rows(shop.node, "SELECT 1 FROM stock_paper")) == 1
    looks = await rows(shop.node, "SELECT why FROM audit WHERE kind = 'read' AND noun = 'stock_paper'")
    assert [row["why"] for row in looks] == ["register"]
    await shop.run(lambda ctx: ctx.tx.execute("UPDATE membership SET until = $1 WHERE duty = 'pharmacist'", ctx.now))
    moved = (await shop.pharmacist.call("stock.movements", pharmacy_id=shop.id, medicine_id=str(one)))["rows"]
    assert (moved[0]["hold_id"], moved[0]["paper"]) == (sale["id"], None)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with shop.node.db.transaction() as tx:
            await tx.execute("DELETE FROM stock_paper")


async def test_a_shelf_is_full_at_a_million_packs_and_can_be_sold_down(shop: Shop) -> None:
    one = await shop.article("Paracetamol", *[(90, 100_000)] * 10)
    (batch,) = (await shop.pharmacist.call("stock.list", pharmacy_id=shop.id, limit=1))["rows"]
    sale = await sell(shop, one)
    with pytest.raises(ShelfFull):
        await shop.receive(one, "B1", 90, 2)
    with pytest.raises(ShelfFull):
        await shop.pharmacist.call("stock.adjust", batch_id=batch["id"], quantity=2, reason="counted")
    await shop.receive(one, "B1", 90, 1)
    with pytest.raises(ShelfFull):
        await shop.pharmacist.call(
            "stock.take_back",
            hold_id=sale["id"],
            lines=[{"medicine_id": str(one), "quantity": 1}],
            sellable=True,
        )
    assert await shop.stands(one) == (1_000_000, 0)
