"""The last pack, wanted through every door at once; a bill at the very instant at which it runs out.

H-122 (create), H-280 (respond), H-138 (confirm), H-027 (stock).
"""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from carewire.errors import IllegalMove
from channels.request.errors import BillExpired
from channels.stock.errors import OutOfStock
from tests.channels.callers import rows
from tests.channels.order.test_waiting import swap
from tests.channels.queue.conftest import ProductClock
from tests.channels.request.market import Market

ROUNDS = 6


async def test_the_last_pack_is_had_once_whoever_wants_it_by_whichever_door(market: Market) -> None:
    """A direct order, two bills (one of them a substitute), a till, a loss, and an order that comes from elsewhere."""
    order = random.Random(7)
    await market.stop_jobs()
    asked = [await market.ask(lines=[{"name": "Crocin 500"}]) for _ in range(2)]
    await market.there.receive(market.other_paracetamol, "B1", 400, ROUNDS)
    given: Any = {"place_id": str(market.there.id), "items": [{"item_id": str(market.other_paracetamol)}]}
    for n in range(ROUNDS):
        last = await market.here.article(f"Last {n}", (400, 1), generic="paracetamol", strength="500 mg")
        (batch,) = await rows(market.node, "SELECT id FROM stock_batch WHERE medicine_id = $1", last)
        elsewhere = await market.order(**given)
        await market.there.pharmacist.call("order.reject", order_id=elsewhere["id"], reason="out of it")
        one = market.quote(item=last, packs=1)
        other = market.quote(item=last, packs=1, substitute=True, line_id=asked[1]["lines"][0]["id"])
        line = {"medicine_id": str(last), "quantity": 1}
        doors = [
            market.order(items=[{"item_id": str(last)}]),
            market.order(items=[{"item_id": str(last)}]),
            market.respond(asked[0], one),
            market.respond(asked[1], other),
            market.here.pharmacist.call("stock.sell", pharmacy_id=str(market.here.id), lines=[line]),
            market.here.pharmacist.call("stock.adjust", batch_id=str(batch["id"]), quantity=-1, reason="lost"),
            market.admin.call(
                "order.reoffer", order_id=elsewhere["id"], place_id=str(market.here.id), **swap(elsewhere, last)
            ),
        ]
        order.shuffle(doors)
        answers = await asyncio.gather(*doors, return_exceptions=True)
        assert [type(answer) for answer in answers].count(dict) == 1, answers
        assert {type(answer) for answer in answers} == {dict, OutOfStock}
        physical, held = (await market.stock())[f"Last {n}"]
        assert physical - held == 0, "it is kept, sold or lost"
        await market.check()


class Still(ProductClock):
    """A clock that stands where it was put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def test_at_the_instant_at_which_a_bill_runs_out_it_is_worth_nothing_and_just_before_everything(
    market: Market,
) -> None:
    await market.stop_jobs()
    late, early = await market.answered(hours=1), await market.answered(hours=2)
    ends = [datetime.fromisoformat(one["bill"]["valid_until"]) for one in (late, early)]
    market.clock = market.node.dispatcher.clock = Still(ends[0])
    with pytest.raises(BillExpired):
        await market.confirm(late)
    market.clock = market.node.dispatcher.clock = Still(ends[1] - timedelta(microseconds=1))
    assert (await market.confirm(early))["state"] == "confirmed"
    market.clock = market.node.dispatcher.clock = Still(ends[1])
    await market.settle()
    states = [
        (await market.priya.call("request.get", request_id=one["id"]))["request"]["state"] for one in (late, early)
    ]
    assert states == ["expired", "confirmed"]
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    await market.check()


async def test_of_a_yes_and_the_end_of_a_bill_at_once_one_happens(market: Market) -> None:
    """The job of the end runs while she says yes, in both orders of the two."""
    await market.stop_jobs()
    for n in range(4):
        bill = await market.answered(hours=1)
        market.clock = market.node.dispatcher.clock = Still(datetime.fromisoformat(bill["bill"]["valid_until"]))
        before = Still(market.clock.at - timedelta(microseconds=1))

        async def yes(bill: Any = bill, before: Still = before) -> Any:
            market.node.dispatcher.clock = before
            return await market.confirm(bill)

        first, second = (yes(), market.settle()) if n % 2 else (market.settle(), yes())
        answers = await asyncio.gather(first, second, return_exceptions=True)
        said = answers[0] if n % 2 else answers[1]
        market.node.dispatcher.clock = market.clock
        await market.settle()
        seen = (await market.priya.call("request.get", request_id=bill["id"]))["request"]
        assert seen["state"] == ("confirmed" if isinstance(said, dict) else "expired")
        assert isinstance(said, dict | IllegalMove), said
        for order in (await market.priya.call("order.list", request_id=bill["id"]))["rows"]:
            await market.priya.call("order.cancel", order_id=order["id"])
        await market.settle()
        assert (await market.stock())["Paracetamol 500"] == (10, 0)
        await market.check()
