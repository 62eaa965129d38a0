"""Nobody who moves orders and bills waits in a circle: the roots of the stock are locked by id, then a prescription.

Each race is made so that it stood still: a third transaction keeps what both need in the middle of their work, and lets
go when both wait. Had one of them been rerun after a deadlock, it would be counted.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest_asyncio

from carewire.errors import Busy
from carewire.metrics import RERUNS
from tests.channels.request.market import Market


def reruns() -> float:
    """Commands that began anew, of all that ran."""
    return sum(
        sample.value for metric in RERUNS.collect() for sample in metric.samples if sample.name.endswith("_total")
    )


Call = Callable[[], Awaitable[Any]]
Begin = Callable[[Call], Awaitable["asyncio.Task[Any]"]]


@asynccontextmanager
async def kept(market: Market, sql: str, *values: Any) -> AsyncIterator[Begin]:
    """Rows that somebody else has locked, until the block ends; `begin` starts a call and answers when it waits."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity, pg_stat_clear_snapshot()"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    begun: list[asyncio.Task[Any]] = []
    outside = contextvars.copy_context()  # a call has a transaction of its own
    async with market.node.db.transaction() as tx:
        await tx.execute(sql, *values)

        async def begin(call: Call) -> "asyncio.Task[Any]":
            begun.append(asyncio.get_running_loop().create_task(patiently(call), context=outside.copy()))
            while await tx.fetchval(waits) < len(begun):  # each look is a round trip
                assert not begun[-1].done(), begun[-1]
            return begun[-1]

        yield begin


async def patiently(call: Call) -> Any:
    """Ask again when a lock took too long, as any client does: the machine may be slow."""
    while True:
        try:
            return await call()
        except Busy:
            continue


@pytest_asyncio.fixture
async def paper(market: Market) -> Any:
    await market.stop_jobs()
    return await market.prescribe()


KEEP_PAPER = "SELECT FROM prescription WHERE id = $1 FOR UPDATE"


async def rejected(market: Market, shop: Any, **given: Any) -> Any:
    """An order that its pharmacy does not take."""
    made = await market.order(**given)
    await shop.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    return made


def reoffer(market: Market, made: Any, place: UUID, item: UUID) -> Awaitable[Any]:
    swap = [{"line_id": made["lines"][0]["id"], "item_id": str(item)}]
    return market.admin.call("order.reoffer", order_id=made["id"], place_id=str(place), items=swap)


async def answered(market: Market, paper: Any) -> Any:
    """A bill over one pack of what the paper says."""
    asked = await market.ask(lines=[], prescription_id=paper["id"])
    return await market.respond(asked, quoted(market, asked))


def quoted(market: Market, asked: Any) -> Any:
    return market.quote(item=market.metformin, packs=1, line_id=asked["lines"][0]["id"])


async def test_a_re_offer_and_a_yes_on_the_same_paper_and_shelf_do_not_wait_for_each_other(
    market: Market, paper: Any
) -> None:
    wanted = {"item_id": str(market.metformin), "prescription_line_id": paper["lines"][0]["id"]}
    made = await rejected(market, market.here, items=[wanted], prescription_id=paper["id"])
    bill = await answered(market, paper)
    before = reruns()
    async with kept(market, KEEP_PAPER, UUID(paper["id"])) as begun:
        moved = await begun(lambda: reoffer(market, made, market.there.id, market.more["there"]))
        said = await begun(lambda: market.confirm(bill))
    assert ((await moved)["place_id"], (await said)["state"]) == (str(market.there.id), "confirmed")
    assert reruns() == before
    await market.check()


async def test_two_orders_that_change_pharmacies_crosswise_do_not_wait_for_each_other(market: Market) -> None:
    await market.stop_jobs()
    one = await rejected(market, market.here, packs=1)
    items = [{"item_id": str(market.other_paracetamol)}]
    two = await rejected(market, market.there, place_id=str(market.there.id), items=items)
    before = reruns()
    async with kept(market, "SELECT FROM stock_hold FOR UPDATE") as begun:
        first = await begun(lambda: reoffer(market, one, market.there.id, market.other_paracetamol))
        second = await begun(lambda: reoffer(market, two, market.here.id, market.paracetamol))
    assert {(await first)["place_id"], (await second)["place_id"]} == {str(market.here.id), str(market.there.id)}
    assert reruns() == before
    await market.check()


async def test_another_bill_and_a_yes_on_the_same_paper_and_shelf_do_not_wait_for_each_other(
    market: Market, paper: Any
) -> None:
    one, two = await answered(market, paper), await answered(market, paper)
    await market.confirm(one, "online")
    before = reruns()
    async with kept(market, KEEP_PAPER, UUID(paper["id"])) as begun:
        again = await begun(lambda: market.respond(one, quoted(market, one)))
        said = await begun(lambda: market.confirm(two))
    assert ((await again)["bill"]["version"], (await said)["state"]) == (2, "confirmed")
    assert reruns() == before
    await market.check()
