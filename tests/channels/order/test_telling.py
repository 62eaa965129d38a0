"""Snapshot + events = fresh snapshot, of every topic of an order and of a quoted request, for every event there is.

H-065, H-078, H-305, H-306, H-307 (order:created, order:status:updated, order:confirmed), H-310, H-311.
"""

from typing import Any

import msgspec

from channels.order import events as order_events
from channels.order.events import SHOWN, Board
from channels.order.views import OrderView
from channels.request import events as request_events
from channels.request.events import SHOWN as QUOTES_SHOWN
from channels.request.events import Quotes
from channels.request.views import RequestView
from tests.channels.callers import told
from tests.channels.order.test_waiting import swap
from tests.channels.queue.conftest import topic
from tests.channels.request.market import Market

KINDS = {
    (kind.spec.name, kind.spec.pattern.prefix): kind for kind in (*order_events.TELLS, *request_events.TELLS)
}  # fmt: skip


class Ear:
    """One listener of a topic, from a snapshot on: what it heard is what a newcomer would be shown."""

    def __init__(self, market: Market, name: str, snapshot: Any, heard: int = 0) -> None:
        self.market, self.name, self.snapshot, self.heard = market, name, snapshot, heard
        self.names: set[str] = set()

    async def check(self) -> None:
        for said, data in (await told(self.market.node, self.name))[self.heard :]:
            kind: Any = KINDS[said, self.name.partition(":")[0]]
            self.snapshot = kind.apply(self.snapshot, msgspec.convert(data, kind))
            self.names.add(said)
            self.heard += 1
        assert self.snapshot == await topic(self.market.node, self.name), self.name


async def test_what_is_heard_of_an_order_from_quote_to_end_is_what_stands(market: Market) -> None:
    asked = await market.ask()
    request = Ear(market, f"request:{asked['id']}", msgspec.convert(asked, RequestView), 2)
    quoted = Ear(market, f"quotes:{market.here.id}", Quotes(place_id=market.here.id, most=QUOTES_SHOWN, quotes=[]))
    here = Ear(market, f"orders_at:{market.here.id}", Board(place_id=market.here.id, most=SHOWN, orders=[]))
    there = Ear(market, f"orders_at:{market.there.id}", Board(place_id=market.there.id, most=SHOWN, orders=[]))
    ears = [request, quoted, here, there]

    async def all_check() -> None:
        for ear in ears:
            await ear.check()

    first = await market.respond(asked)
    await all_check()
    await market.admin.call("request.withdraw_bill", request_id=first["id"], reason="once more")
    await all_check()
    confirmed = await market.confirm(await market.respond(asked))
    order_id = confirmed["bill"]["parts"][0]["order_id"]
    made = (await market.see(order_id))["order"]
    order = Ear(
        market, f"order:{order_id}", msgspec.convert(made, OrderView), len(await told(market.node, f"order:{order_id}"))
    )
    ears.append(order)
    await all_check()
    await market.here.pharmacist.call("order.reject", order_id=order_id, reason="out of it")
    await all_check()
    given = {"order_id": order_id, "place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
    await market.admin.call("order.reoffer", **given)
    await all_check()
    await market.pay_order(order_id, made["total"]["amount"])
    await all_check()
    for state in ("confirmed", "preparing"):
        await market.there.pharmacist.call("order.set_status", order_id=order_id, status=state)
        await all_check()
    line_id = made["lines"][0]["id"]
    cut = {"order_id": order_id, "line_id": line_id, "count": 1, "reason": "broken"}
    await market.there.pharmacist.call("order.cancel_line", **cut)
    await all_check()
    await market.priya.call("order.cancel", order_id=order_id)
    await market.settle()
    await all_check()
    assert request.names == {"request:responded", "request:updated", "request:confirmed"}
    assert quoted.names == {"request:responded", "request:updated", "request:confirmed"}
    assert order.names == {"order:status:updated", "order:confirmed"}
    assert here.names | there.names == {"order:created", "order:confirmed", "order:status:updated"}
    assert (here.snapshot.orders, there.snapshot.orders, quoted.snapshot.quotes) == ([], [], [])
    name = (await told(market.node, f"order:{order_id}"))[0][0]
    assert name == "order:created"
