"""The tests of a laboratory's order: made when it accepts, followed to the report, cancelled with the order."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import IllegalMove
from carewire.ids import uuid7
from carewire.saga import Undo
from channels.lab import access as lab
from channels.lab.lifecycle import LAB_TEST, LabTestState, Progress
from channels.order import doors
from channels.order.doors import OrderRow
from channels.order.ending import fulfilled, give_up
from channels.order.events import TELLS
from channels.order.lifecycle import MACHINES, ProviderKind
from channels.order.sagas import ORDER_SAGA
from channels.order.steps import step
from channels.order.views import view

_MOVES: Final = {
    Progress.REQUESTED: "unplan",
    Progress.SAMPLE_SCHEDULED: "schedule",
    Progress.MISSED: "miss",
    Progress.SAMPLE_COLLECTED: "take_sample",
    Progress.PROCESSING: "process",
    Progress.SAMPLE_REJECTED: "reject_sample",
    Progress.REPORT_READY: "report",
    Progress.CANCELLED: "cancel",
}


async def make_tests(ctx: Ctx, order: OrderRow) -> None:
    """The laboratory has accepted: its tests come to stand, each on its line. By the hand of who ordered them."""
    lines = [line for line in (await view(ctx.tx, order.id)).lines if line.cancelled < line.quantity and line.item_id]
    wanted = [
        lab.Line(catalogue_id=line.item_id, lab_test_id=line.lab_test_id, price=line.unit_price)
        for line in lines
        if line.item_id
    ]
    if not wanted:
        return
    made = await lab.create_tests(ctx, order.id, order.patient_id, wanted, made_by=order.account_id)
    await ctx.tx.executemany(
        "UPDATE order_line SET lab_test_id = $2 WHERE id = $1",
        [(line.id, test.id) for line, test in zip(lines, made, strict=True)],
    )
    await ORDER_SAGA.take(ctx, order.id, "tests", uuid7(ctx.real_now.timestamp()))


async def lock_tests(ctx: Ctx, order: OrderRow) -> None:
    """Before the order they belong to: what becomes of them is not changed meanwhile."""
    if order.kind is ProviderKind.LABORATORY:
        await lab.of_orders(ctx.tx, [order.id], lock=True)


async def require_no_sample(ctx: Ctx, order: OrderRow) -> None:
    """Raises `IllegalMove` where a sample is there already, also of one test of several: that one is done and paid."""
    tests = (await lab.of_orders(ctx.tx, [order.id]))[order.id]
    if any(test.state is not LabTestState.CANCELLED and "cancel" not in LAB_TEST.legal(test.state) for test in tests):
        legal = [move for move in MACHINES[order.kind].possible(order.state) if move != "cancel"]
        raise IllegalMove("cannot cancel: a sample was taken", state=order.state, move="cancel", legal=legal)


async def follow(ctx: Ctx, order_ids: Sequence[UUID]) -> None:
    """How far a laboratory is follows from its tests: this is the one writer of those states."""
    for order_id in sorted(order_ids):
        order = await doors.locked(ctx.tx, order_id)
        progress = (await lab.progress(ctx.tx, [order_id])).get(order_id)
        if order is None or progress is None or order.ended_at is not None or order.kind is not ProviderKind.LABORATORY:
            continue
        move = _MOVES[progress]
        if move not in MACHINES[order.kind].legal(order.state):
            continue
        if move == "report":
            await ORDER_SAGA.take(ctx, order.id, "fulfil")
            await fulfilled(ctx, order, move, actor=None)
        elif move == "cancel":
            await give_up(ctx, order, "cancel", "tests_cancelled", actor=None, reason="all its tests were cancelled")
        else:
            await step(ctx, order, move, actor=None)


lab.follow_progress(follow, TELLS)


@ORDER_SAGA.undoes("tests")
async def cancel_tests(ctx: Ctx, undo: Undo) -> None:
    """Cancel those of which no sample was taken; what was drawn is examined."""
    tests = (await lab.of_orders(ctx.tx, [undo.subject_id]))[undo.subject_id]
    if open_ := [test.id for test in tests if "cancel" in LAB_TEST.legal(test.state)]:
        await lab.cancel_tests(ctx, undo.subject_id, open_)
