"""An order on its way: who may move it, what keeps and sells the stock, the four digits, what goes back.

H-016 (model), H-122 (create), H-123, H-187, H-202, H-219, H-239, H-286 (list), H-124, H-188, H-203, H-220, H-240, H-287
(get), H-189, H-221, H-242, H-288 (set_status), H-204, H-241 (confirm), H-065, H-078, H-305, H-306, H-307 (events),
H-318, H-319 (states).
"""

import asyncio
import itertools
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.paid import Applied, Due, RefundDue
from channels.identity import demo
from channels.identity.demo import PRIYA
from channels.order.errors import (
    HandoverCode,
    HandoverLocked,
    NotServing,
    OtherItem,
    OtherPrice,
    TooManyCodes,
)
from channels.order.handing import ROUNDS_MAX, TRIES_MAX
from channels.order.lifecycle import (
    LABORATORY,
    PHARMACY,
    Fulfilment,
    OrderSource,
    OrderState,
    PaymentMode,
    ProviderKind,
)
from channels.stock.errors import OutOfStock, PrescriptionNeeded, Restricted
from tests.channels.callers import Caller, another, rows
from tests.channels.request.conftest import administrator
from tests.channels.request.market import FEE, Market
from tests.channels.test_tables import checked_words

PRICE, FEE_AMOUNT = 2_500, FEE["amount"]
TOTAL = 2 * PRICE + FEE_AMOUNT
S = OrderState


# --- who may not ------------------------------------------------------------------------------------------------------
async def test_a_stranger_neither_orders_for_her_nor_sees_nor_moves_her_order(
    market: Market, stranger: Caller, technician: Caller
) -> None:
    made = await market.order()
    others = [stranger, technician, market.there.pharmacist]
    for who in others:
        for verb, more in (
            ("order.get", {}),
            ("order.cancel_line", {"line_id": made["lines"][0]["id"], "reason": "-"}),
            ("order.set_status", {"status": "preparing"}),
            ("order.confirm", {}),
            ("order.reject", {"reason": "-"}),
        ):
            with pytest.raises(NotFound):
                await who.call(verb, order_id=made["id"], **more)
        assert (await who.call("order.list"))["rows"] == []
    with pytest.raises(NotFound):
        await stranger.call("order.cancel", order_id=made["id"])
    with pytest.raises(NotFound):
        await stranger.call("order.renew_code", order_id=made["id"])
    with pytest.raises(NotFound):
        await (await administrator(market.node, "support")).call("order.get", order_id=made["id"])


async def test_what_cannot_be_sold_or_brought_is_not_ordered(market: Market) -> None:
    wrong: list[tuple[Any, Any]] = [
        (NotServing, {"postal_code": "110001"}),
        (InvalidParams, {"address": None}),
        (InvalidParams, {"payment_mode": "free"}),
        (InvalidParams, {"fulfilment": "visit"}),
        (NotFound, {"place_id": str(uuid4())}),
        (OtherItem, {"items": [{"item_id": str(market.other_paracetamol)}]}),
        (Restricted, {"items": [{"item_id": str(market.tramadol)}]}),
        (PrescriptionNeeded, {"items": [{"item_id": str(market.metformin)}]}),
        (OutOfStock, {"packs": 11}),
        (InvalidParams, {"items": [{"item_id": str(market.paracetamol)}] * 2}),
    ]
    for refusal, given in wrong:
        with pytest.raises(refusal):
            await market.order(**given)
    assert (await market.priya.call("order.list"))["rows"] == []
    assert (await market.stock())["Paracetamol 500"] == (10, 0)


async def test_her_contact_is_for_her_provider_and_her_digits_for_nobody_but_her_side(market: Market) -> None:
    made = await market.order(notes="ring twice")
    hers = await market.see(made["id"])
    assert hers["contact"] == {
        "name": PRIYA.name, "phone": PRIYA.phone, "address": "7 Lake Road", "notes": "ring twice",
    }  # fmt: skip
    assert hers["handover_code"] is None, "nobody has accepted it"
    await market.move(made["id"], "confirmed")
    hers = await market.see(made["id"])
    theirs = await market.here.pharmacist.call("order.get", order_id=made["id"])
    admins = await market.admin.call("order.get", order_id=made["id"])
    assert theirs["contact"] == hers["contact"]
    assert (theirs["handover_code"], admins["handover_code"], admins["contact"]) == (None, None, None)
    assert len(hers["handover_code"]) == 4
    looks = "SELECT why FROM audit WHERE kind = 'read' AND noun = 'identity' AND patient = $1"
    assert {row["why"] for row in await rows(market.node, looks, demo.PRIYA_PATIENT)} == {"relationship"}

    await market.move(made["id"], "preparing", "ready", "out_for_delivery", "delivered")
    await market.later(days=29)
    assert (await market.here.pharmacist.call("order.get", order_id=made["id"]))["contact"]
    await market.later(days=2)
    kept = await market.here.pharmacist.call("order.get", order_id=made["id"])
    assert (kept["contact"], kept["order"]["state"]) == (None, "completed")


async def test_who_was_only_offered_an_order_does_not_learn_where_she_lives(market: Market) -> None:
    made = await market.order()
    pharmacist = market.here.pharmacist
    assert (await pharmacist.call("order.get", order_id=made["id"]))["contact"] is None
    await pharmacist.call("order.reject", order_id=made["id"], reason="no time")
    assert (await pharmacist.call("order.get", order_id=made["id"]))["contact"] is None
    with pytest.raises(NotFound):
        await pharmacist.call("patient.get", patient_id=demo.PRIYA_PATIENT)


async def test_what_expires_soon_is_packed_and_fetched_in_time_or_ends_with_its_hold(market: Market) -> None:
    syrup = await market.here.article("Syrup", (8, 2))
    given: Any = {"items": [{"item_id": str(syrup)}], "fulfilment": "pickup", "address": None}
    fetched, forgotten = await market.order(**given), await market.order(**given)
    for made in (fetched, forgotten):
        await market.move(made["id"], "confirmed", "preparing")
    await market.later(days=6)
    for made in (fetched, forgotten):
        await market.move(made["id"], "ready")  # four days more it does not last
    await market.move(fetched["id"], "collected")
    await market.later(days=1)
    assert (await market.see(forgotten["id"]))["order"]["state"] == "cancelled"
    assert (await market.stock())["Syrup"] == (1, 0)
    await market.check()


async def test_what_lies_ready_for_long_is_still_kept_when_it_is_fetched(market: Market) -> None:
    made = await market.order(fulfilment="pickup")
    await market.move(made["id"], "confirmed", "preparing")
    await market.later(days=6, hours=23)
    await market.move(made["id"], "ready")
    await market.later(hours=2)
    await market.move(made["id"], "collected")
    assert (await market.stock())["Paracetamol 500"] == (8, 0)
    await market.check()


async def test_what_is_accepted_and_not_handed_over_ends_before_its_stock_is_somebody_elses(market: Market) -> None:
    """A week after it was ordered; what is packed four days after that; what is out, its provider brings back."""
    lies, packed, out = [await market.order(packs=1) for _ in range(3)]
    for made, states in ((lies, ["confirmed", "preparing"]), (packed, ["confirmed", "preparing"]),
                         (out, ["confirmed", "preparing", "ready"])):  # fmt: skip
        await market.move(made["id"], *states)
        await market.pay_order(made["id"], PRICE + FEE_AMOUNT)
    await market.later(days=6, hours=23)
    await market.move(packed["id"], "ready")
    await market.move(out["id"], "out_for_delivery")
    await market.later(minutes=55)
    seen = await market.see(lies["id"])
    assert (seen["order"]["state"], seen["order"]["reason"]) == ("cancelled", "it was not handed over in time")
    assert [refund["reason"] for refund in seen["refunds"]] == ["kept_too_long"]
    assert seen["order"]["refunded"] == seen["order"]["paid"]
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    await market.later(days=4)
    assert (await market.see(packed["id"]))["order"]["state"] == "cancelled"
    assert (await market.see(out["id"]))["order"]["state"] == "out_for_delivery"
    told = await rows(market.node, "SELECT 1 FROM job WHERE key LIKE '%:order.long_on_its_way:' || $1", out["id"])
    assert len(told) == 1
    await market.check()


async def test_a_price_that_changed_since_she_saw_it_is_told_and_nothing_is_ordered(market: Market) -> None:
    shown = {"amount": TOTAL, "currency": "INR"}
    price = {"amount": PRICE + 1, "currency": "INR"}
    await market.here.pharmacist.call("medicine.update", medicine_id=str(market.paracetamol), price=price)
    for wrong in (shown, {"amount": TOTAL + 2, "currency": "USD"}):
        with pytest.raises(OtherPrice) as no:
            await market.order(total=wrong)
        assert no.value.data["total"] == {"amount": TOTAL + 2, "currency": "INR", "exponent": 2}
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    made = await market.order(total={"amount": TOTAL + 2, "currency": "INR"})
    assert made["total"]["amount"] == TOTAL + 2


async def test_each_move_is_its_actors_and_illegal_ones_name_the_legal(market: Market) -> None:
    made = await market.order()
    with pytest.raises(IllegalMove) as no:
        await market.move(made["id"], "ready")
    assert set(no.value.data["legal"]) == {"confirm", "reject", "reoffer", "cancel"}
    for state in ("created", "completed", "expired", "report_ready", "sample_collected"):
        with pytest.raises(IllegalMove):
            await market.move(made["id"], state)
    for state in ("confirmed", "rejected", "preparing"):
        with pytest.raises(Forbidden):
            await market.admin.call("order.set_status", order_id=made["id"], status=state, reason="I may")
    with pytest.raises(InvalidParams):
        await market.admin.call("order.set_status", order_id=made["id"], status="cancelled")
    over = await market.admin.call("order.set_status", order_id=made["id"], status="cancelled", reason="asked by phone")
    assert (over["state"], over["reason"]) == ("cancelled", "asked by phone")
    with pytest.raises(IllegalMove) as no:
        await market.move(made["id"], "confirmed")
    assert no.value.data["legal"] == []


# --- on its way -------------------------------------------------------------------------------------------------------
async def test_an_order_is_brought_and_what_was_kept_is_sold(market: Market) -> None:
    made = await market.order()
    assert (made["state"], made["total"]["amount"], made["delivery_fee"]["amount"]) == ("created", TOTAL, FEE_AMOUNT)
    assert len(made["number"]) == 9
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    done = await market.move(made["id"], "confirmed", "preparing", "ready", "out_for_delivery", "delivered")
    assert done["state"] == "delivered"
    assert (await market.stock())["Paracetamol 500"] == (8, 0)
    history = (await market.see(made["id"]))["steps"]
    assert [step["move"] for step in history] == [
        "create", "offer", "confirm", "prepare", "make_ready", "send_out", "deliver",
    ]  # fmt: skip
    await market.later(hours=25)
    assert (await market.see(made["id"]))["order"]["state"] == "completed"
    await market.check()


async def test_the_four_digits_are_tried_five_times_and_then_she_makes_others(market: Market) -> None:
    made = await market.order(fulfilment="pickup", address=None)
    assert made["total"]["amount"] == 2 * PRICE, "nobody comes, so nobody is paid for coming"
    await market.move(made["id"], "confirmed", "preparing", "ready")
    code = (await market.see(made["id"]))["handover_code"]
    wrong = another(code)[-4:]
    given: Any = {"order_id": made["id"], "status": "collected"}
    for left in range(TRIES_MAX - 1, -1, -1):
        with pytest.raises(HandoverCode) as no:
            await market.here.pharmacist.call("order.set_status", **given, code=wrong)
        assert no.value.data["left"] == left
    for told in (code, wrong):
        with pytest.raises(HandoverLocked):
            await market.here.pharmacist.call("order.set_status", **given, code=told)
    await market.priya.call("order.renew_code", order_id=made["id"])
    fresh = (await market.see(made["id"]))["handover_code"]
    if fresh != code:
        with pytest.raises(HandoverCode):
            await market.here.pharmacist.call("order.set_status", **given, code=code)
    collected = await market.here.pharmacist.call("order.set_status", **given, code=fresh)
    assert collected["state"] == "collected"


async def test_however_many_guess_at_once_no_more_than_five_digits_are_tried(market: Market) -> None:
    made = await market.order(fulfilment="pickup", address=None)
    await market.move(made["id"], "confirmed", "preparing", "ready")
    code = int((await market.see(made["id"]))["handover_code"])
    guesses = [f"{(code + n) % 10_000:04d}" for n in range(1, 13)]
    answers = await asyncio.gather(
        *(
            market.here.pharmacist.call("order.set_status", order_id=made["id"], status="collected", code=guess)
            for guess in guesses
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, HandoverCode) for answer in answers) == TRIES_MAX
    assert sum(isinstance(answer, HandoverLocked) for answer in answers) == len(guesses) - TRIES_MAX


async def test_digits_are_made_anew_twenty_times_so_that_guessing_stays_hopeless(market: Market) -> None:
    made = await market.order(fulfilment="pickup", address=None)
    await market.move(made["id"], "confirmed", "preparing", "ready")
    for _ in range(ROUNDS_MAX):
        await market.priya.call("order.renew_code", order_id=made["id"])
    with pytest.raises(TooManyCodes):
        await market.priya.call("order.renew_code", order_id=made["id"])
    with pytest.raises(asyncpg.CheckViolationError) as no:
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE orders SET code_round = code_round + 1")
    assert no.value.constraint_name == "orders_code_rounds"
    assert (ROUNDS_MAX + 1) * TRIES_MAX < 10_000 / 90
    assert (await market.move(made["id"], "collected"))["state"] == "collected"


async def test_what_failed_at_the_door_goes_out_again_or_comes_back(market: Market) -> None:
    made = await market.order()
    await market.move(made["id"], "confirmed", "preparing", "ready", "out_for_delivery")
    await market.pay_order(made["id"], TOTAL)
    with pytest.raises(InvalidParams):
        await market.move(made["id"], "failed")
    await market.move(made["id"], "failed", reason="nobody at home")
    await market.move(made["id"], "out_for_delivery")
    await market.move(made["id"], "failed", reason="nobody at home")
    back = await market.move(made["id"], "returned")
    assert back["ended_at"] is not None
    await market.settle()
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    (refund,) = (await market.see(made["id"]))["refunds"]
    assert (refund["money"]["amount"], refund["reason"]) == (2 * PRICE, "returned"), "the way was made"
    await market.check()


async def test_what_nobody_fetches_goes_back_to_the_shelf_and_is_refunded(market: Market) -> None:
    made = await market.order(fulfilment="pickup", address=None)
    await market.pay_order(made["id"], 2 * PRICE)
    await market.move(made["id"], "confirmed", "preparing", "ready")
    await market.later(hours=73)
    seen = await market.see(made["id"])
    assert (seen["order"]["state"], seen["order"]["refunded"]["amount"]) == ("expired", 2 * PRICE)
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    await market.check()


# --- cutting and cancelling -------------------------------------------------------------------------------------------
async def test_a_line_is_cut_its_money_goes_back_and_the_rest_is_handed_over(market: Market) -> None:
    zinc = await market.here.article("Zinc", (400, 9))
    items = [{"item_id": str(market.paracetamol), "quantity": 4}, {"item_id": str(zinc), "quantity": 3}]
    made = await market.order(items=items, fulfilment="pickup", address=None)
    await market.pay_order(made["id"], 7 * PRICE)
    await market.move(made["id"], "confirmed")
    first, second = (line["id"] for line in made["lines"])
    with pytest.raises(IllegalMove):
        await market.priya.call("order.cancel_line", order_id=made["id"], line_id=first, reason="too late")
    cut: Any = {"order_id": made["id"], "reason": "broken"}
    for wrong in (0, 5):
        with pytest.raises(InvalidParams):
            await market.here.pharmacist.call("order.cancel_line", **cut, line_id=first, count=wrong)
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("order.cancel_line", **cut, line_id=str(uuid4()))
    await market.here.pharmacist.call("order.cancel_line", **cut, line_id=first, count=1)
    less = await market.here.pharmacist.call("order.cancel_line", **cut, line_id=second)
    assert (less["total"]["amount"], less["refunded"]["amount"]) == (3 * PRICE, 4 * PRICE)
    stands = await market.stock()
    assert (stands["Paracetamol 500"], stands["Zinc"]) == ((10, 3), (9, 0)), "what was cut is anybody's at once"
    await market.check()
    await market.move(made["id"], "preparing", "ready", "collected")
    stands = await market.stock()
    assert (stands["Paracetamol 500"], stands["Zinc"]) == ((7, 0), (9, 0))
    await market.check()


async def test_with_its_last_line_an_order_is_cancelled_and_refunded_whole_once(market: Market) -> None:
    made = await market.order()
    await market.pay_order(made["id"], TOTAL)
    line_id = made["lines"][0]["id"]
    await market.priya.call("order.cancel_line", order_id=made["id"], line_id=line_id, count=1, reason="one will do")
    over = await market.priya.call("order.cancel_line", order_id=made["id"], line_id=line_id, reason="none")
    assert over["state"] == "cancelled"
    await market.settle()
    refunds = [(refund["money"]["amount"], refund["reason"]) for refund in (await market.see(made["id"]))["refunds"]]
    assert refunds == [(PRICE, "cut"), (PRICE + FEE_AMOUNT, "cancelled")]
    with pytest.raises(asyncpg.CheckViolationError):
        async with market.node.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO order_refund (order_id, ref, amount, reason, made_at) VALUES ($1, $2, 1, 'again', now())",
                UUID(made["id"]),
                uuid4(),
            )
    await market.check()


async def test_of_a_cancellation_and_a_handover_at_once_one_happens(market: Market) -> None:
    for _ in range(4):
        made = await market.order(packs=1, fulfilment="pickup", address=None)
        await market.move(made["id"], "confirmed", "preparing", "ready")
        code = (await market.see(made["id"]))["handover_code"]
        answers = await asyncio.gather(
            market.here.pharmacist.call("order.set_status", order_id=made["id"], status="collected", code=code),
            market.priya.call("order.cancel", order_id=made["id"]),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        assert sum(isinstance(answer, IllegalMove) for answer in answers) == 1
        await market.settle()
        await market.check()


# --- paying -----------------------------------------------------------------------------------------------------------
async def test_paid_online_it_is_hidden_from_its_provider_until_the_money_came_in_time(market: Market) -> None:
    made = await market.order(payment_mode="online")
    assert (made["accept_by"], made["paid"]) == (None, None)
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("order.confirm", order_id=made["id"])
    assert (await market.here.pharmacist.call("order.list"))["rows"] == []
    assert await market.pay_order(made["id"], TOTAL + 1) == RefundDue(reason=Due.WRONG_AMOUNT)
    payment = uuid4()
    assert await market.pay_order(made["id"], TOTAL, payment) == Applied()
    assert await market.pay_order(made["id"], TOTAL, payment) == Applied()
    assert await market.pay_order(made["id"], TOTAL) == RefundDue(reason=Due.PAID_ALREADY)
    assert (await market.move(made["id"], "confirmed"))["state"] == "confirmed"

    late = await market.order(payment_mode="online")
    market.clock.turn(minutes=15)
    assert await market.pay_order(late["id"], TOTAL) == RefundDue(reason=Due.EXPIRED)
    await market.settle()
    assert (await market.see(late["id"]))["order"]["state"] == "cancelled"
    assert await market.pay_order(late["id"], TOTAL) == RefundDue(reason=Due.EXPIRED)
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    await market.check()


async def test_what_is_left_for_nothing_waits_for_no_money(market: Market) -> None:
    gift = await market.here.article("Sample", (400, 5), price={"amount": 0, "currency": "INR"})
    items = [{"item_id": str(market.paracetamol)}, {"item_id": str(gift)}]
    made = await market.order(items=items, fulfilment="pickup", address=None, payment_mode="online")
    assert made["accept_by"] is None
    left = await market.priya.call(
        "order.cancel_line", order_id=made["id"], line_id=made["lines"][0]["id"], reason="the sample will do"
    )
    assert (left["payment_mode"], left["total"]["amount"], left["pay_by"]) == ("free", 0, None)
    await market.later(minutes=16)
    await market.move(made["id"], "confirmed", "preparing", "ready", "collected")
    assert (await market.stock())["Sample"] == (4, 0)
    await market.check()


async def test_a_cancelled_order_owes_nothing_and_one_that_was_handed_over_still_does(market: Market) -> None:
    from channels.order import access as orders

    kept, dropped = await market.order(packs=1), await market.order(packs=1)
    await market.priya.call("order.cancel", order_id=dropped["id"])
    await market.move(kept["id"], "confirmed", "preparing", "ready", "out_for_delivery", "delivered")
    owed = [await market.shop.run(lambda ctx, i=one["id"]: orders.owed(ctx, UUID(i))) for one in (kept, dropped)]
    assert [one.money and one.money.amount for one in owed] == [PRICE + FEE_AMOUNT, None]
    assert await market.pay_order(dropped["id"], PRICE + FEE_AMOUNT) == RefundDue(reason=Due.CANCELLED)
    assert await market.pay_order(kept["id"], PRICE + FEE_AMOUNT) == Applied()


# --- the machines -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("state", OrderState),
        ("kind", ProviderKind),
        ("source", OrderSource),
        ("fulfilment", Fulfilment),
        ("payment_mode", PaymentMode),
    ],
)
async def test_the_database_knows_the_words_the_code_knows(database_url: str, column: str, words: Any) -> None:
    assert await checked_words(database_url, "orders", column) == {str(word) for word in words}


def test_the_machine_of_a_pharmacy_is_the_one_of_the_product() -> None:
    assert {state: set(PHARMACY.legal(state)) for state in S if PHARMACY.legal(state)} == {
        S.CREATED: {"confirm", "reject", "reoffer", "cancel"},
        S.REJECTED: {"reoffer"},
        S.CONFIRMED: {"prepare", "cancel"},
        S.PREPARING: {"make_ready", "cancel"},
        S.READY: {"send_out", "collect", "expire", "cancel"},
        S.OUT_FOR_DELIVERY: {"deliver", "fail"},
        S.FAILED: {"send_out", "bring_back"},
        S.DELIVERED: {"complete"},
        S.COLLECTED: {"complete"},
        S.REPORT_READY: {"complete"},
    }


def test_how_far_a_laboratory_is_nobody_sets_by_hand() -> None:
    for state in S:
        assert set(LABORATORY.possible(state)) <= {"confirm", "reject", "reoffer", "cancel"}
    assert LABORATORY.move(S.SAMPLE_REJECTED, "schedule") is S.SAMPLE_SCHEDULED
    assert LABORATORY.move(S.MISSED, "schedule") is S.SAMPLE_SCHEDULED


async def test_numbers_are_read_aloud_and_tell_nothing_of_how_many_there_are(market: Market) -> None:
    numbers = [(await market.order(packs=1))["number"] for _ in range(3)]
    values = [int(number.replace("-", "")) for number in numbers]
    assert len(set(values)) == 3
    assert all(abs(a - b) > 1_000 for a, b in itertools.pairwise(values))
