"""What a request and an order keep of a person goes with her, and is in what she may take along."""

import msgspec

from carewire import personal
from carewire.personal import Subject
from channels.identity.demo import PRIYA, PRIYA_PATIENT
from tests.channels.callers import rows
from tests.channels.request.market import Market


async def test_address_number_and_words_go_and_the_bill_stays_a_bill(market: Market) -> None:
    asked = await market.ask(notes="ring twice", phone="+919812345678")
    confirmed = await market.confirm(await market.respond(asked))
    order_id = confirmed["bill"]["parts"][0]["order_id"]
    hers = Subject(accounts=[PRIYA.account_id], patients=[PRIYA_PATIENT])
    async with market.node.db.snapshot() as tx:
        assert await personal.is_underway(tx, hers), "an order on its way is waited for"
        taken_along = msgspec.json.encode(await personal.export(tx, hers)).decode()
    for word in ("7 Lake Road", "+919812345678", "ring twice", order_id):
        assert word in taken_along
    await market.move(order_id, "confirmed", "preparing", "ready", "out_for_delivery", "delivered")
    await market.settle()
    async with market.node.db.transaction() as tx:
        remains = await personal.erase(tx, hers, market.now)
    assert {"request", "orders", "order_line"} <= {one.table for one in remains}
    for table in ("request", "request_line", "request_step", "bill", "bill_part", "orders", "order_line", "order_step"):
        left = str([dict(row) for row in await rows(market.node, f"SELECT * FROM {table}")])
        for word in ("7 Lake Road", "+919812345678", "ring twice", PRIYA.name, "Paracetamol 500 mg"):
            assert word not in left, table
    (bill,) = await rows(market.node, "SELECT total, state FROM bill")
    assert (bill["total"], bill["state"]) == (confirmed["bill"]["total"]["amount"], "confirmed")
