"""The whole way over real sockets: she asks, an administrator answers, she confirms, the pharmacy hands over.

H-135, H-279, H-280, H-138, H-204, H-189, H-123 (what goes back); H-305 to H-311 as they are heard.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from carewire.client import Client, Event, Snapshot
from carewire.gateway import server
from carewire.store.db import Database
from channels.directory.demo import PHARMACY
from channels.identity import demo
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD, PRIYA_PATIENT
from tests.channels.request.conftest import HOME
from tests.conftest import Connect
from tests.people import log_in


class Listener:
    """One topic on one socket: the snapshot, then what happens."""

    def __init__(self, client: Client, name: str) -> None:
        self.client, self.name = client, name

    async def begin(self) -> Any:
        self.stream = await self.client.subscribe(self.name)
        first = await anext(self.stream)
        assert isinstance(first, Snapshot)
        return first.value

    async def hears(self, name: str) -> Any:
        """The next event, which is of this name."""
        told = await anext(self.stream)
        assert isinstance(told, Event), self.name
        assert told.name == name, self.name
        return told.data


async def test_from_a_wish_to_four_digits_at_the_counter(
    seeded: None, gateway: server.Running, connect: Connect, db: Database
) -> None:
    priya, admin, pharmacist = await connect(), await connect(), await connect()
    await log_in(priya, demo.PRIYA.phone)
    await log_in(pharmacist, demo.PHARMACIST.phone)
    await admin.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    await pharmacist.command("pharmacy.update", pharmacy_id=str(PHARMACY), served_postal_codes=[HOME["postal_code"]])
    article = await pharmacist.command(
        "medicine.create",
        name="Cetirizine Test",
        form="tablet",
        schedule="otc",
        price={"amount": 4_000, "currency": "INR"},
    )
    day = (datetime.now(UTC) + timedelta(days=300)).date().isoformat()
    await pharmacist.command("stock.receive", medicine_id=article["id"], number="B1", expires_on=day, quantity=5)
    quotes = Listener(pharmacist, f"quotes:{PHARMACY}")
    desk = Listener(pharmacist, f"orders_at:{PHARMACY}")
    await quotes.begin()
    await desk.begin()

    asked = await priya.command(
        "request.create", **HOME, patient_id=str(PRIYA_PATIENT), lines=[{"name": "Cetirizine", "quantity": 2}],
        fulfilment="pickup",
    )  # fmt: skip
    hers = Listener(priya, f"request:{asked['id']}")
    board = Listener(admin, f"requests:{asked['id'][-1]}")
    assert (await hers.begin())["state"] == "created"
    assert [one["id"] for one in (await board.begin())["requests"]] == [asked["id"]]
    await admin.command("request.accept", request_id=asked["id"])
    assert (await hers.hears("request:accepted"))["request"]["state"] == "accepted"
    await board.hears("request:accepted")
    answered = await admin.command(
        "request.respond",
        request_id=asked["id"],
        quotes=[{"place_id": str(PHARMACY), "lines": [{"item_id": article["id"], "quantity": 2}]}],
        valid_until=(datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    )
    bill = (await hers.hears("request:responded"))["request"]["bill"]
    assert bill["total"]["amount"] == 8_000
    assert (await quotes.hears("request:responded"))["quote"]["part"]["total"]["amount"] == 8_000
    await priya.command(
        "request.confirm", request_id=asked["id"], bill_id=answered["bill"]["id"], payment_mode="counter"
    )
    confirmed = await hers.hears("request:confirmed")
    order_id = confirmed["request"]["bill"]["parts"][0]["order_id"]
    assert (await quotes.hears("request:confirmed"))["quote"]["part"]["order_id"] == order_id
    assert (await desk.hears("order:created"))["order"]["id"] == order_id

    order = Listener(priya, f"order:{order_id}")
    assert (await order.begin())["state"] == "created"
    await pharmacist.command("order.confirm", order_id=order_id)
    assert (await order.hears("order:confirmed"))["order"]["state"] == "confirmed"
    for state in ("preparing", "ready"):
        await pharmacist.command("order.set_status", order_id=order_id, status=state)
        assert (await order.hears("order:status:updated"))["order"]["state"] == state
    taken = await pharmacist.command(
        "payment.take", about="order", about_id=order_id, money={"amount": 8_000, "currency": "INR"}, means="cash"
    )
    assert taken["answer"] == {"outcome": "applied"}
    assert (await order.hears("order:status:updated"))["order"]["paid"]["amount"] == 8_000
    code = (await priya.query("order.get", order_id=order_id))["handover_code"]
    await pharmacist.command("order.set_status", order_id=order_id, status="collected", code=code)
    assert (await order.hears("order:status:updated"))["order"]["state"] == "collected"
    assert (await hers.hears("request:updated"))["request"]["state"] == "closed"
    async with db.snapshot() as tx:
        row = await tx.fetchrow("SELECT physical, held FROM stock WHERE medicine_id = $1::uuid", article["id"])
    assert dict(row) == {"physical": 3, "held": 0}

    # A second one, of which a part is taken off: what was paid for it goes back over the same counter.
    till = Listener(pharmacist, f"refunds:{PHARMACY}")
    assert (await till.begin())["refunds"] == []
    second = await priya.command(
        "order.create", place_id=str(PHARMACY), items=[{"item_id": article["id"], "quantity": 2}], fulfilment="pickup",
        postal_code=HOME["postal_code"], patient_id=str(PRIYA_PATIENT),
    )  # fmt: skip
    await pharmacist.command(
        "payment.take", about="order", about_id=second["id"], money={"amount": 8_000, "currency": "INR"}, means="cash"
    )
    cut = {"order_id": second["id"], "line_id": second["lines"][0]["id"], "count": 1}
    await priya.command("order.cancel_line", **cut, reason="one will do")
    due = (await till.hears("refund:due"))["refund"]
    assert (due["money"]["amount"], due["number"]) == (4_000, second["number"])
    handed = await pharmacist.command("payment.hand_back", refund_id=due["id"], means="cash")
    assert (await till.hears("refund:handed"))["refund"] == handed
    await till.stream.close()
    assert (await till.begin())["refunds"] == []
