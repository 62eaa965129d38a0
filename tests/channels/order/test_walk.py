"""Hypothesis walks requests and orders: whatever is done in whatever order, a move happens exactly where its machine
says so, and stock, money and orders add up after each step.
"""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import IllegalMove
from channels.order.lifecycle import PHARMACY, OrderState
from channels.request.lifecycle import REQUEST, RequestState
from tests.channels.request.market import Market

QUIET = examples(max_examples=12)
MOVES = {
    "confirm": "confirmed",
    "reject": "rejected",
    "prepare": "preparing",
    "make_ready": "ready",
    "send_out": "out_for_delivery",
    "deliver": "delivered",
    "collect": "collected",
    "fail": "failed",
    "bring_back": "returned",
    "cancel": "cancelled",
}
CUTTABLE = {OrderState.CREATED, OrderState.CONFIRMED, OrderState.PREPARING}
FORWARD = ["confirm", "prepare", "make_ready", "send_out", "deliver"]
"""Drawn more often than the rest, or hardly a walk would get anywhere."""


@QUIET
@given(
    verbs=st.lists(
        st.sampled_from([*MOVES, *FORWARD * 2, "pay", "cut", "cut", "hours", "settle"]), min_size=4, max_size=12
    )
)
async def test_an_order_moves_where_its_machine_says(market: Market, verbs: list[str]) -> None:
    made = await market.order(items=[{"item_id": str(await shelf(market)), "quantity": 3}])
    order_id, state, over, paid = made["id"], OrderState.CREATED, False, False
    now, cut_since_paid = made, 0
    for verb in verbs:
        if verb == "pay":
            paid |= type(await market.pay_order(order_id, now["total"]["amount"])).__name__ == "Applied"
        elif verb == "hours":
            await market.later(minutes=20)
        elif verb == "settle":
            await market.settle()
        elif verb == "cut":
            line = now["lines"][0]
            given: Any = {"order_id": order_id, "line_id": line["id"], "count": 1, "reason": "a walk"}
            told = await answer(market.here.pharmacist.call("order.cancel_line", **given))
            assert isinstance(told, dict) == (not over and state in CUTTABLE), state
            if isinstance(told, dict) and told["state"] != "cancelled":
                cut_since_paid += line["unit_price"]["amount"] * paid
        else:
            legal = not over and verb in PHARMACY.possible(state)
            code = (await market.see(order_id))["handover_code"] or "0000"
            given = {"order_id": order_id, "status": MOVES[verb], "code": code, "reason": "a walk"}
            told = await answer(market.here.pharmacist.call("order.set_status", **given))
            assert isinstance(told, dict) == legal, (state, verb)
            if isinstance(told, dict):
                assert told["state"] == PHARMACY.moves[verb].target
            else:
                assert set(told.data["legal"]) == set([] if over else PHARMACY.possible(state))
        now = (await market.see(order_id))["order"]
        state, over = OrderState(now["state"]), now["ended_at"] is not None
        await market.check()
    await market.settle()
    now = (await market.see(order_id))["order"]
    gone = over and state not in (OrderState.DELIVERED, OrderState.COLLECTED, OrderState.COMPLETED)
    if gone and paid:
        fee = now["delivery_fee"]["amount"] if state is OrderState.RETURNED else 0
        assert now["refunded"]["amount"] == now["paid"]["amount"] - fee
    elif not gone:
        assert now["refunded"]["amount"] == cut_since_paid


@QUIET
@given(verbs=st.lists(st.sampled_from(
    ["respond", "respond", "withdraw", "confirm", "choose", "pay", "reject", "cancel", "hours", "settle"]
), min_size=3, max_size=10))  # fmt: skip
async def test_a_request_moves_where_its_machine_says(market: Market, verbs: list[str]) -> None:
    item = await shelf(market)
    seen = await market.ask()
    for verb in verbs:
        before = RequestState(seen["state"])
        bill = seen["bill"]
        calls: dict[str, tuple[Any, str, dict[str, Any]]] = {
            "respond": (market.admin, "request.respond",
                        {"quotes": [market.quote(item=item, packs=1)], "valid_until": market.soon(minutes=30)}),
            "withdraw": (market.admin, "request.withdraw_bill", {"reason": "a walk"}),
            "reject": (market.admin, "request.reject", {"reason": "a walk"}),
            "cancel": (market.priya, "request.cancel", {}),
            "confirm": (market.priya, "request.confirm",
                        {"bill_id": bill["id"] if bill else seen["id"], "payment_mode": "counter"}),
            "choose": (market.priya, "request.confirm",
                       {"bill_id": bill["id"] if bill else seen["id"], "payment_mode": "online"}),
        }  # fmt: skip
        if verb == "pay":
            await market.pay_request(seen["id"], bill["total"]["amount"] if bill else 1)
        elif verb == "hours":
            await market.later(minutes=20)
        elif verb == "settle":
            await market.settle()
        else:
            who, method, given = calls[verb]
            move = "confirm" if verb == "choose" else verb
            legal = move in REQUEST.possible(before)
            told = await answer(who.call(method, request_id=seen["id"], **given))
            assert isinstance(told, dict) == legal, (before, verb)
            if isinstance(told, dict):
                assert told["state"] == (before if verb == "choose" else REQUEST.moves[move].target)
            else:
                assert told.data["legal"] == REQUEST.possible(before)
        seen = (await market.priya.call("request.get", request_id=seen["id"]))["request"]
        assert (seen["bill"] is not None and seen["bill"]["state"] == "open") == (seen["state"] == "responded")
        await market.check()
    await market.settle()
    await market.check()
    if seen["state"] in ("created", "accepted", "responded"):
        await market.priya.call("request.cancel", request_id=seen["id"])
        await market.settle()
    for order in (await market.priya.call("order.list", request_id=seen["id"]))["rows"]:
        await market.priya.call("order.cancel", order_id=order["id"])
    await market.settle()
    assert (await market.stock())["Zinc"][1] == 0, "nothing is kept for what is over"
    await market.check()


async def answer(call: Awaitable[Any]) -> Any:
    """What came back: the thing, or the refusal of the move."""
    try:
        return await call
    except IllegalMove as refused:
        return refused


async def shelf(market: Market) -> UUID:
    """An article of which there is enough for every walk."""
    if "Zinc" not in market.more:
        market.more["Zinc"] = await market.here.article("Zinc", (400, 500))
    return market.more["Zinc"]
