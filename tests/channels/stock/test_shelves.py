"""What a pharmacy's people do with their stock and hear of it, and what time does to it.

Ledger: H-027.
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.bus.join import SNAPSHOT_BYTES_MAX
from carewire.command import Ctx
from carewire.errors import Forbidden, InvalidParams, NotFound, Unauthenticated
from channels.stock.errors import BatchDiffers, HoldOver, NotSold, OutOfStock
from channels.stock.events import Stock, StockUpdated
from channels.stock.expiry import hold_overdue, stock_day, stock_expired
from channels.stock.jobs import HoldOverdue, StockDay, StockExpired
from channels.stock.medicines import ARTICLES_MAX
from tests.channels.callers import Caller, rows, told
from tests.channels.queue.conftest import topic
from tests.channels.stock.conftest import Shop
from tests.patience import PATIENCE_S


async def test_strangers_find_no_shelf_and_patients_have_none(
    shop: Shop, technician: Caller, priya: Caller, anon: Caller
) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    (batch,) = (await shop.pharmacist.call("stock.list"))["rows"]
    asks: list[tuple[str, dict[str, Any]]] = [
        ("stock.receive", {"medicine_id": one, "number": "X", "expires_on": shop.day(9), "quantity": 1}),
        ("stock.adjust", {"batch_id": batch["id"], "quantity": -1, "reason": "lost"}),
        ("stock.set_threshold", {"medicine_id": one, "low_at": 3}),
        ("stock.list", {"pharmacy_id": shop.id}),
        ("stock.movements", {"pharmacy_id": shop.id}),
    ]
    for method, params in asks:
        for who, refused in ((technician, NotFound), (priya, Forbidden), (anon, Unauthenticated)):
            with pytest.raises(refused):
                await who.call(method, **params)
    with pytest.raises(NotFound):
        await technician.call("stock.list")  # without an id: the only pharmacy, and there is none
    assert await shop.stands(one) == (5, 0)


async def test_a_batch_grows_and_never_changes_its_expiry(shop: Shop) -> None:
    one = await shop.article("Paracetamol")
    first = await shop.receive(one, "B7", 30, 5)
    assert (first["physical"], first["held"], first["expired"], first["cost"]) == (5, 0, False, None)
    more = {"medicine_id": one, "number": "B7", "expires_on": shop.day(30), "quantity": 3, "cost": 1_900}
    again = await shop.pharmacist.call("stock.receive", **more)
    assert (again["id"], again["physical"], again["cost"]) == (first["id"], 8, 1_900)
    with pytest.raises(BatchDiffers) as refused:
        await shop.receive(one, "B7", 31, 1)
    assert refused.value.data == {"expires_on": shop.day(30)}
    with pytest.raises(InvalidParams):
        await shop.receive(one, "B8", -1, 1)
    assert (await shop.receive(one, "B9", 0, 1))["expired"] is False, "on its last day it is sold"


async def test_only_a_count_finds_more_and_what_is_promised_cannot_be_lost(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (30, 5))
    (batch,) = (await shop.pharmacist.call("stock.list"))["rows"]

    async def adjust(quantity: int, reason: str) -> Any:
        return await shop.pharmacist.call("stock.adjust", batch_id=batch["id"], quantity=quantity, reason=reason)

    assert (await adjust(2, "counted"))["physical"] == 7
    for wrong in ((2, "damaged"), (0, "counted")):
        with pytest.raises(InvalidParams):
            await adjust(*wrong)
    kept = await shop.hold((one, 6))
    with pytest.raises(OutOfStock) as refused:
        await adjust(-2, "damaged")
    assert refused.value.data["lines"] == [{"medicine_id": str(one), "wanted": 2, "left": 1}]
    shop.clock.turn(minutes=11)
    assert (await adjust(-2, "damaged"))["physical"] == 5, "what is not promised any more can, before any job ran"
    with pytest.raises(HoldOver):
        await shop.sell(kept.id)


async def test_a_sale_over_the_counter_takes_what_is_not_kept_and_may_come_back(
    shop: Shop, technician: Caller, priya: Caller
) -> None:
    one = await shop.article("Paracetamol", (30, 5), (60, 5))
    await shop.hold((one, 4))

    async def sell(packs: int, who: Caller = shop.pharmacist) -> Any:
        lines = [{"medicine_id": one, "quantity": packs}]
        return await who.call("stock.sell", pharmacy_id=shop.id, lines=lines)

    for who, refused in ((technician, NotFound), (priya, Forbidden)):
        with pytest.raises(refused):
            await sell(1, who)
    with pytest.raises(OutOfStock) as short:
        await sell(7)
    assert short.value.data["lines"][0]["left"] == 6
    sale = await sell(3)
    assert [(part["batch"], part["sold"]) for part in sale["parts"]] == [("B1", 1), ("B2", 2)]
    assert await shop.stands(one) == (7, 4)
    back = {"hold_id": sale["id"], "lines": [{"medicine_id": one, "quantity": 2}], "sellable": True}
    with pytest.raises(NotFound):
        await technician.call("stock.take_back", **back)
    await shop.pharmacist.call("stock.take_back", **back)
    assert await shop.stands(one) == (9, 4)
    with pytest.raises(NotSold):
        await shop.pharmacist.call("stock.take_back", **back)
    moved = (await shop.pharmacist.call("stock.movements", medicine_id=one, limit=3))["rows"]
    assert [(row["kind"], row["hold_id"], row["by_account"] is not None) for row in moved] == [
        ("return", sale["id"], True),
        ("sell", sale["id"], True),
        ("sell", sale["id"], True),
    ]


async def test_the_database_sells_nothing_that_has_expired(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (1, 5))
    kept = await shop.hold((one, 1))

    async def late(ctx: Ctx) -> None:
        await ctx.tx.execute("UPDATE stock_hold_part SET state = 'sold', sold = 1 WHERE hold_id = $1", kept.id)
        await ctx.tx.execute(
            "INSERT INTO stock_movement (pharmacy_id, medicine_id, batch_id, kind, quantity, part_id, at) SELECT"
            " pharmacy_id, medicine_id, batch_id, 'sell', -1, id, $2 FROM stock_hold_part WHERE hold_id = $1",
            kept.id,
            ctx.now,
        )

    shop.clock.turn(days=2)
    with pytest.raises(OutOfStock):
        await shop.run(late)
    shop.clock.turn(days=-1)
    await shop.run(late)
    with pytest.raises(HoldOver):
        await shop.run(late)  # the same part, once more


async def test_a_whole_pharmacy_is_one_snapshot(shop: Shop) -> None:
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO medicine (pharmacy_id, name, form, amount, currency, schedule, created_at)"
            " SELECT $1, 'N' || n, 'gel', 1, 'INR', 'otc', $2 FROM generate_series(1, $3::int) n",
            shop.id,
            ctx.now,
            ARTICLES_MAX,
        )
    )
    await shop.run(lambda ctx: ctx.tx.execute("UPDATE stock SET low_at = 0 WHERE pharmacy_id = $1", shop.id))
    whole = await snapshot(shop)
    assert len(whole.lines) == ARTICLES_MAX
    assert len(msgspec.json.encode(whole)) < SNAPSHOT_BYTES_MAX


async def test_what_moved_is_read_page_by_page_newest_first_with_who_did_it(shop: Shop) -> None:
    one, about = await shop.article("Paracetamol", (30, 5), (60, 5)), uuid4()
    kept = await shop.hold((one, 7), about=about)
    await shop.sell(kept.id)
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await shop.pharmacist.call("stock.movements", pharmacy_id=shop.id, limit=3, **cursor)
        found += page["rows"]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    moved = [(row["kind"], row["number"], row["quantity"], row["balance"]) for row in found]
    assert sorted(moved[:2]) == [("sell", "B1", -5, 0), ("sell", "B2", -2, 3)]
    assert moved[2:] == [("receive", "B2", 5, 5), ("receive", "B1", 5, 5)]
    assert {row["about_id"] for row in found} == {str(about), None}
    assert [row["by_account"] is None for row in found] == [True, True, False, False]
    only = await shop.pharmacist.call("stock.movements", kind="receive", medicine_id=one)
    assert len(only["rows"]) == 2


async def test_batches_come_in_the_order_in_which_they_expire(shop: Shop) -> None:
    await shop.article("Paracetamol", (60, 1), (10, 1))
    await shop.article("Zinc", (30, 1), (90, 1))
    pages, cursor = [], {}
    for _ in range(2):
        page = await shop.pharmacist.call("stock.list", limit=2, **cursor)
        pages.append([(row["name"], row["number"]) for row in page["rows"]])
        cursor = {"cursor": page["cursor"]}
    assert pages == [[("Paracetamol", "B2"), ("Zinc", "B1")], [("Paracetamol", "B1"), ("Zinc", "B2")]]
    soon = await shop.pharmacist.call("stock.list", expires_until=shop.day(30))
    assert len(soon["rows"]) == 2


async def test_running_low_is_told_once_each_time_it_happens(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    await shop.pharmacist.call("stock.set_threshold", medicine_id=one, low_at=2)
    for times in (1, 2):
        kept = await shop.hold((one, 3))
        await shop.sell(kept.id)
        assert [name for name, _ in await shop.facts()] == ["stock.low"] * times
        await shop.sell((await shop.hold((one, 1))).id)
        await shop.receive(one, "B1", 90, 4)
    facts = [body for name, body in await shop.facts() if name == "stock.low"]
    assert len(facts) == 2, "going lower is no news"
    assert all("2" in body and "Paracetamol" in body for body in facts)


async def test_the_night_after_its_last_day_a_batch_is_written_off_and_its_people_are_told(shop: Shop) -> None:
    shop.clock.turn_to_morning()
    one = await shop.article("Paracetamol", (0, 5), (30, 5))
    await shop.hold((one, 2), minutes=1)
    look = [row["name"] for row in await rows(shop.node, "SELECT name FROM job WHERE name = 'stock.expired'")]
    await shop.run(lambda ctx: stock_day(ctx, StockDay()))
    assert [row["name"] for row in await rows(shop.node, "SELECT name FROM job WHERE name = 'stock.expired'")] == look
    await shop.run(lambda ctx: stock_expired(ctx, StockExpired(pharmacy_id=shop.id)))
    assert await shop.stands(one) == (10, 2), "on its last day it is sold"
    shop.clock.turn(days=1)
    with pytest.raises(OutOfStock):
        await shop.hold((one, 6))  # no job ran yet, and nobody sells it
    for _ in range(2):
        await shop.run(lambda ctx: stock_expired(ctx, StockExpired(pharmacy_id=shop.id)))
    assert await shop.stands(one) == (5, 0)
    (gone,) = (await shop.pharmacist.call("stock.movements", kind="expire"))["rows"]
    assert (gone["quantity"], gone["by_account"]) == (-5, None)
    waiting = "SELECT 1 FROM job WHERE name = 'notification.new' AND state = 'open'"
    assert len(await rows(shop.node, waiting)) == 1, "told once, on the product's clock"


async def test_a_days_look_finds_the_pharmacies_that_have_something_to_write_off(shop: Shop) -> None:
    await shop.article("Paracetamol", (0, 5))
    shop.clock.turn(days=1)
    await shop.run(lambda ctx: stock_day(ctx, StockDay()))
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(shop.node, "SELECT 1 FROM job WHERE name = 'stock.expired'"):
            pass


async def test_the_job_clears_a_hold_away_and_leaves_one_that_was_extended(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    kept, longer = await shop.hold((one, 1), minutes=1), await shop.hold((one, 1), minutes=1)
    await shop.extend(longer.id, 60)
    shop.clock.turn(minutes=2)
    for hold_id in (kept.id, longer.id):
        await shop.run(lambda ctx, one=hold_id: hold_overdue(ctx, HoldOverdue(hold_id=one)))  # type: ignore[misc]
    states = await rows(shop.node, "SELECT id, state FROM stock_hold")
    assert {row["id"]: row["state"] for row in states} == {kept.id: "expired", longer.id: "held"}
    assert await shop.stands(one) == (5, 1)


async def test_a_hold_ends_by_itself(shop: Shop) -> None:
    """The real job, on the real clock."""
    one = await shop.article("Paracetamol", (90, 5))
    kept = await shop.hold((one, 1), minutes=0.01)
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(shop.node, "SELECT 1 FROM stock_hold WHERE id = $1 AND state = 'expired'", kept.id):
            pass  # each look is a round trip
    assert await shop.stands(one) == (5, 0)
    assert (await told(shop.node, shop.topic))[-1][1]["cause"] == "release"


async def snapshot(shop: Shop) -> Stock:
    found: Stock = await topic(shop.node, shop.topic)
    return found


async def test_a_snapshot_and_what_was_heard_since_is_what_is(shop: Shop) -> None:
    """Everything that changes stock, one after the other; what a listener makes of it is what a newcomer sees."""
    shop.clock.turn_to_morning()  # what expires today can still be held
    one, two = await shop.article("Paracetamol", (5, 9)), await shop.article("Zinc", (0, 9))
    mine, known = await snapshot(shop), len(await told(shop.node, shop.topic))
    assert [line.physical for line in mine.lines] == [9, 9]
    causes = set()

    async def heard() -> None:
        nonlocal mine, known
        for _, data in (await told(shop.node, shop.topic))[known:]:
            event = msgspec.convert(data, StockUpdated)
            mine, known = StockUpdated.apply(mine, event), known + 1
            causes.add(event.cause)
        assert mine == await snapshot(shop)

    async def threshold(medicine_id: UUID, low_at: int | None) -> None:
        await shop.pharmacist.call("stock.set_threshold", medicine_id=medicine_id, low_at=low_at)

    kept = await shop.hold((one, 2), (two, 3))
    await heard()
    await shop.release(kept.id, (two, 2))
    await heard()
    await shop.extend(kept.id, 50)
    await heard()
    await shop.sell(kept.id)
    await heard()
    await shop.returned(kept.id, (one, 1))
    await heard()
    await threshold(two, 9)
    await heard()
    (batch, _) = (await shop.pharmacist.call("stock.list"))["rows"]
    await shop.pharmacist.call("stock.adjust", batch_id=batch["id"], quantity=-1, reason="recalled")
    await heard()
    over = await shop.hold((one, 4), minutes=1)
    shop.clock.turn(days=1)
    await shop.run(lambda ctx: hold_overdue(ctx, HoldOverdue(hold_id=over.id)))
    await heard()
    await shop.run(lambda ctx: stock_expired(ctx, StockExpired(pharmacy_id=shop.id)))
    await heard()
    await threshold(two, None)
    await heard()
    assert [line.medicine_id for line in mine.lines] == [one], "what is not there and not low has left the list"
    await shop.receive(two, "B2", 9, 1)
    await heard()
    assert causes == {"hold", "release", "sell", "return", "threshold", "adjust", "expire", "receive"}


async def test_nothing_is_told_where_nothing_changed(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    kept = await shop.hold((one, 1))
    await shop.release(kept.id)
    before = len(await told(shop.node, shop.topic))
    await shop.release(kept.id)
    with pytest.raises(OutOfStock):
        await shop.hold((one, 9))
    await shop.extend((await shop.hold((one, 1))).id, 60)
    assert len(await told(shop.node, shop.topic)) == before + 1
