"""A pharmacy's orders: counted live, on its screen, and a chat that an order opens.

Ledger: dashboard.pharmacy H-201 (orders by status, low stock), dashboard.patient M-317; PRODUCT 25; issue 8, item 6.
"""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.errors import NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, PHARMACY
from channels.identity.demo import PRIYA_PATIENT
from channels.insight.counters import Count, Counted, recount
from tests.channels.callers import Caller, rows
from tests.channels.chat.conftest import run
from tests.channels.queue.conftest import topic
from tests.channels.request.conftest import admin, market, pharmacist, priya, stranger, technician
from tests.channels.request.market import Market

__all__ = ["admin", "market", "pharmacist", "priya", "stranger", "technician"]
ORDERS = Count(place_id=PHARMACY, kind=Counted.ORDERS)


async def told(node: Node) -> Any:
    """What the jobs that the triggers left tell, as a listener who keeps the highest version has it."""
    jobs = await rows(node, "SELECT payload FROM job WHERE name = 'insight.count' AND payload IS NOT NULL")
    assert ORDERS in {msgspec.json.decode(job["payload"], type=Count) for job in jobs}
    (event,) = (await run(node, recount, ORDERS)).conflated
    return event.event.counts  # type: ignore[attr-defined]


async def test_an_order_is_counted_while_it_is_open_and_its_events_say_what_a_newcomer_sees(
    market: Market, pharmacist: Caller, priya: Caller
) -> None:
    node = market.node
    before = (await priya.call("dashboard.patient", patient_id=PRIYA_PATIENT))["orders"]
    made = await market.order()
    assert {state: n for state, n in (await told(node)).items() if n} == {"created": 1}
    assert (await priya.call("dashboard.patient", patient_id=PRIYA_PATIENT))["orders"] == before + 1
    await pharmacist.call("order.confirm", order_id=made["id"])
    await pharmacist.call("order.set_status", order_id=made["id"], status="preparing")
    counted = await told(node)
    assert {state: n for state, n in counted.items() if n} == {"preparing": 1}
    assert (await topic(node, f"counters:{PHARMACY}")).counts[Counted.ORDERS] == counted
    found = await pharmacist.call("dashboard.pharmacy", place_id=PHARMACY)
    assert found["live"]["counts"]["orders"] == counted
    await priya.call("order.cancel", order_id=made["id"])
    assert not any((await told(node)).values())
    assert (await priya.call("dashboard.patient", patient_id=PRIYA_PATIENT))["orders"] == before


async def test_a_home_and_a_providers_screen_name_the_order(market: Market, pharmacist: Caller, priya: Caller) -> None:
    made = await market.order()
    home = await priya.call("home.topics", patient_id=PRIYA_PATIENT)
    assert f"order:{made['id']}" in home["topics"]
    screen = (await pharmacist.call("provider.topics", place_id=PHARMACY))["topics"]
    assert {f"orders_at:{PHARMACY}", f"counters:{PHARMACY}", f"quotes:{PHARMACY}"} <= set(screen)
    with pytest.raises(NotFound):
        await pharmacist.call("provider.topics", place_id=CLINIC)


async def test_an_order_opens_a_chat_with_the_pharmacy_whose_people_answer(
    market: Market, pharmacist: Caller, technician: Caller, priya: Caller
) -> None:
    await market.move((await market.order())["id"], "confirmed")
    thread = await priya.call("chat.open", patient_id=PRIYA_PATIENT, place_id=PHARMACY)
    await priya.call("chat.send", thread_id=thread["id"], text="Is the cheaper one as good?")
    answer = await pharmacist.call("chat.send", thread_id=thread["id"], text="Yes, it is the same medicine.")
    assert answer["author"] == "desk"
    with pytest.raises(NotFound):
        await technician.call("chat.history", thread_id=thread["id"])
    (entry,) = (await topic(market.node, f"desk_inbox:{PHARMACY}")).threads
    assert (entry.thread_id, entry.unread) == (UUID(thread["id"]), 1)
