"""Money online that does not count, banks that say no, gateways that are away and nodes that die.

H-046, H-082, M-054, M-154, M-156, M-274, M-365, M-381; PRODUCT 33; decision 0170.
"""

import asyncio
from typing import Any

import msgspec
import pytest

from carewire.errors import Forbidden, IllegalMove, NotFound
from carewire.jobs.job import Trip
from channels.payment.asking import make_intent
from channels.payment.errors import NothingOwed
from channels.payment.jobs import IntentMade, IntentWanted
from tests.channels.callers import Caller, rows
from tests.channels.payment.test_online import state
from tests.channels.payment.till import FIVE_HUNDRED, Till
from tests.providers.fakes import BREAK_OFF


# --- money that does not count ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("came", [{"amount_received": 49_999}, {"amount_received": 50_000, "currency": "usd"}])
async def test_another_amount_or_currency_goes_back_whole(till: Till, came: Any) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    assert await till.paid(payment, **came) == "done"
    seen = await till.see(payment)
    assert (seen["state"], seen["refund_reason"]) == ("completed", "wrong_amount")
    assert await state(till, visit) == "booked"
    await till.settle()
    assert (await till.see(payment))["state"] == "refunded"
    ((_, refund),) = till.fake.refunds.items()
    assert (refund["amount"], refund["currency"]) == (came["amount_received"], came.get("currency", "inr"))
    assert (await till.begin(visit))["state"] == "pending", "it is still to be paid"
    await till.check()


async def test_money_that_comes_after_the_seat_was_let_go_goes_back_once(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    till.node.dispatcher.clock.turn(minutes=11)  # type: ignore[attr-defined]
    await till.settle(lambda name: name.startswith("appointment."))
    assert await state(till, visit) == "cancelled"
    body = await till.event(payment, "succeeded", "succeeded")
    assert [await till.hear(body), await till.hear(body), await till.paid(payment)] == ["done", "repeated", "done"]
    assert (await till.see(payment))["refund_reason"] == "expired"
    for _ in range(3):
        await till.settle()
    assert await till.refunds() == [(50_000, "expired", "sent")]
    assert len(till.fake.refunds) == 1
    seen = await till.see(payment)
    assert (seen["state"], seen["refunded"]["amount"]) == ("refunded", 50_000)
    assert await rows(till.node, "SELECT FROM counter_refund") == []
    await till.check()


async def test_of_two_payments_for_one_thing_the_second_goes_back(till: Till, desk: Caller) -> None:
    """One at the counter and one online; and two online, the first of which was given up."""
    visit = await till.booked(payment="counter")
    payment = await till.ready(visit)
    await desk.call("payment.take", about="appointment", about_id=visit["id"], money=FIVE_HUNDRED, means="cash")
    assert await till.paid(payment) == "done"
    assert (await till.see(payment))["refund_reason"] == "paid_already"

    visit = await till.booked()
    first = await till.ready(visit)
    no = {"last_payment_error": {"code": "card_declined"}}
    await till.hear(await till.event(first, "payment_failed", "requires_payment_method", **no))
    second = await till.ready(visit)
    assert second["id"] != first["id"]
    assert (await till.see(first))["state"] == "cancelled"
    assert await till.paid(second) == "done"
    assert await till.paid(first) == "done"
    assert ((await till.see(second))["refund_reason"], (await till.see(first))["refund_reason"]) == (
        None,
        "paid_already",
    )
    await till.settle()
    assert [one[1:] for one in await till.refunds()] == [("paid_already", "sent")] * 2
    assert len(till.fake.refunds) == 2
    await till.check()


async def test_who_paid_the_one_attempt_has_the_other_given_up(till: Till) -> None:
    """Late, but in time for the visit: the money counts, and what was begun meanwhile ends."""
    visit = await till.booked()
    first = await till.ready(visit)
    await till.hear(await till.event(first, "payment_failed", "requires_payment_method"))
    second = await till.ready(visit)
    assert await till.paid(first) == "done"
    assert (await till.see(first))["refund_reason"] is None
    assert ((await till.see(second))["state"], (await till.see(second))["problem"]) == ("cancelled", "paid_already")
    await till.settle()
    assert till.fake.intents[await till.intent(second)]["status"] == "canceled"
    assert till.fake.refunds == {}
    await till.check()


async def test_money_and_a_calling_off_at_the_same_moment_leave_nothing_half_done(till: Till, desk: Caller) -> None:
    """Whichever comes first: what was called off is paid back whole, once."""
    visits = [await till.booked() for _ in range(4)]
    payments = [await till.ready(visit) for visit in visits]
    bodies = [await till.event(payment, "succeeded", "succeeded") for payment in payments]
    calls = [
        doing
        for visit, body in zip(visits, bodies, strict=True)
        for doing in (
            till.hear(body),
            desk.call("appointment.cancel", appointment_id=visit["id"], reason="other"),
            till.hear(body),
        )
    ]
    for answer in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(answer, str | dict), answer
    await till.settle()
    assert len(till.fake.refunds) == len(payments)
    for payment in payments:
        seen = await till.see(payment)
        assert (seen["state"], seen["refunded"]["amount"]) == ("refunded", 50_000)
        assert seen["refund_reason"] in (None, "cancelled")
    await till.check()


async def test_money_online_and_at_the_desk_at_the_same_moment_counts_once(till: Till, desk: Caller) -> None:
    visits = [await till.booked(payment="counter") for _ in range(4)]
    payments = [await till.ready(visit) for visit in visits]
    bodies = [await till.event(payment, "succeeded", "succeeded") for payment in payments]
    cash = {"about": "appointment", "money": FIVE_HUNDRED, "means": "cash"}
    answers = await asyncio.gather(
        *(desk.call("payment.take", about_id=visit["id"], **cash) for visit in visits),
        *(till.hear(body) for body in bodies),
        return_exceptions=True,
    )
    assert answers[4:] == ["done"] * 4
    await till.settle()
    for payment, at_desk in zip(payments, answers, strict=False):
        seen = await till.see(payment)
        taken = isinstance(at_desk, dict)
        assert taken or isinstance(at_desk, NothingOwed), at_desk
        assert (seen["state"], seen["refund_reason"]) == (
            ("refunded", "paid_already") if taken else ("completed", None)
        )
    await till.check()


# --- failing, and trying again ----------------------------------------------------------------------------------------
async def test_a_bank_that_says_no_is_told_and_tried_again(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    no = {"last_payment_error": {"code": "card_declined"}}
    for _ in range(2):
        await till.hear(await till.event(payment, "processing", "processing"))
        await till.hear(await till.event(payment, "payment_failed", "requires_payment_method", **no))
        seen = await till.see(payment)
        assert (seen["state"], seen["problem"], seen["ready"]) == ("failed", "card_declined", True)
        again = await till.priya.call("payment.retry", payment_id=payment["id"])
        assert (again["id"], again["state"], again["problem"]) == (payment["id"], "pending", None)
        await till.settle()
    assert len(till.fake.intents) == 1
    facts = await rows(till.node, "SELECT FROM job WHERE key LIKE '%payment.failed%'")
    assert len(facts) == 2
    await till.paid(payment)
    assert await state(till, visit) == "appointment_confirmed"
    with pytest.raises(IllegalMove) as refused:
        await till.priya.call("payment.retry", payment_id=payment["id"])
    assert refused.value.data["state"] == "completed"
    await till.check()


async def test_what_is_tried_again_is_not_failed_anew_by_asking_what_it_failed_of(till: Till) -> None:
    """Stripe shows the last error of an intent until the next try. A no whose webhook is lost is found by asking."""
    payment = await till.ready(await till.booked())
    till.fake.play(await till.intent(payment), "requires_payment_method", last_payment_error={"code": "card_declined"})
    await till.later(minutes=3)
    assert ((await till.see(payment))["state"], (await till.see(payment))["problem"]) == ("failed", "card_declined")
    await till.priya.call("payment.retry", payment_id=payment["id"])
    for _ in range(2):
        await till.later(minutes=2)
        assert (await till.see(payment))["state"] == "pending"
    assert len(await rows(till.node, "SELECT FROM job WHERE key LIKE '%payment.failed%'")) == 1
    await till.paid(payment)
    assert (await till.see(payment))["refund_reason"] is None
    await till.check()


async def test_nobody_tries_again_what_is_anothers_or_over(till: Till, doctor: Caller) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    await till.hear(await till.event(payment, "payment_failed", "requires_payment_method"))
    with pytest.raises((NotFound, Forbidden)):
        await doctor.call("payment.retry", payment_id=payment["id"])
    await till.priya.call("appointment.cancel", appointment_id=visit["id"], reason="other")
    with pytest.raises(NothingOwed):
        await till.priya.call("payment.retry", payment_id=payment["id"])


# --- a gateway that is away, and nodes that die -----------------------------------------------------------------------
async def test_a_gateway_that_is_down_slow_or_silent_makes_one_intent_in_the_end(till: Till) -> None:
    payment = await till.begin(await till.booked())
    for trouble in (503, 429, BREAK_OFF, 500):
        till.fake.next.append(trouble)
        await till.settle()
        assert not (await till.see(payment))["ready"]
    await till.settle()
    assert (await till.see(payment))["ready"]
    assert len(till.fake.intents) == 1


async def test_a_gateway_that_does_not_take_it_fails_the_payment(till: Till) -> None:
    payment = await till.begin(await till.booked())
    till.fake.next.append(400)
    await till.settle()
    seen = await till.see(payment)
    assert (seen["state"], seen["problem"]) == ("failed", "told_so")
    await till.priya.call("payment.retry", payment_id=payment["id"])
    await till.settle()
    assert (await till.see(payment))["ready"]


async def test_a_node_that_dies_between_the_intent_and_its_row_leaves_one_intent(till: Till) -> None:
    payment = await till.begin(await till.booked())
    executor = till.executor()
    ((row, _),) = [one for one in await executor.claim_due(50) if one[0].name == "payment.intent_wanted"]
    clock, node = till.node.clock, till.node
    trip = Trip(
        ref=row.id, doubtful=False, now=clock.now(), real_now=clock.real_now(), settings=node.settings, db=node.db
    )
    brought = await make_intent(trip, msgspec.json.decode(row.payload, type=IntentWanted))
    assert isinstance(brought, IntentMade)  # it has an intent in its hand, and is killed
    assert not (await till.see(payment))["ready"]
    await till.at_once()
    await till.settle()
    assert (await till.see(payment))["ready"]
    assert len(till.fake.intents) == 1
    assert [one for one in till.fake.asked if one == "POST /v1/payment_intents"] == ["POST /v1/payment_intents"] * 2
    assert await till.intent(payment) == brought.intent.ref


async def test_money_may_come_before_we_have_noted_what_its_intent_is_called(till: Till) -> None:
    visit = await till.booked()
    payment = await till.begin(visit)
    await till.settle(lambda name: name == "payment.intent_wanted")
    (ref,) = till.fake.intents
    body = till.fake.event("payment_intent.succeeded", till.fake.play(ref, "succeeded"))
    assert await till.hear(body) == "done"
    await till.settle()
    seen = await till.see(payment)
    assert (seen["state"], seen["ready"], await till.intent(payment)) == ("completed", False, ref)
    assert await state(till, visit) == "appointment_confirmed"
    await till.check()


async def test_a_webhook_that_is_lost_is_made_up_for_by_asking(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    till.fake.play(await till.intent(payment), "succeeded")
    assert (await till.see(payment))["state"] == "pending"
    await till.later(minutes=3)
    assert (await till.see(payment))["state"] == "completed"
    assert await state(till, visit) == "appointment_confirmed"
    await till.check()


async def test_what_runs_out_is_given_up_at_the_gateway_first(till: Till) -> None:
    visit = await till.booked()
    payment, unasked = await till.ready(visit), await till.begin(await till.booked())
    async with till.node.db.transaction() as tx:  # a gateway that never answered about this one
        await tx.execute("DELETE FROM job WHERE name = 'payment.intent_wanted' AND state = 'open'")
    for _ in range(20):
        await till.later(minutes=2)
    for one in (payment, unasked):
        seen = await till.see(one)
        assert (seen["state"], seen["problem"], seen["ready"]) == ("cancelled", "expired", False)
    assert till.fake.intents[await till.intent(payment)]["status"] == "canceled"
    assert await rows(till.node, "SELECT FROM job WHERE state = 'open' AND name LIKE 'payment.%'") == []
    await till.check()
