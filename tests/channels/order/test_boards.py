"""Boards that are longer than they show: whoever leaves brings who moves up, also when many leave at once.

H-305, H-306, H-307 (orders_at), H-308, H-310, H-311 (requests, quotes).
"""

import asyncio
from uuid import UUID

import msgspec
import pytest

from channels.directory.demo import LABORATORY
from channels.identity.demo import PRIYA_PATIENT
from channels.lab import events as lab_events
from channels.lab.events import Board as Bench
from channels.order import events as order_events
from channels.order.events import Board
from channels.request import events as request_events
from channels.request.events import Board as Desk
from channels.request.events import Quotes
from tests.channels.callers import told
from tests.channels.lab.laboratory import POTASSIUM, ordered
from tests.channels.lab.test_walk import added_up
from tests.channels.order.test_telling import Ear
from tests.channels.queue.conftest import topic
from tests.channels.request.market import Market
from tests.channels.request.test_asking import ask


async def test_orders_beyond_the_end_of_a_board_move_up_in_the_event_of_the_one_that_leaves(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_events, "SHOWN", 2)
    board = Ear(market, f"orders_at:{market.here.id}", Board(place_id=market.here.id, most=2, orders=[]))
    made = sorted([(await market.order(1))["id"] for _ in range(5)])
    await board.check()
    assert [str(one.id) for one in board.snapshot.orders] == made[:2]
    await market.priya.call("order.cancel", order_id=made[4])  # one that nobody was shown
    await board.check()
    await market.priya.call("order.cancel", order_id=made[0])
    await board.check()
    assert [str(one.id) for one in board.snapshot.orders] == made[1:3]
    _, last = (await told(market.node, board.name))[-1]
    assert [one["id"] for one in last["moved_up"]] == [made[2]]
    await market.priya.call("order.cancel", order_id=made[1])
    await market.priya.call("order.cancel", order_id=made[2])
    await board.check()
    assert [str(one.id) for one in board.snapshot.orders] == made[3:4]
    _, last = (await told(market.node, board.name))[-1]
    assert last["moved_up"] == [], "nobody is left beyond the end"


async def test_of_many_that_leave_at_once_while_others_come_each_brings_who_moves_up(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_events, "SHOWN", 3)
    board = Ear(market, f"orders_at:{market.here.id}", Board(place_id=market.here.id, most=3, orders=[]))
    made = sorted([(await market.order(1))["id"] for _ in range(6)])  # of ten packs
    leaving = [market.priya.call("order.cancel", order_id=one) for one in (*made[:3], made[5])]
    await asyncio.gather(*leaving, *(market.order(1) for _ in range(4)))
    await board.check()
    assert [str(one.id) for one in board.snapshot.orders][:2] == made[3:5]
    assert len(board.snapshot.orders) == 3


async def test_requests_and_quotes_beyond_the_end_move_up(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_events, "SHOWN", 1)
    made = sorted(
        [await ask(market.priya) for _ in range(17)], key=lambda one: one["id"]
    )  # seventeen, in sixteen buckets
    buckets: dict[str, list[str]] = {}
    for one in made:
        buckets.setdefault(one["id"][-1], []).append(one["id"])
    bucket, asked = max(buckets.items(), key=lambda pair: len(pair[1]))
    desk = Ear(market, f"requests:{bucket}", Desk(bucket=bucket, most=1, requests=[]))
    await desk.check()
    assert [str(one.id) for one in desk.snapshot.requests] == asked[:1]
    await market.priya.call("request.cancel", request_id=asked[0])
    await desk.check()
    assert [str(one.id) for one in desk.snapshot.requests] == asked[1:2]

    quotes = Ear(market, f"quotes:{market.here.id}", Quotes(place_id=market.here.id, most=1, quotes=[]))
    answered = []
    for one in [one for one in made if one["id"] != asked[0]][:3]:
        answered.append(await market.respond(await market.admin.call("request.accept", request_id=one["id"])))
        await quotes.check()
    for gone in answered[:2]:
        await market.admin.call("request.withdraw_bill", request_id=gone["id"], reason="once more")
        await quotes.check()
        await desk.check()
    assert [one.request_id for one in quotes.snapshot.quotes] == [msgspec.convert(answered[2]["id"], UUID)]


async def test_several_tests_that_leave_with_their_order_bring_as_many(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_events, "BOARD_MAX", 3)
    technician, entry = await market.examine()
    more = {"laboratory_id": str(LABORATORY), **POTASSIUM}
    entries = [entry]
    for n in (2, 3):
        named = await technician.call("lab_catalog.create", **more | {"code": f"K-{n}", "name": f"Potassium {n}"})
        entries.append(named["id"])
    name = f"lab_desk:{LABORATORY}"
    first, seen = Bench(laboratory_id=LABORATORY, most=3, tests=[]), len(await told(market.node, name))
    assert await topic(market.node, name) == first
    given = {"place_id": str(LABORATORY), "items": [{"item_id": one} for one in entries], "fulfilment": "visit"}
    order = await market.priya.call("order.create", **given, postal_code="560001", patient_id=str(PRIYA_PATIENT))
    await technician.call("order.confirm", order_id=order["id"])
    others = sorted([await ordered(market.priya, entry) for _ in range(4)])
    await market.priya.call("order.cancel", order_id=order["id"])
    await market.settle()
    events = (await told(market.node, name))[seen:]
    heard = added_up(name, first, events)
    assert [str(one.id) for one in heard.tests] == others[:3]
    assert heard == await topic(market.node, name)
    assert [len(data["moved_up"]) for _, data in events[-3:]] == [0, 0, 3], "they come once, with the last"
