"""A node dies after any step of a saga, and after any undoing: the next one finds a legal state and ends the work.

Made from the declaration (docs/sagas.md): a step nobody takes here, or that is not declared, fails.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from carewire.jobs.execution import Executor
from carewire.node import Node
from carewire.saga import REGISTRY, StepState
from channels.directory.demo import LABORATORY
from channels.order.sagas import ORDER_SAGA
from channels.request.sagas import REQUEST_SAGA
from tests.channels.callers import rows
from tests.channels.order.test_orders import TOTAL
from tests.channels.request.market import Market

Take = Callable[[Market, dict[str, Any]], Awaitable[None]]


async def asked(market: Market, at: dict[str, Any]) -> None:
    at["request"] = await market.ask()


async def answered(market: Market, at: dict[str, Any]) -> None:
    await asked(market, at)
    at["request"] = await market.respond(at["request"])


async def chosen(market: Market, at: dict[str, Any]) -> None:
    await answered(market, at)
    await market.confirm(at["request"], "online")


async def paid(market: Market, at: dict[str, Any]) -> None:
    await chosen(market, at)
    await market.pay_request(at["request"]["id"], TOTAL)
    (order,) = (await market.priya.call("order.list"))["rows"]
    at["order"] = order["id"]


async def accepted(market: Market, at: dict[str, Any]) -> None:
    await paid(market, at)
    await market.move(at["order"], "confirmed")


async def handed_over(market: Market, at: dict[str, Any]) -> None:
    await accepted(market, at)
    await market.move(at["order"], "preparing", "ready", "out_for_delivery", "delivered")


async def ended(market: Market, at: dict[str, Any]) -> None:
    await handed_over(market, at)
    await market.settle()


TAKES: dict[tuple[str, str], Take] = {
    ("request", "accept"): asked,
    ("request", "respond"): answered,
    ("request", "hold"): answered,
    ("request", "choose"): chosen,
    ("request", "pay"): paid,
    ("request", "split"): paid,
    ("request", "end"): ended,
    ("order", "place"): paid,
    ("order", "hold"): paid,
    ("order", "pay"): paid,
    ("order", "offer"): paid,
    ("order", "accept"): accepted,
    ("order", "fulfil"): handed_over,
}


async def units_chosen(market: Market, at: dict[str, Any]) -> None:
    paper = await market.prescribe()
    asked = await market.ask(lines=[], prescription_id=paper["id"])
    quote = market.quote(item=market.metformin, line_id=asked["lines"][0]["id"])
    at["request"] = await market.respond(asked, quote)
    await market.confirm(at["request"], "online")


async def units_ordered(market: Market, at: dict[str, Any]) -> None:
    paper = await market.prescribe()
    wanted = {"item_id": str(market.metformin), "prescription_line_id": paper["lines"][0]["id"]}
    at["order"] = (await market.order(items=[wanted], prescription_id=paper["id"]))["id"]


async def lab_tests_made(market: Market, at: dict[str, Any]) -> None:
    technician, entry = await market.examine()
    given = {"place_id": str(LABORATORY), "items": [{"item_id": entry}], "fulfilment": "visit"}
    at["order"] = (await market.order(**given))["id"]
    await technician.call("order.confirm", order_id=at["order"])


UNPAID: dict[tuple[str, str], Take] = {
    ("request", "spend"): units_chosen,
    ("order", "spend"): units_ordered,
    ("order", "tests"): lab_tests_made,
}
"""Steps that are taken for some orders only, here before anything was paid."""
STEPS = [(saga.name, step) for saga in (REQUEST_SAGA, ORDER_SAGA) for step in saga.steps]
PAID = [one for one in STEPS if one not in UNPAID]


def test_every_declared_step_is_killed_here() -> None:
    assert set(STEPS) == TAKES.keys() | UNPAID.keys()
    assert REGISTRY["request"] is REQUEST_SAGA
    assert REGISTRY["order"] is ORDER_SAGA


async def die(market: Market) -> None:
    """The node is gone, with all it had in hand and nothing said; another one starts on the same database."""
    await kill(market.node)
    market.be(Node(market.node.settings, work="none"))
    await market.node.start()


async def kill(node: Node) -> None:
    """No drain, no farewell: its connections break where they are."""
    async with node.db.transaction() as tx:
        await tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    await node.stop()


async def legal(market: Market, at: dict[str, Any]) -> None:
    """What must hold whenever anybody looks."""
    await market.check()
    for noun in ("request", "order"):
        if noun in at:
            thing = at[noun]["id"] if noun == "request" else at[noun]
            steps = await rows(
                market.node, "SELECT step, state FROM saga_step WHERE saga = $1 AND subject_id = $2", noun, UUID(thing)
            )
            assert all(row["state"] in set(StepState) for row in steps)


async def give_up(market: Market, at: dict[str, Any]) -> None:
    """Her side wants out, as far as she can."""
    if "order" in at:
        if (await market.see(at["order"]))["order"]["ended_at"] is None:
            await market.priya.call("order.cancel", order_id=at["order"])
    elif "request" in at:
        await market.priya.call("request.cancel", request_id=at["request"]["id"])


@pytest.mark.parametrize(("saga", "step"), PAID, ids=[f"{saga}-{step}" for saga, step in PAID])
async def test_killed_after_a_step_the_next_node_finds_it_and_ends_the_work(
    market: Market, saga: str, step: str
) -> None:
    at: dict[str, Any] = {}
    await market.stop_jobs()
    await TAKES[saga, step](market, at)
    subject = UUID(at["request"]["id"] if saga == "request" else at["order"])
    await die(market)
    taken = "SELECT 1 FROM saga_step WHERE saga = $1 AND subject_id = $2 AND step = $3 AND state = 'taken'"
    assert await rows(market.node, taken, saga, subject, step), "what was committed stands"
    await legal(market, at)
    delivered = step in ("fulfil", "end")
    await give_up(market, at)
    await legal(market, at)
    while await undo_one(market):  # and it dies again after every single undoing
        await die(market)
        await legal(market, at)
    await market.settle()
    await legal(market, at)
    left = "SELECT 1 FROM saga_step WHERE state = 'undoing'"
    assert await rows(market.node, left) == []
    assert (await market.stock())["Paracetamol 500"] == ((8, 0) if delivered else (10, 0))
    refunds = await rows(market.node, "SELECT amount FROM order_refund")
    assert [row["amount"] for row in refunds] == ([TOTAL] if "order" in at and not delivered else [])
    state = (await market.priya.call("request.get", request_id=at["request"]["id"]))["request"]["state"]
    assert state == ("closed" if delivered else "cancelled")


@pytest.mark.parametrize(("saga", "step"), UNPAID, ids=[f"{saga}-{step}" for saga, step in UNPAID])
async def test_killed_after_units_or_tests_were_taken_they_come_back_once(market: Market, saga: str, step: str) -> None:
    at: dict[str, Any] = {}
    await market.stop_jobs()
    await UNPAID[saga, step](market, at)
    subject = UUID(at["request"]["id"] if saga == "request" else at["order"])
    await die(market)
    taken = "SELECT 1 FROM saga_step WHERE saga = $1 AND subject_id = $2 AND step = $3 AND state = $4"
    assert await rows(market.node, taken, saga, subject, step, "taken")
    await give_up(market, at)
    while await undo_one(market):
        await die(market)
        await legal(market, at)
    await market.settle()
    assert await rows(market.node, taken, saga, subject, step, "undone")
    assert await rows(market.node, "SELECT 1 FROM prescription_line WHERE spent <> 0") == []
    assert await rows(market.node, "SELECT 1 FROM lab_test WHERE state <> 'cancelled'") == []
    assert {held for _, held in (await market.stock()).values()} == {0}


async def undo_one(market: Market) -> bool:
    """One run of one unwinding job, as a worker would do it; False: none is due."""
    due = await rows(
        market.node,
        "SELECT id FROM job WHERE state = 'open' AND name LIKE '%.unwind' AND due_at <= $1 ORDER BY due_at LIMIT 1",
        market.now,
    )
    if not due:
        return False
    executor = Executor(
        db=market.node.db, clock=market.clock, settings=market.node.settings, publisher=market.node
    )  # fmt: skip
    return await executor.run_one(due[0]["id"])


async def test_killed_in_the_middle_of_an_undoing_nothing_of_it_has_happened(market: Market) -> None:
    """The connection breaks after the compensation wrote and before COMMIT; the next run does it, once."""
    at: dict[str, Any] = {}
    await market.stop_jobs()
    await paid(market, at)
    await market.priya.call("order.cancel", order_id=at["order"])
    async with market.node.db.transaction() as tx:
        # Whoever writes the refund dies at the end of its transaction.
        await tx.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        await tx.execute(
            "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON order_refund DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION die()"
        )
    for _ in range(2):
        await undo_one(market)
        assert await rows(market.node, "SELECT 1 FROM order_refund") == []
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE job SET claim = NULL, retry_at = NULL WHERE state = 'open'")
    async with market.node.db.transaction() as tx:
        await tx.execute("DROP TRIGGER dies ON order_refund")
    await market.settle()
    assert [row["amount"] for row in await rows(market.node, "SELECT amount FROM order_refund")] == [TOTAL]
    await market.check()
