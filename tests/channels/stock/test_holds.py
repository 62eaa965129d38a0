"""Holds: what is kept for a buyer, first expired first out, and worth nothing past its time.

Ledger: H-027 (expiry and quantity of a medicine).
"""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from carewire.errors import Conflict, IllegalMove, NotFound, Unavailable
from channels.stock.errors import HoldOver, NotHeld, NotSold, OutOfStock
from channels.stock.lifecycle import HoldState
from tests.channels.callers import rows
from tests.channels.stock.conftest import Shop


async def test_the_second_buyer_of_the_last_pack_hears_at_once_what_is_left(shop: Shop) -> None:
    one, many = await shop.article("Paracetamol", (90, 1)), await shop.article("Zinc", (90, 50))
    await shop.hold((one, 1))
    with pytest.raises(OutOfStock) as refused:
        await shop.hold((many, 2), (one, 1))
    assert refused.value.data["lines"] == [{"medicine_id": str(one), "wanted": 1, "left": 0}]
    assert refused.value.to_wire()["data"]["retry"] == "never"
    assert await shop.stands(many) == (50, 0), "all or nothing"


async def test_what_expires_first_goes_first_and_a_line_may_be_of_several_batches(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 5), (30, 2), (60, 2))
    kept = await shop.hold((one, 5))
    assert [(part.batch, part.quantity) for part in kept.parts] == [("B2", 2), ("B3", 2), ("B1", 1)]


async def test_a_batch_that_expires_before_the_hold_does_is_not_held(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (0, 3), (90, 1))
    with pytest.raises(OutOfStock) as refused:
        await shop.hold((one, 2), minutes=2 * 1440)
    assert refused.value.data["lines"][0]["left"] == 1
    kept = await shop.hold((one, 1), minutes=2 * 1440)
    assert kept.parts[0].batch == "B2"


async def test_a_hold_that_is_over_stands_in_nobodys_way_before_any_job_ran(shop: Shop) -> None:
    one, two = await shop.article("Paracetamol", (90, 1)), await shop.article("Zinc", (90, 1))
    first = await shop.hold((one, 1), (two, 1), minutes=5)
    shop.clock.turn(minutes=6)
    second = await shop.hold((one, 1))
    assert second.state is HoldState.HELD
    with pytest.raises(HoldOver):
        await shop.sell(first.id)
    with pytest.raises(HoldOver):
        await shop.extend(first.id, 10)
    assert await shop.stands(one) == (1, 1)
    assert await shop.stands(two) == (1, 1), "what nobody needed yet is cleared away by the job"
    sold = await shop.sell(second.id)
    assert sold.state is HoldState.SOLD
    assert await shop.stands(one) == (0, 0)


async def test_the_same_order_holds_once_and_again_when_its_time_was_over(shop: Shop) -> None:
    one, about = await shop.article("Paracetamol", (90, 2)), uuid4()
    await shop.hold((one, 1), about=about, minutes=5)
    with pytest.raises(Conflict):
        await shop.hold((one, 1), about=about)
    shop.clock.turn(minutes=6)
    await shop.hold((one, 2), about=about)
    assert await shop.stands(one) == (2, 2)


async def test_a_hold_is_sold_once_whoever_asks_at_the_same_time(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (90, 4))
    kept = await shop.hold((one, 3))
    told = await asyncio.gather(*(shop.sell(kept.id) for _ in range(5)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in told) == ["Hold", *["HoldOver"] * 4]
    assert await shop.stands(one) == (1, 0)


async def test_of_selling_and_releasing_at_once_one_happens(shop: Shop) -> None:
    for _ in range(10):
        one = await shop.article(f"Article {uuid4()}", (90, 1))
        kept = await shop.hold((one, 1))
        told = await asyncio.gather(shop.sell(kept.id), shop.release(kept.id), return_exceptions=True)
        sold = not isinstance(told[0], BaseException)
        assert isinstance(told[1], IllegalMove) if sold else isinstance(told[0], HoldOver)
        assert await shop.stands(one) == (0 if sold else 1, 0)


async def test_less_than_was_held_is_sold_and_the_rest_goes_back(shop: Shop) -> None:
    one, two = await shop.article("Paracetamol", (30, 2), (90, 5)), await shop.article("Zinc", (90, 5))
    kept = await shop.hold((one, 5), (two, 2))
    with pytest.raises(NotHeld):
        await shop.sell(kept.id, (one, 6))
    sold = await shop.sell(kept.id, (one, 3))
    assert [(part.batch, part.sold) for part in sold.parts if part.medicine_id == one] == [("B1", 2), ("B2", 1)]
    assert await shop.stands(one) == (4, 0)
    assert await shop.stands(two) == (5, 0)


async def test_one_article_of_a_hold_is_given_back_and_the_others_stay(shop: Shop) -> None:
    one, two = await shop.article("Paracetamol", (90, 5)), await shop.article("Zinc", (90, 5))
    kept = await shop.hold((one, 5), (two, 2))
    kept = await shop.release(kept.id, (one, 5))
    assert kept.state is HoldState.HELD
    assert await shop.stands(one) == (5, 0)
    await shop.release(kept.id)
    await shop.release(kept.id)  # again: nothing
    assert (await shop.release(kept.id)).state is HoldState.RELEASED
    assert await shop.stands(two) == (5, 0)


async def test_some_packs_of_a_hold_are_given_back_at_once_those_that_last_longest_first(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (30, 2), (90, 3))
    kept = await shop.hold((one, 5))
    for wrong in (6, 100):
        with pytest.raises(NotHeld):
            await shop.release(kept.id, (one, wrong))
    kept = await shop.release(kept.id, (one, 1))
    assert [(part.batch, part.quantity) for part in kept.held] == [("B1", 2), ("B2", 2)]
    assert await shop.stands(one) == (5, 4)
    await shop.hold((one, 1))  # somebody else has it
    kept = await shop.release(kept.id, (one, 3))
    assert [(part.batch, part.quantity) for part in kept.held] == [("B1", 1)]
    sold = await shop.sell(kept.id)
    assert sum(part.sold for part in sold.parts) == 1
    assert await shop.stands(one) == (4, 1)
    with pytest.raises(IllegalMove):
        await shop.release(kept.id, (one, 1))


async def test_of_a_hold_that_is_over_all_goes_back_whatever_is_asked_for(shop: Shop) -> None:
    one, two = await shop.article("Paracetamol", (90, 2)), await shop.article("Zinc", (90, 2))
    kept = await shop.hold((one, 2), (two, 1), minutes=5)
    shop.clock.turn(minutes=6)
    await shop.hold((one, 2))  # takes over what is worth nothing any more
    gone = await shop.release(kept.id, (one, 1))
    assert gone.state is HoldState.RELEASED
    assert (await shop.stands(one), await shop.stands(two)) == ((2, 2), (2, 0))


async def test_a_longer_hold_moves_to_batches_that_last(shop: Shop) -> None:
    shop.clock.turn_to_morning()
    one = await shop.article("Paracetamol", (0, 2), (90, 1))
    kept = await shop.hold((one, 1), minutes=1)
    assert kept.parts[0].batch == "B1"
    kept = await shop.extend(kept.id, 3 * 1440)
    assert [part.batch for part in kept.held] == ["B2"]
    other = await shop.hold((one, 1), minutes=1)
    with pytest.raises(OutOfStock):
        await shop.extend(other.id, 3 * 1440)
    assert await shop.stands(one) == (3, 2), "who cannot have it longer keeps it as long as it was"
    same = await shop.extend(other.id, 3 * 1440, if_it_lasts=True)
    assert (same.until, same.parts) == (other.until, other.parts)


async def test_what_comes_back_is_sold_again_or_written_off_and_never_more_than_was_sold(shop: Shop) -> None:
    one = await shop.article("Paracetamol", (5, 2), (90, 5))
    kept = await shop.hold((one, 4))
    with pytest.raises(NotSold):
        await shop.returned(kept.id, (one, 1))
    await shop.sell(kept.id)
    await shop.returned(kept.id, (one, 1))
    assert await shop.stands(one) == (4, 0)
    await shop.returned(kept.id, (one, 1), sellable=False)
    assert await shop.stands(one) == (4, 0)
    with pytest.raises(NotSold):
        await shop.returned(kept.id, (one, 3))
    shop.clock.turn(days=10)
    await shop.returned(kept.id, (one, 2))
    assert await shop.stands(one) == (4, 0), "what has expired meanwhile is written off"
    kinds = await rows(shop.node, "SELECT kind, reason FROM stock_movement WHERE medicine_id = $1 ORDER BY id", one)
    back = [("return", None), ("return", None), ("adjust", "unfit"), ("return", None), ("expire", None)]
    assert [tuple(row) for row in kinds][4:] == back


async def test_an_article_of_another_pharmacy_is_not_found_and_one_taken_off_is_not_there(shop: Shop) -> None:
    with pytest.raises(NotFound):
        await shop.hold((uuid4(), 1))
    one = await shop.article("Paracetamol", (90, 5))
    kept = await shop.hold((one, 1))
    await shop.pharmacist.call("medicine.update", medicine_id=one, is_available=False)
    with pytest.raises(OutOfStock):
        await shop.hold((one, 1))
    await shop.extend(kept.id, 30)
    await shop.sell(kept.id)


async def test_the_last_pack_raced_a_thousand_times_is_had_by_one(shop: Shop) -> None:
    """Three buyers for each of a thousand articles with one pack, all at once."""
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "INSERT INTO medicine (pharmacy_id, name, form, amount, currency, schedule, created_at)"
            " SELECT $1, 'Last ' || n, 'tablet', 100, 'INR', 'otc', $2 FROM generate_series(1, 1000) n",
            shop.id,
            ctx.now,
        )
    )
    await shop.run(
        lambda ctx: ctx.tx.execute(
            "WITH b AS (INSERT INTO stock_batch (medicine_id, pharmacy_id, number, expires_on, received_at)"
            "  SELECT id, pharmacy_id, 'B', $1, created_at FROM medicine WHERE name LIKE 'Last %' RETURNING *)"
            " INSERT INTO stock_movement (pharmacy_id, medicine_id, batch_id, kind, quantity, at)"
            " SELECT pharmacy_id, medicine_id, id, 'receive', 1, received_at FROM b",
            (shop.now + timedelta(days=90)).date(),
        )
    )
    found = await rows(shop.node, "SELECT id FROM medicine WHERE name LIKE 'Last %'")
    gate = asyncio.Semaphore(9)
    won: dict[str, int] = {}

    async def buy(medicine_id: str) -> None:
        async with gate:
            while True:
                try:
                    await shop.hold((medicine_id, 1))  # type: ignore[arg-type]
                except OutOfStock:
                    return
                except Unavailable:  # the machine was too busy for this transaction: she asks again, as any client
                    continue
                break
            won[medicine_id] = won.get(medicine_id, 0) + 1

    async with asyncio.TaskGroup() as buyers:  # when one fails, nobody is left to ask for ever
        for row in found:
            for _ in range(3):
                buyers.create_task(buy(row["id"]))
    assert len(won) == 1000
    assert set(won.values()) == {1}
    (sums,) = await rows(
        shop.node,
        "SELECT count(*) AS n, sum(held) AS held, sum(physical) AS physical FROM stock JOIN medicine m"
        " ON m.id = medicine_id WHERE m.name LIKE 'Last %'",
    )
    assert tuple(sums) == (1000, 1000, 1000)


async def test_without_any_lock_the_database_alone_refuses_the_second(shop: Shop, database_url: str) -> None:
    """Two writers that read first and lock nothing: a CHECK says no to the one that comes second."""
    one = await shop.article("Paracetamol", (90, 1))
    (batch,) = await rows(shop.node, "SELECT id FROM stock_batch WHERE medicine_id = $1", one)
    writers = [await asyncpg.connect(database_url) for _ in range(2)]

    async def promise(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        hold_id = await connection.fetchval(
            "INSERT INTO stock_hold (pharmacy_id, about_id, until, created_at)"
            " VALUES ($1, uuidv7(), now() + interval '1 hour', now()) RETURNING id",
            shop.id,
        )
        await connection.execute(
            "INSERT INTO stock_hold_part (hold_id, pharmacy_id, medicine_id, batch_id, quantity)"
            " VALUES ($1, $2, $3, $4, 1)",
            hold_id,
            shop.id,
            one,
            batch["id"],
        )

    try:
        told = await asyncio.gather(*(promise(writer) for writer in writers), return_exceptions=True)
    finally:
        for writer in writers:
            await writer.close()
    (refused,) = [error for error in told if error is not None]
    assert isinstance(refused, asyncpg.CheckViolationError)
    assert refused.constraint_name == "stock_holds_what_is_there"
    assert await shop.stands(one) == (1, 1)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE stock_movement SET quantity = 9", "written once"),
        ("DELETE FROM stock_movement", "written once"),
        ("TRUNCATE stock_movement", "written once"),
        ("UPDATE stock SET physical = 9", "by movements"),
        ("UPDATE stock_batch SET held = 1", "by movements"),
        ("DELETE FROM stock_hold_part", "written once"),
        ("UPDATE stock_hold_part SET state = 'held', sold = 0 WHERE state = 'sold'", "ends once"),
        ("UPDATE stock_hold SET state = 'held', ended_at = NULL WHERE state = 'sold'", "written once"),
    ],
)
async def test_by_hand_nobody_changes_what_happened(shop: Shop, sql: str, says: str, database_url: str) -> None:
    one = await shop.article("Paracetamol", (90, 5))
    await shop.sell((await shop.hold((one, 1))).id)
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match=says):
            await connection.execute(sql)
    finally:
        await connection.close()
