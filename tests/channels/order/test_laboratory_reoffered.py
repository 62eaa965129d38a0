"""A laboratory's order that goes to another one: the same order, price and payment; who knows her, and what goes back.

H-219, H-239, H-240 (a laboratory's orders), PRODUCT 5, 26, 29.
"""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from carewire.errors import IllegalMove, InvalidParams, NotFound, Refusal
from channels.directory.demo import CLINIC, LABORATORY
from channels.identity import demo
from channels.identity.demo import PRIYA_PATIENT
from channels.lab.errors import NotOffered
from channels.order.errors import NotServing, OtherItem
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import CODE, POTASSIUM, another_laboratory, execute, tomorrow
from tests.channels.lab.test_leaving import knows
from tests.channels.lab.test_walk import added_up
from tests.channels.order.test_laboratory import PRICE, order
from tests.channels.order.test_waiting import alarms
from tests.channels.queue.conftest import as_person, topic
from tests.channels.request.market import Market


class Street:
    """Two laboratories with the same test, and an order of hers at the first."""

    def __init__(self, market: Market, here: Caller, there: Caller, place: UUID, entries: tuple[str, str]) -> None:
        self.market, self.here, self.there, self.place, self.entries = market, here, there, place, entries

    async def order(self, **more: Any) -> Any:
        return await order(self.market, self.entries[0], **more)

    async def reoffer(self, made: Any, item: str | None = None) -> Any:
        swaps = [{"line_id": line["id"], "item_id": item or self.entries[1]} for line in made["lines"]]
        return await self.market.admin.call("order.reoffer", order_id=made["id"], place_id=str(self.place), items=swaps)

    async def refused(self, made: Any) -> None:
        await self.here.call("order.reject", order_id=made["id"], reason="the machine is broken")


@pytest_asyncio.fixture
async def street(market: Market) -> Street:
    here, entry = await market.examine()
    place, there, other = await another_laboratory(market.node)
    return Street(market, here, there, place, (entry, other))


async def asked(market: Market) -> str:
    """Potassium, that Dr. Vikram asked for."""
    test_id = (await rows(market.node, "SELECT gen_random_uuid() AS id"))[0]["id"]
    await execute(
        market.node,
        "INSERT INTO lab_test (id, patient_id, name, doctor_id, place_id, asked_by, asked_at, changed_at)"
        " SELECT $1, $2, 'Potassium', id, $3, account_id, $4, $4 FROM doctor WHERE account_id = $5",
        test_id,
        PRIYA_PATIENT,
        CLINIC,
        market.now,
        demo.VIKRAM.account_id,
    )
    return str(test_id)


async def test_what_is_not_the_same_test_or_not_to_be_had_there_is_not_offered(market: Market, street: Street) -> None:
    made = await street.order()
    with pytest.raises(IllegalMove):  # the first may still accept it in time
        await street.reoffer(made)
    await street.refused(made)
    sodium = {**POTASSIUM, "code": "NA", "name": "Sodium"}
    other = (await street.there.call("lab_catalog.create", laboratory_id=str(street.place), **sodium))["id"]
    for item in (other, street.entries[0], str(market.paracetamol)):
        with pytest.raises(OtherItem):
            await street.reoffer(made, item)
    # Her test is the one she ordered, whatever the first laboratory calls it since.
    await street.here.call("lab_catalog.update", catalogue_id=street.entries[0], name="Sodium")
    with pytest.raises(OtherItem):
        await street.reoffer(made, other)
    await execute(
        market.node, "UPDATE place SET orders_paused_until = $2 WHERE id = $1", street.place, tomorrow(market.node)
    )
    with pytest.raises(NotServing):
        await street.reoffer(made)
    await execute(market.node, "UPDATE place SET orders_paused_until = NULL WHERE id = $1", street.place)
    assert (await street.reoffer(made))["place_id"] == str(street.place)


async def test_it_stays_the_same_order_and_only_who_accepts_it_knows_her(market: Market, street: Street) -> None:
    test_id = await asked(market)
    items = [{"item_id": street.entries[0], "lab_test_id": test_id}]
    made = await street.order(items=items, payment_mode="online")
    await market.pay_order(made["id"], PRICE)
    boards = {place: (f"orders_at:{place}", f"lab_desk:{place}") for place in (LABORATORY, street.place)}
    assert not await knows(street.here)
    assert (await street.here.call("order.get", order_id=made["id"]))["contact"] is None
    await street.refused(made)
    dearer = {"amount": 2 * PRICE, "currency": "INR"}
    await street.there.call("lab_catalog.update", catalogue_id=street.entries[1], price=dearer)
    offered = await street.reoffer(made)
    assert (offered["number"], offered["state"], offered["total"]["amount"]) == (made["number"], "created", PRICE)
    for verb in ("get", "confirm"):
        with pytest.raises(NotFound):
            await street.here.call(f"order.{verb}", order_id=made["id"])
    assert [one.id for one in (await topic(market.node, boards[LABORATORY][0])).orders] == []
    assert [str(one.id) for one in (await topic(market.node, boards[street.place][0])).orders] == [made["id"]]
    assert (await street.there.call("order.get", order_id=made["id"]))["contact"] is None
    assert (await knows(street.here), await knows(street.there)) == (False, False)
    desk = boards[street.place][1]
    before, heard = await topic(market.node, desk), len(await told(market.node, desk))

    accepted = await street.there.call("order.confirm", order_id=made["id"])
    assert (accepted["lines"][0]["lab_test_id"], accepted["total"]["amount"]) == (test_id, PRICE)
    assert (await market.priya.call("lab_test.get", lab_test_id=test_id))["price"]["amount"] == PRICE, "as she was told"
    assert (await street.there.call("order.get", order_id=made["id"]))["contact"]["phone"] is not None
    assert (await knows(street.here), await knows(street.there)) == (False, True)
    with pytest.raises(NotFound):
        await street.here.call("lab_test.get", lab_test_id=test_id)
    assert added_up(desk, before, (await told(market.node, desk))[heard:]) == await topic(market.node, desk)
    assert (await topic(market.node, boards[LABORATORY][1])).tests == []

    at = tomorrow(market.node).isoformat()
    await market.priya.call("lab_test.schedule", lab_test_id=test_id, mode="visit", planned_at=at)
    await street.there.call("lab_test.submit_result", lab_test_id=test_id, values=[{"analyte": "K", "number": 4.2}])
    seen = await market.see(made["id"])
    assert (seen["order"]["state"], seen["order"]["refunded"]["amount"]) == ("report_ready", 0)
    assert {step["place_id"] for step in (await street.there.call("order.get", order_id=made["id"]))["steps"]} == {
        str(street.place)
    }
    await market.later(minutes=50)
    assert (await market.see(made["id"]))["order"]["state"] == "report_ready", "the first offer's alarm is over"
    with pytest.raises(NotFound):
        await street.here.call("lab_report.list", laboratory_id=str(street.place))


async def test_a_slow_laboratory_that_accepts_at_the_last_moment_and_another_never_both_have_it(
    market: Market, street: Street
) -> None:
    for _ in range(4):
        made = await street.order()
        market.clock.turn(minutes=11)
        first, second = await asyncio.gather(
            street.here.call("order.confirm", order_id=made["id"]), street.reoffer(made), return_exceptions=True
        )
        assert sum(isinstance(one, Refusal) for one in (first, second)) == 1
        has = await rows(
            market.node,
            "SELECT o.place_id, count(t.id) AS tests, bool_and(t.laboratory_id = o.place_id) AS same FROM orders o"
            " LEFT JOIN lab_test t ON t.order_id = o.id WHERE o.id = $1 GROUP BY 1",
            UUID(made["id"]),
        )
        if isinstance(second, Refusal):
            assert [(row["place_id"], row["tests"], row["same"]) for row in has] == [(LABORATORY, 1, True)]
        else:
            assert [(row["place_id"], row["tests"]) for row in has] == [(street.place, 0)]


async def test_whom_nobody_takes_is_refunded_once_and_nobody_knows_her(market: Market, street: Street) -> None:
    made = await street.order(payment_mode="online")
    await market.pay_order(made["id"], PRICE)
    await street.refused(made)
    await street.reoffer(made)
    await market.later(minutes=11)
    assert await alarms(market) >= 1
    await market.later(minutes=31)
    seen = await market.see(made["id"])
    assert (seen["order"]["state"], [one["money"]["amount"] for one in seen["refunds"]]) == ("cancelled", [PRICE])
    assert (await knows(street.here), await knows(street.there)) == (False, False)
    assert await rows(market.node, "SELECT 1 FROM lab_test") == []


async def test_a_laboratory_that_gives_an_order_up_after_all_knows_her_no_more(market: Market, street: Street) -> None:
    made = await street.order(payment_mode="online")
    await market.pay_order(made["id"], PRICE)
    await street.here.call("order.confirm", order_id=made["id"])
    (test,) = await rows(market.node, "SELECT id FROM lab_test")
    await execute(
        market.node,
        "INSERT INTO place_opening (place_id, weekday, opens, closes) SELECT $1, d, '07:00', '19:00'"
        " FROM generate_series(1, 7) d",
        LABORATORY,
    )
    home = {"mode": "home", "address": "12 Church Street", "postal_code": CODE}
    await street.here.call("laboratory.set_collection", laboratory_id=str(LABORATORY), minutes=60, capacity=1)
    await execute(market.node, "UPDATE place SET served_postal_codes = $2 WHERE id = $1", LABORATORY, [CODE])
    await market.priya.call(
        "lab_test.schedule", lab_test_id=test["id"], planned_at=tomorrow(market.node).isoformat(), **home
    )
    assert await knows(street.here)
    with pytest.raises(IllegalMove):  # it was accepted
        await street.reoffer(made)
    await street.here.call("order.set_status", order_id=made["id"], status="cancelled", reason="broken")
    await market.settle()
    assert not await knows(street.here)
    assert (await street.here.call("order.get", order_id=made["id"]))["contact"] is None
    (window,) = await rows(market.node, "SELECT taken FROM lab_window")
    assert window["taken"] == 0
    seen = await market.see(made["id"])
    assert [one["money"]["amount"] for one in seen["refunds"]] == [PRICE]


async def test_a_doctors_test_is_ordered_by_its_patient_alone_and_while_it_waits(
    market: Market, street: Street
) -> None:
    test_id = await asked(market)
    items = [{"item_id": street.entries[0], "lab_test_id": test_id}]
    other = as_person(market.node, demo.DESK)
    mine = {"place_id": str(LABORATORY), "postal_code": "560001", "fulfilment": "visit", "items": items}
    with pytest.raises(NotFound):
        await other.call("order.create", **mine)
    first, second = await street.order(items=items), await street.order(items=items)
    await street.here.call("order.confirm", order_id=first["id"])
    with pytest.raises(IllegalMove):  # the other order has it
        await street.here.call("order.confirm", order_id=second["id"])
    with pytest.raises(NotFound):
        await street.order(items=items)
    assert str(PRIYA_PATIENT) == first["patient_id"]


async def test_nobody_comes_home_for_what_is_taken_at_the_laboratory_only(market: Market, street: Street) -> None:
    await street.here.call("lab_catalog.update", catalogue_id=street.entries[0], home_collection=False)
    await execute(market.node, "UPDATE place SET served_postal_codes = $2 WHERE id = $1", LABORATORY, ["560001"])
    at_home = {"fulfilment": "home", "address": "7 Lake Road"}
    with pytest.raises(OtherItem):
        await street.order(**at_home)
    request = await market.ask(kind="test", fulfilment="home", lines=[{"name": "Potassium"}])
    line = request["lines"][0]["id"]
    quote = {"place_id": str(LABORATORY), "lines": [{"item_id": street.entries[0], "line_id": line}]}
    with pytest.raises(OtherItem):
        await market.respond(request, quote)
    await street.order()  # she comes


async def test_a_laboratory_quotes_what_its_catalogue_has_and_once(market: Market, street: Street) -> None:
    request = await market.ask(kind="test", fulfilment="visit", lines=[{"name": "Potassium"}])
    line = {"line_id": request["lines"][0]["id"]}
    money = {"amount": 100, "currency": "INR"}
    typed = {**line, "name": "Something", "unit_price": money, "price_reason": "by hand"}
    for wrong in (typed, {**line, "item_id": street.entries[0], "quantity": 3}):
        with pytest.raises(InvalidParams):
            await market.respond(request, {"place_id": str(LABORATORY), "lines": [wrong]})
    await execute(market.node, "UPDATE lab_catalog SET is_available = false WHERE id = $1", UUID(street.entries[0]))
    with pytest.raises((OtherItem, NotOffered)):
        await market.respond(request, {"place_id": str(LABORATORY), "lines": [{**line, "item_id": street.entries[0]}]})
