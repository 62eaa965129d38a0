"""What was taken at a counter and goes back is due there, is handed back once, and her side hears of both.

H-123, H-189, M-233; PRODUCT 33; decision 0159.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.node import Node
from channels.identity import demo as people
from channels.identity.demo import PRIYA_PATIENT
from channels.order.errors import PaidAtCounter
from channels.payment import refunds
from channels.payment.errors import HandedBack
from channels.payment.refunds import RefundDue, RefundHanded, Refunds
from tests.channels.callers import Caller, rows, told
from tests.channels.order.test_waiting import swap
from tests.channels.queue.conftest import topic
from tests.channels.request.conftest import admin, market, pharmacist, priya, stranger, technician
from tests.channels.request.market import Market

__all__ = ["admin", "market", "pharmacist", "priya", "stranger", "technician"]

HER = {"patient_id": str(PRIYA_PATIENT)}
KINDS: Any = {"refund:due": RefundDue, "refund:handed": RefundHanded}


async def paid(market: Market, packs: int = 2, **more: Any) -> Any:
    """An order of hers that was paid at the pharmacy's counter."""
    made = await market.order(packs, fulfilment="pickup", **more)
    await take(market, made)
    return made


async def take(market: Market, made: Any) -> None:
    money = {"amount": made["total"]["amount"], "currency": "INR"}
    params = {"about": "order", "about_id": made["id"], "money": money, "means": "cash"}
    await market.here.pharmacist.call("payment.take", **params)


async def cut(market: Market, made: Any) -> None:
    """One pack less of it."""
    line = made["lines"][0]["id"]
    await market.priya.call("order.cancel_line", order_id=made["id"], line_id=line, count=1, reason="less")


async def due(market: Market) -> list[Any]:
    page = await market.here.pharmacist.call("payment.refunds", place_id=str(market.here.id), handed=False)
    found: list[Any] = page["rows"]
    return found


async def heard(node: Node, place_id: UUID) -> None:
    """What is heard from the beginning is what a newcomer is shown."""
    snapshot = Refunds(place_id=place_id, most=refunds.SHOWN, refunds=[])
    for name, data in await told(node, f"refunds:{place_id}"):
        snapshot = KINDS[name].apply(snapshot, msgspec.convert(data, KINDS[name]))
    assert snapshot == await topic(node, f"refunds:{place_id}")


async def test_who_takes_no_money_there_neither_sees_nor_settles_what_goes_back(
    market: Market, technician: Caller, stranger: Caller
) -> None:
    made = await paid(market)
    await cut(market, made)
    (refund,) = await due(market)
    for who in (technician, stranger, market.there.pharmacist):
        with pytest.raises(NotFound):
            await who.call("payment.hand_back", refund_id=refund["id"], means="cash")
        with pytest.raises(NotFound):
            await who.call("payment.refunds", place_id=str(market.here.id))
        with pytest.raises(NotFound):
            await who.call("payment.refunds", **HER)
    for who in (market.priya, market.admin):
        with pytest.raises(Forbidden):
            await who.call("payment.hand_back", refund_id=refund["id"], means="cash")
    with pytest.raises(InvalidParams):
        await market.here.pharmacist.call("payment.refunds")
    assert [one["id"] for one in await due(market)] == [refund["id"]]


async def test_what_is_cut_and_given_up_of_an_order_paid_at_the_counter_is_handed_back_there_and_all_hear_of_it(
    market: Market,
) -> None:
    made = await paid(market)
    price = made["lines"][0]["unit_price"]["amount"]
    await cut(market, made)
    (first,) = await due(market)
    assert (first["money"]["amount"], first["number"], first["reason"]) == (price, made["number"], "cut")
    assert (first["about"], first["about_id"], first["means"], first["handed_at"]) == (
        "order",
        made["id"],
        "cash",
        None,
    )
    await market.priya.call("order.cancel", order_id=made["id"])
    await market.settle()
    assert [one["money"]["amount"] for one in await due(market)] == [price, price]
    await heard(market.node, market.here.id)
    for one in await due(market):
        handed = await market.here.pharmacist.call("payment.hand_back", refund_id=one["id"], means="upi")
        assert (handed["handed_means"], handed["handed_at"] is not None) == ("upi", True)
        await heard(market.node, market.here.id)
    assert await due(market) == []
    hers = (await market.priya.call("payment.refunds", **HER))["rows"]
    assert {one["handed_means"] for one in hers} == {"upi"}
    first_page = await market.priya.call("payment.refunds", **HER, limit=1)
    second = await market.priya.call("payment.refunds", **HER, limit=1, cursor=first_page["cursor"])
    assert [*first_page["rows"], *second["rows"]] == hers
    assert len(await market.facts("refund.due")) == len(await market.facts("refund.handed")) == 2
    kept = await rows(market.node, "SELECT handed_by FROM counter_refund")
    assert {row["handed_by"] for row in kept} == {people.PHARMACIST.account_id}
    audit = "SELECT patient FROM audit WHERE command = 'payment.hand_back' AND noun = 'refund'"
    assert [row["patient"] for row in await rows(market.node, audit)] == [PRIYA_PATIENT] * 2
    await market.check()


async def test_of_many_desks_at_once_one_hands_it_back_and_the_same_key_answers_the_same(market: Market) -> None:
    await cut(market, await paid(market))
    (refund,) = await due(market)
    give = {"refund_id": refund["id"], "means": "cash"}
    keys = [str(uuid7()) for _ in range(4)]
    calls = [market.here.pharmacist.call("payment.hand_back", **give, idempotency_key=key) for key in keys]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["HandedBack"] * 3 + ["dict"]
    (won,) = [n for n, one in enumerate(answers) if isinstance(one, dict)]
    assert await market.here.pharmacist.call("payment.hand_back", **give, idempotency_key=keys[won]) == answers[won]
    with pytest.raises(HandedBack) as no:
        await market.here.pharmacist.call("payment.hand_back", **give)
    assert no.value.data["handed_at"] is not None
    assert [name for name, _ in await told(market.node, f"refunds:{market.here.id}")] == ["refund:due", "refund:handed"]


async def test_what_was_paid_another_way_is_no_counters_to_hand_back(market: Market) -> None:
    made = await market.order(2, payment_mode="online")
    await market.pay_order(made["id"], made["total"]["amount"])
    await cut(market, made)
    assert (await market.see(made["id"]))["order"]["refunded"]["amount"] > 0
    assert await rows(market.node, "SELECT 1 FROM counter_refund") == []
    assert await told(market.node, f"refunds:{market.here.id}") == []


async def test_what_lies_in_a_till_is_not_offered_to_another_pharmacy_and_goes_back_there(market: Market) -> None:
    await market.stop_jobs()
    made = await paid(market, 1)
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    there = {"place_id": str(market.there.id), **swap(made, market.other_paracetamol)}
    with pytest.raises(PaidAtCounter):
        await market.admin.call("order.reoffer", order_id=made["id"], **there)
    with pytest.raises(asyncpg.CheckViolationError, match="orders_paid_at_counter"):
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE orders SET place_id = $1 WHERE id = $2", market.there.id, UUID(made["id"]))
    await market.later(minutes=11)
    await market.later(minutes=31)
    (refund,) = await due(market)
    assert (refund["money"], refund["reason"]) == (made["total"], "no_provider")
    await market.here.pharmacist.call("payment.hand_back", refund_id=refund["id"], means="cash")
    await heard(market.node, market.here.id)
    await market.check()


async def test_a_longer_list_brings_who_moves_up(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "SHOWN", 2)
    for _ in range(4):
        await cut(market, await paid(market))
    await heard(market.node, market.here.id)
    first, *_, last = [one["id"] for one in reversed(await due(market))]
    give = [market.here.pharmacist.call("payment.hand_back", refund_id=one, means="cash") for one in (first, last)]
    await asyncio.gather(*give)
    await heard(market.node, market.here.id)
    assert len((await topic(market.node, f"refunds:{market.here.id}")).refunds) == 2


async def test_the_database_hands_back_nothing_twice_and_never_more_than_was_taken(market: Market) -> None:
    made = await paid(market)
    await cut(market, made)
    (refund,) = await due(market)
    insert = (
        "INSERT INTO counter_refund (id, payment_id, place_id, patient_id, number, amount, reason, due_at)"
        " SELECT uuidv7(), payment_id, {}, patient_id, number, {}, 'x', due_at FROM counter_refund LIMIT 1"
    )
    await market.here.pharmacist.call("payment.hand_back", refund_id=refund["id"], means="cash")
    for forged in (
        insert.format("place_id", made["total"]["amount"]),
        insert.format(f"'{market.there.id}'::uuid", 1),
        "UPDATE counter_refund SET handed_at = handed_at + interval '1 day'",
        "UPDATE counter_refund SET handed_at = NULL, handed_by = NULL, handed_means = NULL",
        "UPDATE counter_refund SET amount = 1",
        "DELETE FROM counter_refund",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with market.node.db.transaction() as tx:
                await tx.execute(forged)
