"""An order that its provider does not take: alarmed in its opening hours, offered to another, else refunded."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from channels.identity import demo
from channels.identity.demo import ADMIN_ID
from channels.order import doors
from channels.order.errors import NotServing, OfferedEnough, OtherItem
from channels.order.waiting import OFFERS_MAX
from channels.stock.errors import OutOfStock
from tests.channels.callers import rows
from tests.channels.order.test_orders import PRICE, TOTAL
from tests.channels.request.conftest import administrator
from tests.channels.request.market import Market


async def alarms(market: Market) -> int:
    """How often the coordinators were told."""
    return len(await rows(market.node, "SELECT 1 FROM job WHERE key LIKE $1", f"notify:{ADMIN_ID}:order.overdue:%"))


def swap(made: Any, item: UUID) -> Any:
    return {"items": [{"line_id": made["lines"][0]["id"], "item_id": str(item)}]}


async def test_the_deadline_counts_only_minutes_in_which_the_provider_is_open(market: Market) -> None:
    here = market.now + timedelta(hours=5, minutes=30)
    shuts = (here + timedelta(minutes=4)).replace(second=0, microsecond=0)
    opens = (here - timedelta(hours=1)).replace(second=0, microsecond=0)
    weekly = [
        {"weekday": day, "opens": opens.time().isoformat(), "closes": shuts.time().isoformat()} for day in range(1, 8)
    ]
    await market.here.pharmacist.call("provider.set_hours", place_id=str(market.here.id), weekly=weekly, holidays=[])
    made = await market.order()
    by = (await market.see(made["id"]))["order"]["accept_by"]
    assert market.now + timedelta(hours=22) < _moment(by) < market.now + timedelta(hours=24)


def _moment(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)


async def test_a_slow_provider_alarms_the_coordinators_and_may_still_accept(market: Market) -> None:
    made = await market.order()
    await market.later(minutes=9)
    assert await alarms(market) == 0
    await market.later(minutes=2)
    assert await alarms(market) == 1
    assert (await market.see(made["id"]))["order"]["alarmed_at"] is not None
    assert (await market.move(made["id"], "confirmed"))["state"] == "confirmed"
    await market.later(minutes=60)
    assert (await market.see(made["id"]))["order"]["state"] == "confirmed"


async def test_each_offer_alarms_anew_and_each_cut_and_each_way_is_told(market: Market) -> None:
    """What happens a second time is told a second time; what she cut herself is not told to her."""
    await market.stop_jobs()
    made = await market.order(packs=3)
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    given = {"order_id": made["id"], "place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
    await market.admin.call("order.reoffer", **given)
    await market.later(minutes=11)
    assert await alarms(market) == 2
    theirs = market.there.pharmacist
    cut = {"order_id": made["id"], "line_id": made["lines"][0]["id"], "reason": "broken", "count": 1}
    await market.priya.call("order.cancel_line", **cut)
    assert await market.facts("order.cut") == []
    await theirs.call("order.cancel_line", **cut)
    for state in ("confirmed", "preparing", "ready", "out_for_delivery", "failed", "out_for_delivery"):
        await theirs.call("order.set_status", order_id=made["id"], status=state, reason="nobody at home")
    for fact, times in (("order.cut", 1), ("order.on_its_way", 2), ("order.confirmed", 1)):
        assert len(await market.facts(fact)) == times, fact
    back = await market.order(packs=1)
    await market.here.pharmacist.call("order.reject", order_id=back["id"], reason="out of it")
    for shop, item in ((market.there, market.other_paracetamol), (market.here, market.paracetamol)):
        given = {"order_id": back["id"], "place_id": str(shop.id), **swap(back, item)}
        await market.admin.call("order.reoffer", **given)
        await shop.pharmacist.call("order.reject", order_id=back["id"], reason="out of it")
    key = f"notify:{demo.PHARMACIST.account_id}:order.offered:{back['id']}%"
    assert len(await rows(market.node, "SELECT 1 FROM job WHERE key LIKE $1", key)) == 2


async def test_what_nobody_takes_is_over_after_half_an_hour_and_refunded_once(market: Market) -> None:
    slow, refused = await market.order(packs=1), await market.order(packs=1)
    for made in (slow, refused):
        await market.pay_order(made["id"], PRICE + 3_000)
    await market.here.pharmacist.call("order.reject", order_id=refused["id"], reason="no time")
    assert (await market.see(refused["id"]))["order"]["ended_at"] is None
    await market.later(minutes=11)
    await market.later(minutes=31)
    for made, state in ((slow, "cancelled"), (refused, "rejected")):
        seen = await market.see(made["id"])
        assert (seen["order"]["state"], seen["order"]["refunded"]["amount"]) == (state, PRICE + 3_000)
        assert [refund["reason"] for refund in seen["refunds"]] == ["no_provider"]
        with pytest.raises(IllegalMove):
            await market.admin.call("order.reoffer", order_id=made["id"], place_id=str(market.there.id), items=[])
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    await market.check()


async def test_offered_to_another_pharmacy_it_costs_what_was_told_and_the_first_sees_it_no_more(market: Market) -> None:
    made = await market.order()
    await market.pay_order(made["id"], TOTAL)
    given: Any = {"order_id": made["id"], "place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
    with pytest.raises(IllegalMove):
        await market.admin.call("order.reoffer", **given)  # it may still accept it in time
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    for who in (market.priya, market.here.pharmacist):
        with pytest.raises(Forbidden):
            await who.call("order.reoffer", **given)
    with pytest.raises(Forbidden):
        await (await administrator(market.node, "content")).call("order.reoffer", **given)
    with pytest.raises(InvalidParams):
        await market.admin.call("order.reoffer", **{**given, "place_id": str(market.here.id)})
    with pytest.raises(InvalidParams):
        await market.admin.call("order.reoffer", **{**given, "items": []})
    zinc = await market.there.article("Zinc", (400, 9))
    with pytest.raises(OtherItem):
        await market.admin.call("order.reoffer", **{**given, **swap(made, zinc)})

    offered = await market.admin.call("order.reoffer", **given)
    assert (offered["place_id"], offered["state"], offered["total"]["amount"]) == (
        str(market.there.id), "created", TOTAL,
    )  # fmt: skip
    stands = await market.stock()
    assert (stands["Paracetamol 500"], stands["Paracip 500"]) == ((10, 0), (3, 2))
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("order.get", order_id=made["id"])
    first, second = demo.PHARMACIST.account_id, market.there.pharmacist.actor
    assert second is not None
    async with market.node.db.snapshot() as tx:
        hears = await doors.since_many(tx, [(first, UUID(made["id"])), (second.id, UUID(made["id"]))])
    assert [since is not None for since in hears] == [False, True]
    ended = "SELECT 1 FROM event WHERE topic = $1 AND name LIKE 'rights%'"
    assert await rows(market.node, ended, f"rights:{first}"), "who listened is looked at again"
    accepted = await market.there.pharmacist.call("order.confirm", order_id=made["id"])
    assert accepted["state"] == "confirmed"
    seen = await market.there.pharmacist.call("order.get", order_id=made["id"])
    assert {step["place_id"] for step in seen["steps"]} == {str(market.there.id)}, "not what went on elsewhere"
    await market.later(minutes=45)
    assert (await market.see(made["id"]))["order"]["state"] == "confirmed", "the first offer's alarm is over"
    await market.check()


async def test_offered_twenty_times_an_order_ends_by_itself_and_is_refunded(market: Market) -> None:
    made = await market.order()
    await market.pay_order(made["id"], TOTAL)
    async with market.node.db.transaction() as tx:
        await tx.execute("UPDATE orders SET offers = $1", OFFERS_MAX)
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    given: Any = {"order_id": made["id"], "place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
    with pytest.raises(OfferedEnough):
        await market.admin.call("order.reoffer", **given)
    with pytest.raises(asyncpg.CheckViolationError):
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE orders SET offers = offers + 1")
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    await market.later(minutes=31)
    seen = await market.see(made["id"])
    assert (seen["order"]["state"], seen["order"]["refunded"]["amount"]) == ("rejected", TOTAL)
    assert seen["order"]["ended_at"] is not None
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    await market.check()


async def test_what_the_other_pharmacy_has_not_got_leaves_the_order_as_it_was(market: Market) -> None:
    made = await market.order(packs=4)
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    with pytest.raises(OutOfStock):
        await market.admin.call(
            "order.reoffer",
            order_id=made["id"],
            place_id=str(market.there.id),
            **swap(made, market.other_paracetamol),
        )
    assert (await market.stock())["Paracetamol 500"] == (10, 4)
    assert (await market.see(made["id"]))["order"]["state"] == "rejected"
    await market.check()


async def test_a_request_ends_when_all_its_orders_have_whole_partly_or_for_nothing(market: Market) -> None:
    async def two() -> tuple[Any, Any, Any]:
        asked = await market.ask()
        quotes = [market.quote(packs=1), market.quote(item=market.other_paracetamol, packs=1, place=market.there.id)]
        confirmed = await market.confirm(await market.respond(asked, *quotes))
        orders = {part["place_id"]: part["order_id"] for part in confirmed["bill"]["parts"]}
        return asked["id"], orders[str(market.here.id)], orders[str(market.there.id)]

    async def deliver(order_id: str, who: Any) -> None:
        for state in ("confirmed", "preparing", "ready", "out_for_delivery", "delivered"):
            code = (await market.see(order_id))["handover_code"] if state == "delivered" else None
            await who.call("order.set_status", order_id=order_id, status=state, **({"code": code} if code else {}))

    async def state_of(request_id: str) -> str:
        await market.settle()
        return str((await market.priya.call("request.get", request_id=request_id))["request"]["state"])

    whole, first, second = await two()
    await deliver(first, market.here.pharmacist)
    assert await state_of(whole) == "confirmed"
    await deliver(second, market.there.pharmacist)
    assert await state_of(whole) == "closed"
    partly, first, second = await two()
    await market.priya.call("order.cancel", order_id=first)
    await deliver(second, market.there.pharmacist)
    assert await state_of(partly) == "partially_fulfilled"
    nothing, first, second = await two()
    for one in (first, second):
        await market.priya.call("order.cancel", order_id=one)
    assert await state_of(nothing) == "cancelled"
    await market.check()


async def test_a_pharmacy_that_lost_its_approval_promises_nothing_new_and_delivers_what_it_promised(
    market: Market,
) -> None:
    """One order in each state on the way; what was not accepted goes to another, the rest is delivered or cancelled."""
    way = ["confirmed", "preparing", "ready", "out_for_delivery"]
    offered, refused, *under_way = [await market.order(packs=1) for _ in range(len(way) + 2)]
    for n, made in enumerate(under_way, 1):
        await market.move(made["id"], *way[:n])
    answered = await market.respond(await market.ask(), market.quote(packs=1))
    async with market.node.db.transaction() as tx:
        await tx.execute("UPDATE place SET approval = 'withdrawn' WHERE id = $1", market.here.id)
    for accept in (
        market.move(offered["id"], "confirmed"),
        market.here.pharmacist.call("order.confirm", order_id=offered["id"]),
        market.confirm(answered),
        market.order(packs=1),
    ):
        with pytest.raises(NotServing) as no:
            await accept
        assert no.value.data["why"] == "not_approved"
    await market.here.pharmacist.call("order.reject", order_id=refused["id"], reason="we may not")
    await market.later(minutes=11)
    for made in (offered, refused):
        given = {"order_id": made["id"], "place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
        await market.admin.call("order.reoffer", **given)
    for n, made in enumerate(under_way, 1):
        if n % 2:
            await market.priya.call("order.cancel", order_id=made["id"])
        else:
            await market.move(made["id"], *way[n:], "delivered")
    await market.settle()
    assert (await market.stock())["Paracetamol 500"] == (8, 1), "the bill keeps its pack until it runs out"
    await market.check()


async def test_her_side_is_told_of_another_provider_and_of_another_maker(market: Market) -> None:
    made = await market.order(packs=1)
    name = made["lines"][0]["name"]
    for shop, item, shown in (
        (market.there, market.other_paracetamol, ("Paracip 500", name)),
        (market.here, market.paracetamol, (name, None)),
    ):
        had = market.here if shop is market.there else market.there
        await had.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
        moved = await market.admin.call("order.reoffer", order_id=made["id"], place_id=str(shop.id), **swap(made, item))
        assert (moved["lines"][0]["name"], moved["lines"][0]["replaces"]) == shown
        assert moved["total"] == made["total"]
    assert len(await market.facts("order.moved")) == 2
    await market.check()


async def test_what_the_doctor_wants_of_one_maker_is_not_re_offered_as_anothers(market: Market) -> None:
    paper = await market.prescribe(medicine="Glycomet 500", generic="Metformin", substitution=False)
    wanted = {"item_id": str(market.metformin), "prescription_line_id": paper["lines"][0]["id"]}
    made = await market.order(items=[wanted], prescription_id=paper["id"])
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    with pytest.raises(OtherItem) as no:
        await market.admin.call(
            "order.reoffer", order_id=made["id"], place_id=str(market.there.id), **swap(made, market.more["there"])
        )
    assert no.value.data["lines"] == ["Glycomet 500"]
    await market.check()


async def test_what_was_to_be_paid_online_and_was_not_is_told_and_free_again(market: Market) -> None:
    """No gateway is there yet: nothing is promised that is not kept, and she may pay at the counter instead."""
    order = await market.order(packs=1, payment_mode="online")
    answered = await market.answered()
    chosen = await market.confirm(answered, "online")
    assert (chosen["state"], chosen["payment_mode"]) == ("responded", "online")
    assert (await market.stock())["Paracetamol 500"] == (10, 3)
    await market.later(hours=3)
    seen = (await market.priya.call("request.get", request_id=answered["id"]))["request"]
    assert (seen["state"], seen["bill"]["state"]) == ("expired", "expired")
    assert (await market.see(order["id"]))["order"]["reason"] == "not paid in time"
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    for told in ("order.unpaid", "request.unpaid"):
        assert len(await market.facts(told)) == 1
    for untrue in ("order.ended", "request.expired"):
        assert await market.facts(untrue) == []
    again = await market.answered()
    await market.confirm(again, "online")
    assert (await market.confirm(again, "counter"))["state"] == "confirmed"
    await market.check()
