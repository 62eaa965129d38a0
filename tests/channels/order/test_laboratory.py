"""A laboratory's order: its state follows from its tests alone, from the first appointment to the last report.

H-219, H-220, H-221, H-239, H-240, H-241, H-242 (a laboratory's orders), PRODUCT 29.
"""

from typing import Any

import msgspec
import pytest
import pytest_asyncio

from carewire.errors import IllegalMove, InvalidParams, NotFound
from channels.directory.demo import LABORATORY
from channels.identity.demo import PRIYA_PATIENT
from channels.order.errors import OtherItem
from channels.order.views import OrderView
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import POTASSIUM, tomorrow
from tests.channels.order.test_telling import Ear
from tests.channels.request.market import Market

PRICE = POTASSIUM["price"]["amount"]  # type: ignore[index]


@pytest_asyncio.fixture
async def entry(market: Market) -> str:
    """Potassium, in the laboratory's catalogue."""
    return (await market.examine())[1]


async def order(market: Market, entry: str, **more: Any) -> Any:
    given = {
        "place_id": str(LABORATORY), "items": [{"item_id": entry}], "postal_code": "560001", "fulfilment": "visit",
        "patient_id": str(PRIYA_PATIENT), **more,
    }  # fmt: skip
    return await market.priya.call("order.create", **given)


async def state(market: Market, order_id: str) -> str:
    return str((await market.see(order_id))["order"]["state"])


async def test_what_a_laboratory_does_not_offer_or_cannot_do_twice_is_not_ordered(market: Market, entry: str) -> None:
    with pytest.raises(OtherItem):
        await order(market, entry, items=[{"item_id": str(market.paracetamol)}])
    with pytest.raises(InvalidParams):
        await order(market, entry, items=[{"item_id": entry, "quantity": 2}])
    with pytest.raises(InvalidParams):
        await order(market, entry, fulfilment="pickup")


async def test_an_order_follows_its_test_and_nobody_sets_it(market: Market, technician: Caller, entry: str) -> None:
    made = await order(market, entry)
    assert (made["kind"], made["total"]["amount"]) == ("laboratory", PRICE)
    assert await rows(market.node, "SELECT 1 FROM lab_test") == []
    accepted = await technician.call("order.confirm", order_id=made["id"])
    test_id = accepted["lines"][0]["lab_test_id"]
    assert accepted["state"] == "confirmed"
    for wanted in ("sample_collected", "processing", "report_ready", "preparing"):
        with pytest.raises(IllegalMove):
            await technician.call("order.set_status", order_id=made["id"], status=wanted)
    at = tomorrow(market.node).isoformat()
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    assert await state(market, made["id"]) == "sample_scheduled"
    assert (await market.see(made["id"]))["handover_code"] is None
    market.clock.turn(days=2)
    await technician.call("lab_test.miss", lab_test_id=test_id)
    assert await state(market, made["id"]) == "missed"
    at = tomorrow(market.node).isoformat()
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    await technician.call("lab_test.collect", lab_test_id=test_id)
    assert await state(market, made["id"]) == "sample_collected"
    with pytest.raises(IllegalMove):
        await market.priya.call("order.cancel", order_id=made["id"])
    await technician.call("lab_test.begin", lab_test_id=test_id)
    await technician.call("lab_test.reject", lab_test_id=test_id, reason="haemolysed")
    assert await state(market, made["id"]) == "sample_rejected"
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    await technician.call("lab_test.collect", lab_test_id=test_id)
    await technician.call("lab_test.begin", lab_test_id=test_id)
    assert await state(market, made["id"]) == "processing"
    await technician.call("lab_test.submit_result", lab_test_id=test_id, values=[{"analyte": "K", "number": 4.2}])
    seen = await market.see(made["id"])
    assert (seen["order"]["state"], seen["order"]["ended_at"] is not None) == ("report_ready", True)
    assert [step["move"] for step in seen["steps"]] == [
        "create", "offer", "confirm", "schedule", "miss", "schedule", "take_sample", "process", "reject_sample",
        "schedule", "take_sample", "process", "report",
    ]  # fmt: skip
    await market.later(hours=25)
    assert await state(market, made["id"]) == "completed"


async def test_a_paid_test_is_done_though_she_ended_the_relationship(
    market: Market, technician: Caller, entry: str
) -> None:
    """Not even a sample is there yet: whoever paid gets her report, and the order its end."""
    made = await order(market, entry)
    accepted = await technician.call("order.confirm", order_id=made["id"])
    relations = await market.priya.call("relation.list", patient_id=str(PRIYA_PATIENT))
    (relation,) = [one for one in relations if one["place_id"] == str(LABORATORY)]
    await market.priya.call("relation.end", relation_id=relation["id"])
    with pytest.raises(NotFound):
        await technician.call("patient.get", patient_id=str(PRIYA_PATIENT))
    result = {"lab_test_id": accepted["lines"][0]["lab_test_id"], "values": [{"analyte": "K", "number": 4.2}]}
    await technician.call("lab_test.collect", lab_test_id=result["lab_test_id"])
    report = await technician.call("lab_test.submit_result", **result)
    assert await state(market, made["id"]) == "report_ready"
    assert (await market.priya.call("lab_report.get", lab_report_id=report["id"]))["state"] == "published"


async def test_what_is_heard_of_a_laboratorys_order_is_what_stands(
    market: Market, technician: Caller, entry: str
) -> None:
    made = await order(market, entry)
    ear = Ear(
        market,
        f"order:{made['id']}",
        msgspec.convert(made, OrderView),
        len(await told(market.node, f"order:{made['id']}")),
    )
    accepted = await technician.call("order.confirm", order_id=made["id"])
    await ear.check()
    at = tomorrow(market.node).isoformat()
    test_id = accepted["lines"][0]["lab_test_id"]
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    await technician.call("order.cancel_line", order_id=made["id"], line_id=accepted["lines"][0]["id"], reason="broken")
    await market.settle()
    await ear.check()


async def test_what_is_cancelled_before_a_sample_was_taken_cancels_its_tests(
    market: Market, technician: Caller, entry: str
) -> None:
    made = await order(market, entry)
    accepted = await technician.call("order.confirm", order_id=made["id"])
    at = tomorrow(market.node).isoformat()
    test_id = accepted["lines"][0]["lab_test_id"]
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    cancelled = await market.priya.call("order.cancel", order_id=made["id"])
    assert cancelled["state"] == "cancelled"
    await market.settle()
    (row,) = await rows(market.node, "SELECT state, cancel_reason FROM lab_test")
    assert (row["state"], row["cancel_reason"]) == ("cancelled", "order")


async def test_an_order_whose_tests_the_laboratory_cancels_is_over_and_refunded(
    market: Market, technician: Caller, entry: str
) -> None:
    made = await order(market, entry, payment_mode="online")
    await market.pay_order(made["id"], PRICE)
    await technician.call("order.confirm", order_id=made["id"])
    over = await technician.call(
        "order.set_status", order_id=made["id"], status="cancelled", reason="the machine is broken"
    )
    assert over["state"] == "cancelled"
    await market.settle()
    seen = await market.see(made["id"])
    assert seen["order"]["refunded"]["amount"] == PRICE
    (row,) = await rows(market.node, "SELECT state FROM lab_test")
    assert row["state"] == "cancelled"


async def test_what_was_examined_is_not_refunded_with_the_rest(market: Market, technician: Caller, entry: str) -> None:
    other = {**POTASSIUM, "code": "K-TWO", "name": "Potassium once more"}
    second = (await technician.call("lab_catalog.create", laboratory_id=LABORATORY, **other))["id"]
    made = await order(market, entry, items=[{"item_id": entry}, {"item_id": second}], payment_mode="online")
    await market.pay_order(made["id"], 2 * PRICE)
    accepted = await technician.call("order.confirm", order_id=made["id"])
    done, waits = (line["lab_test_id"] for line in accepted["lines"])
    await technician.call("lab_test.submit_result", lab_test_id=done, values=[{"analyte": "K", "number": 4.2}])
    at = tomorrow(market.node).isoformat()
    for planned in (False, True):
        if planned:
            await market.priya.call("lab_test.schedule", lab_test_id=waits, mode="visit", planned_at=at)
        with pytest.raises(IllegalMove) as no:
            await market.priya.call("order.cancel", order_id=made["id"])
        assert "cancel" not in no.value.data["legal"]
        with pytest.raises(IllegalMove):
            await technician.call("order.set_status", order_id=made["id"], status="cancelled", reason="enough")
    assert (await market.see(made["id"]))["order"]["refunded"]["amount"] == 0
    lines = {line["lab_test_id"]: line["id"] for line in accepted["lines"]}
    with pytest.raises(IllegalMove):
        await technician.call("order.cancel_line", order_id=made["id"], line_id=lines[done], reason="enough")
    over = await technician.call("order.cancel_line", order_id=made["id"], line_id=lines[waits], reason="enough")
    assert (over["state"], over["refunded"]["amount"]) == ("report_ready", PRICE)


async def test_a_request_for_tests_becomes_orders_of_laboratories(
    market: Market, technician: Caller, entry: str
) -> None:
    asked = await market.ask(kind="test", fulfilment="visit", lines=[{"name": "Potassium"}])
    quote = {"place_id": str(LABORATORY), "lines": [{"item_id": entry, "line_id": asked["lines"][0]["id"]}]}
    with pytest.raises(InvalidParams):
        await market.respond(asked, market.quote())
    answered = await market.respond(asked, quote)
    assert [row["id"] for row in (await technician.call("request.list", kind="test"))["rows"]] == [asked["id"]]
    confirmed = await market.confirm(answered)
    order_id = confirmed["bill"]["parts"][0]["order_id"]
    await technician.call("order.confirm", order_id=order_id)
    assert len(await rows(market.node, "SELECT 1 FROM lab_test WHERE order_id = $1::uuid", order_id)) == 1
