"""What came through a gateway and goes back: there, each refund once, never more than came; and a bank that refuses it.

H-117, H-123, H-138, M-157, M-381; PRODUCT 22, 33; decision 0170.
"""

from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from carewire.errors import Forbidden, NotFound
from carewire.jobs.job import Trip
from channels.identity import demo as people
from channels.payment.asking import send_back
from channels.payment.errors import NothingOwed
from channels.payment.jobs import RefundWanted
from tests.channels.callers import Caller, rows
from tests.channels.payment.till import Till
from tests.channels.queue.conftest import admin_of
from tests.channels.request.conftest import admin, market, pharmacist
from tests.channels.request.market import Market
from tests.providers.fakes import BREAK_OFF

__all__ = ["admin", "market", "pharmacist"]


async def called_off(till: Till, by: Caller) -> Any:
    """A visit that was paid and is called off by the clinic: all of it is due back."""
    visit = await till.booked()
    payment = await till.ready(visit)
    await till.paid(payment)
    await by.call("appointment.cancel", appointment_id=visit["id"], reason="other")
    return payment


async def test_what_the_clinic_calls_off_goes_back_where_it_came_from(till: Till, desk: Caller) -> None:
    payment = await called_off(till, desk)
    assert await till.refunds() == [(50_000, "cancelled", "due")]
    assert till.fake.refunds == {}, "nothing leaves the house inside of a command"
    await till.settle()
    ((_, refund),) = till.fake.refunds.items()
    assert (refund["amount"], refund["payment_intent"]) == (50_000, await till.intent(payment))
    seen = await till.see(payment)
    assert (seen["state"], seen["refunded"]["amount"], seen["refund_reason"]) == ("refunded", 50_000, None)
    assert await rows(till.node, "SELECT FROM counter_refund") == []
    assert len(await rows(till.node, "SELECT FROM job WHERE key LIKE '%payment.goes_back%'")) == 1
    await till.check()


async def test_a_gateway_that_is_away_or_silent_sends_it_back_once(till: Till, desk: Caller) -> None:
    await called_off(till, desk)
    for trouble in (503, BREAK_OFF, 500, BREAK_OFF):
        till.fake.next.append(trouble)
        await till.settle()
    till.fake._keys.clear()  # it takes a day to come back, and has forgotten our keys
    await till.settle()
    assert await till.refunds() == [(50_000, "cancelled", "sent")]
    assert len(till.fake.refunds) == 1
    await till.check()


async def test_a_node_that_dies_with_the_refund_in_its_hand_sends_it_back_once(till: Till, desk: Caller) -> None:
    await called_off(till, desk)
    ((row, _),) = [one for one in await till.executor().claim_due(50) if one[0].name == "payment.refund_wanted"]
    clock, node = till.node.clock, till.node
    trip = Trip(
        ref=row.id, doubtful=False, now=clock.now(), real_now=clock.real_now(), settings=node.settings, db=node.db
    )
    assert await send_back(trip, msgspec.json.decode(row.payload, type=RefundWanted)) is not None
    assert await till.refunds() == [(50_000, "cancelled", "due")]
    await till.at_once()
    await till.settle()
    assert await till.refunds() == [(50_000, "cancelled", "sent")]
    assert len(till.fake.refunds) == 1


async def test_a_bank_that_does_not_take_it_back_is_told_to_who_minds_the_money(till: Till, desk: Caller) -> None:
    payment = await called_off(till, desk)
    await till.settle()
    ((_, refund),) = till.fake.refunds.items()
    sent = till.fake.event("refund.updated", refund)
    bounced = till.fake.event("refund.failed", refund | {"status": "failed"})
    other = till.fake.event("refund.failed", refund | {"id": "re_other", "status": "failed"})
    assert await till.hear(other) == "unknown"
    assert [await till.hear(body) for body in (bounced, bounced, sent)] == ["done", "repeated", "done"]
    assert await till.refunds() == [(50_000, "cancelled", "failed")]
    seen = await till.see(payment)
    assert (seen["state"], seen["refunded"]["amount"]) == ("completed", 0)
    assert len(await rows(till.node, "SELECT FROM job WHERE key LIKE '%payment.refund_failed%'")) == 1
    await till.settle()
    assert len(till.fake.refunds) == 1, "a person decides what becomes of it"
    await till.check()


@pytest_asyncio.fixture
async def shop(till: Till, market: Market) -> Market:
    """Her orders; they are on the till's node."""
    market.priya = till.priya
    return market


async def test_of_an_order_what_is_cut_goes_back_in_parts_and_the_rest_when_it_is_given_up(
    till: Till, shop: Market
) -> None:
    made = await shop.order(3, payment_mode="online")
    till.node.dispatcher.clock = shop.clock
    payment = await till.ready(made, money={"amount": made["total"]["amount"], "currency": "INR"}, noun="order")
    assert await till.paid(payment) == "done"
    assert (await shop.see(made["id"]))["order"]["paid"]["amount"] == made["total"]["amount"]
    line = made["lines"][0]
    for _ in range(2):
        await shop.priya.call("order.cancel_line", order_id=made["id"], line_id=line["id"], count=1, reason="less")
        await till.settle()
    seen = await till.see(payment)
    assert (seen["state"], seen["refunded"]["amount"]) == ("partially_refunded", 2 * line["unit_price"]["amount"])
    await shop.priya.call("order.cancel", order_id=made["id"], reason="other")
    await till.settle()
    await till.settle()
    assert (await till.see(payment))["state"] == "refunded"
    assert sum(refund["amount"] for refund in till.fake.refunds.values()) == made["total"]["amount"]
    ((refunded,),) = await rows(till.node, "SELECT refunded FROM orders WHERE id = $1", UUID(made["id"]))
    assert refunded == made["total"]["amount"]
    await shop.check()
    await till.check()


async def test_a_bill_paid_online_becomes_orders_and_what_one_of_them_gives_back_goes_through_the_gateway(
    till: Till, shop: Market, pharmacist: Caller
) -> None:
    till.node.dispatcher.clock = shop.clock
    answered = await shop.answered()
    total = {"amount": answered["bill"]["total"]["amount"], "currency": "INR"}
    with pytest.raises(NothingOwed):
        await till.begin(answered, total, noun="request")
    await shop.confirm(answered, "online")
    with pytest.raises(NotFound):  # whoever was asked for a price does not learn at her counter whose bill it is
        await pharmacist.call("payment.owed", about="request", about_id=answered["id"])
    payment = await till.ready(answered, money=total, noun="request")
    assert payment["expires_at"] <= answered["bill"]["valid_until"]
    assert [await till.paid(payment), await till.paid(payment)] == ["done", "done"]
    assert (await till.see(payment))["refund_reason"] is None
    (order,) = (await shop.priya.call("order.list"))["rows"]
    assert order["paid"]["amount"] == total["amount"]
    await shop.priya.call("order.cancel", order_id=order["id"], reason="other")
    await till.settle()
    await till.settle()
    assert (await till.see(payment))["state"] == "refunded"
    assert [refund["amount"] for refund in till.fake.refunds.values()] == [total["amount"]]
    await shop.check()
    await till.check()


async def test_money_for_a_bill_that_ran_out_meanwhile_goes_back_and_makes_no_order(till: Till, shop: Market) -> None:
    till.node.dispatcher.clock = shop.clock
    answered = await shop.answered(hours=1)
    await shop.confirm(answered, "online")
    total = {"amount": answered["bill"]["total"]["amount"], "currency": "INR"}
    payment = await till.ready(answered, money=total, noun="request")
    shop.clock.turn(hours=1, minutes=1)
    assert await till.paid(payment) == "done"
    assert (await till.see(payment))["refund_reason"] == "expired"
    await till.settle()
    assert (await till.see(payment))["state"] == "refunded"
    assert (await shop.priya.call("order.list"))["rows"] == []
    await till.check()


async def test_who_minds_the_money_finds_what_goes_back_by_the_gateways_names(
    till: Till, desk: Caller, doctor: Caller
) -> None:
    """H-083, H-084, M-275."""
    first, second = await called_off(till, desk), await called_off(till, desk)
    minds = admin_of(till.node)
    for who in (till.priya, desk, doctor):
        with pytest.raises(Forbidden):
            await who.call("payment.gateway_refunds")
    assert {row["state"] for row in (await minds.call("payment.gateway_refunds", state="due"))["rows"]} == {"due"}
    await till.settle()
    page = await minds.call("payment.gateway_refunds", limit=1)
    rest = await minds.call("payment.gateway_refunds", limit=1, cursor=page["cursor"])
    assert rest["cursor"] is None
    found = page["rows"] + rest["rows"]
    assert {row["payment_id"] for row in found} == {first["id"], second["id"]}
    for row in found:
        assert row["intent"] == await till.intent({"id": row["payment_id"]})
        assert till.fake.refunds[row["ref"]]["amount"] == row["money"]["amount"] == 50_000
        assert (row["state"], row["payer_id"]) == ("sent", str(people.PRIYA.account_id))
    assert (await minds.call("payment.gateway_refunds", state="failed"))["rows"] == []


async def test_what_one_has_paid_is_a_list_of_ones_own(till: Till, desk: Caller, doctor: Caller) -> None:
    """H-125, M-210, M-270."""
    back, open_ = await called_off(till, desk), await till.ready(await till.booked())
    await till.settle()
    page = await till.priya.call("payment.attempts", limit=1)
    assert [row["id"] for row in page["rows"]] == [open_["id"]]
    rest = await till.priya.call("payment.attempts", limit=1, cursor=page["cursor"])
    assert ([row["id"] for row in rest["rows"]], rest["cursor"]) == ([back["id"]], None)
    refunded = await till.priya.call("payment.attempts", state="refunded")
    assert [row["id"] for row in refunded["rows"]] == [back["id"]]
    assert (await doctor.call("payment.attempts"))["rows"] == []
