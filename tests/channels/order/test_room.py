"""Nobody has more orders open than she may, however many sockets order at once; what is paid is never refused.

H-122 (create), H-138 (confirm).
"""

import asyncio
from contextvars import Context
from typing import Any
from uuid import UUID

import pytest

from carewire.store.db import Tx
from channels.directory.demo import LABORATORY
from channels.identity.demo import ARJUN_PATIENT, PRIYA_PATIENT
from channels.lab import access as lab
from channels.lab.errors import TooManyTests
from channels.order import room
from channels.order.errors import OrdersFull
from channels.order.room import OPEN_MAX, Promise
from tests.channels.callers import rows
from tests.channels.lab.laboratory import POTASSIUM
from tests.channels.request.market import Market


async def fill(market: Market, left: int) -> str:
    """As many open orders of hers as leave room for so many; one of them."""
    first = await market.order(1)
    same = "patient_id, account_id, place_id, kind, source, fulfilment, contact_name, address, postal_code, currency"
    await market.shop.run(
        lambda ctx: ctx.tx.execute(
            f"INSERT INTO orders ({same}, state, delivery_fee, payment_mode, offered_at, offers, accept_by, created_at,"
            f" changed_at) SELECT {same}, 'created', 0, 'counter', now(), 1, now(), now(), now() FROM orders,"
            " generate_series(1, $1)",
            OPEN_MAX - left - 1,
        )
    )
    return str(first["id"])


async def opened(market: Market) -> int:
    ((count,),) = await rows(
        market.node, "SELECT count(*) FROM orders WHERE patient_id = $1 AND ended_at IS NULL", PRIYA_PATIENT
    )
    return int(count)


async def test_of_many_orders_at_once_as_many_stand_as_there_is_room_for(market: Market) -> None:
    first = await fill(market, 3)
    answers = await asyncio.gather(*(market.order(1) for _ in range(6)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["OrdersFull"] * 3 + ["dict"] * 3
    assert await opened(market) == OPEN_MAX
    await market.order(1, patient_id=str(ARJUN_PATIENT))
    await market.priya.call("order.cancel", order_id=first)
    await market.order(1)
    with pytest.raises(OrdersFull):
        await market.order(1)
    await market.check()


async def test_a_bill_waits_for_room_and_once_it_is_chosen_its_orders_are_counted(market: Market) -> None:
    first = await fill(market, 1)
    two = [market.quote(packs=1), market.quote(packs=1, place=market.there.id, item=market.other_paracetamol)]
    bill = await market.respond(await market.ask(), *two)
    with pytest.raises(OrdersFull):
        await market.confirm(bill, "online")
    await market.priya.call("order.cancel", order_id=first)

    # An order and a yes at once, for the same room: the bill needs both places, the order one of them.
    calls: list[Any] = [market.confirm(bill, "online"), market.order(1)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["OrdersFull", "dict"]
    if isinstance(answers[1], dict):
        await market.priya.call("order.cancel", order_id=answers[1]["id"])
        await market.confirm(bill, "online")
    with pytest.raises(OrdersFull):
        await market.order(1)
    await market.confirm(bill, "online")  # once more: it is counted already
    paid = await market.pay_request(bill["id"], bill["bill"]["total"]["amount"])
    assert type(paid).__name__ == "Applied"
    assert await opened(market) == OPEN_MAX
    await market.check()


async def test_what_is_paid_while_somebody_counts_is_counted_too(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(market, 1)
    bill = await market.respond(await market.ask(), market.quote(packs=1))
    await market.confirm(bill, "online")
    assert await opened(market) == OPEN_MAX - 1
    (promised,) = room._PROMISED

    async def pay_first(tx: Tx, patient_id: UUID) -> Promise:
        paying = market.pay_request(bill["id"], bill["bill"]["total"]["amount"])
        await asyncio.create_task(paying, context=Context())  # a transaction of its own
        return await promised(tx, patient_id)

    monkeypatch.setattr(room, "_PROMISED", [pay_first])
    with pytest.raises(OrdersFull):
        await market.order(1)
    assert await opened(market) == OPEN_MAX


async def test_tests_that_are_ordered_and_not_accepted_yet_take_up_the_room_of_tests(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred open tests are a hundred also by way of orders and bills; the laboratory that accepts hears no no."""
    monkeypatch.setattr(lab, "OPEN_MAX", 4)
    technician, entry = await market.examine()
    again = {"laboratory_id": str(LABORATORY), **POTASSIUM, "code": "K-2", "name": "Potassium, once more"}
    entries = [entry, (await technician.call("lab_catalog.create", **again))["id"]]
    given: Any = {"place_id": str(LABORATORY), "fulfilment": "visit", "items": [{"item_id": one} for one in entries]}
    asked = await market.ask(kind="test", fulfilment="visit", lines=[{"name": "Potassium"}])
    bill = await market.respond(asked, market.quote(item=UUID(entry), packs=1, place=LABORATORY))
    calls = [market.order(**given) for _ in range(4)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["TooManyTests"] * 2 + ["dict"] * 2
    first, second = [one for one in answers if isinstance(one, dict)]
    await technician.call("order.confirm", order_id=first["id"])
    with pytest.raises(TooManyTests):
        await market.confirm(bill, "online")
    await market.priya.call("order.cancel", order_id=second["id"])
    await market.confirm(bill, "online")
    with pytest.raises(TooManyTests):
        await market.order(**given)
    await market.order(**given | {"items": given["items"][:1]})
    open_ = "SELECT count(*) FROM lab_test WHERE state NOT IN ('completed', 'cancelled') AND patient_id = $1"
    paid = await market.pay_request(bill["id"], bill["bill"]["total"]["amount"])
    assert type(paid).__name__ == "Applied"
    for order in (await market.priya.call("order.list", state="created"))["rows"]:
        await technician.call("order.confirm", order_id=order["id"])
    assert (await rows(market.node, open_, PRIYA_PATIENT))[0][0] == 4
