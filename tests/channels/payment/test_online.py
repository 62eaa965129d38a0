"""Money online: begun by who acts for the patient, finished with Stripe, and told once to what it is for.

H-081, H-082, M-054, M-154, M-155, M-156, M-272, M-274, M-362, M-363, M-364, M-365, M-376, M-381; PRODUCT 33;
decision 0170.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from carewire.errors import Forbidden, IllegalMove, NotFound
from carewire.ids import uuid7
from carewire.jobs.job import Trip
from carewire.node import Node
from channels.identity import demo as people
from channels.payment.asking import make_intent
from channels.payment.errors import NothingOwed, OtherAmount, PaymentOpen
from channels.payment.jobs import IntentMade, IntentWanted
from tests.channels.callers import Caller, rows, told
from tests.channels.payment.till import FIVE_HUNDRED, TOPIC, Till
from tests.providers.fakes import BREAK_OFF


async def state(till: Till, appointment: Any) -> str:
    return str((await till.priya.call("appointment.get", appointment_id=appointment["id"]))["state"])


# --- beginning --------------------------------------------------------------------------------------------------------
async def test_nobody_pays_for_whom_she_does_not_act_and_nothing_but_what_is_owed(
    till: Till, desk: Caller, stranger: Caller, doctor: Caller
) -> None:
    visit = await till.booked()
    for who in (desk, stranger, doctor):
        with pytest.raises((NotFound, Forbidden)):
            await who.call("payment.create", about="appointment", about_id=visit["id"], money=FIVE_HUNDRED)
    for wrong in ({"amount": 49_999, "currency": "INR"}, {"amount": 50_000, "currency": "USD"}):
        with pytest.raises(OtherAmount) as refused:
            await till.begin(visit, wrong)
        assert refused.value.data["owed"]["amount"] == 50_000
    with pytest.raises(NotFound):
        await till.begin({"id": str(uuid7())})
    await till.priya.call("appointment.cancel", appointment_id=visit["id"], reason="other")
    with pytest.raises(NothingOwed):
        await till.begin(visit)
    assert await rows(till.node, "SELECT FROM online_payment") == []
    assert till.fake.asked == []


async def test_what_an_app_pays_with_is_told_to_who_pays_alone_and_stands_open_nowhere(
    till: Till, doctor: Caller, stranger: Caller
) -> None:
    payment = await till.begin(await till.booked())
    assert (payment["state"], payment["ready"], payment["gateway"]) == ("pending", False, "stripe")
    assert (await till.priya.call("payment.status", payment_id=payment["id"]))["checkout"] is None
    await till.settle()
    seen = await till.priya.call("payment.status", payment_id=payment["id"])
    ref = await till.intent(payment)
    secret = till.fake.intents[ref]["client_secret"]
    assert seen["checkout"] == {"gateway": "stripe", "public_key": "pk_test_0123456789", "secret": secret}
    assert seen["payment"]["ready"]
    assert till.fake.intents[ref]["metadata"] == {"payment_id": payment["id"]}, "of her nothing leaves the house"
    for who in (doctor, stranger):
        with pytest.raises((NotFound, Forbidden)):
            await who.call("payment.status", payment_id=payment["id"])
    for table in ("online_payment", "job", "event", "receipt", "audit"):
        kept = await rows(till.node, f"SELECT t::text AS row FROM {table} t")
        assert not any(secret in row["row"] or secret.encode().hex() in row["row"] for row in kept), table
    await till.paid(payment)
    assert (await till.priya.call("payment.status", payment_id=payment["id"]))["checkout"] is None
    await till.check()


async def test_the_same_key_and_the_same_wish_are_one_payment_and_another_takes_its_place(till: Till) -> None:
    visit, key = await till.booked(), str(uuid7())
    first = await till.begin(visit, idempotency_key=key)
    assert await till.begin(visit, idempotency_key=key) == first
    assert (await till.begin(visit))["id"] == first["id"]
    await till.settle()
    async with till.node.db.transaction() as tx:  # the same in another currency, as if she were quoted anew
        await tx.execute("UPDATE appointment SET fee_amount = 40000 WHERE id = $1", UUID(visit["id"]))
    second = await till.begin(visit, {"amount": 40_000, "currency": "INR"})
    await till.settle()
    assert ((await till.see(first))["state"], (await till.see(first))["problem"]) == ("cancelled", "replaced")
    assert till.fake.intents[await till.intent(first)]["status"] == "canceled"
    assert (await till.see(second))["state"] == "pending"
    await till.check()


async def test_many_who_begin_at_once_begin_one(till: Till) -> None:
    visit = await till.booked()
    begun = await asyncio.gather(*(till.begin(visit) for _ in range(5)))
    assert len({payment["id"] for payment in begun}) == 1
    await till.settle()
    assert len(till.fake.intents) == 1


async def test_what_her_bank_has_is_waited_for(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    assert await till.hear(await till.event(payment, "processing", "processing")) == "done"
    with pytest.raises(PaymentOpen) as no:
        await till.begin(visit)
    assert no.value.data["payment_id"] == payment["id"]
    with pytest.raises(IllegalMove):
        await till.priya.call("payment.retry", payment_id=payment["id"])


# --- what the gateway tells -------------------------------------------------------------------------------------------
async def test_paid_it_counts_and_everybody_hears_of_it_once(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    await till.hear(await till.event(payment, "processing", "processing"))
    assert (await till.see(payment))["state"] == "processing"
    body = await till.event(payment, "succeeded", "succeeded")
    assert [await till.hear(body) for _ in range(3)] == ["done", "repeated", "repeated"]
    assert await till.paid(payment) == "done", "another event of the same is heard and changes nothing"
    seen = await till.see(payment)
    assert (seen["state"], seen["refund_reason"]) == ("completed", None)
    assert (seen["received"]["amount"], seen["refunded"]["amount"]) == (50_000, 0)
    assert await state(till, visit) == "appointment_confirmed"
    told_of = [data["payment"]["state"] for _, data in await told(till.node, TOPIC)]
    assert told_of == ["pending", "pending", "processing", "completed"]
    facts = await rows(till.node, "SELECT key FROM job WHERE key LIKE '%payment.received%'")
    assert len(facts) == 1
    with pytest.raises(NothingOwed):
        await till.begin(visit)
    await till.check()


async def test_no_order_of_words_walks_a_payment_backwards(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    early = await till.event(payment, "processing", "processing")
    refused = await till.event(payment, "payment_failed", "requires_payment_method")
    over = await till.event(payment, "canceled", "canceled")
    assert await till.paid(payment) == "done"
    for late in (early, refused, over):
        assert await till.hear(late) == "done"
        assert (await till.see(payment))["state"] == "completed"
    assert await state(till, visit) == "appointment_confirmed"
    await till.check()


async def test_an_older_word_than_the_last_one_moves_nothing(till: Till) -> None:
    payment = await till.ready(await till.booked())
    shown = till.fake.play(await till.intent(payment), "processing")
    now = int(till.node.clock.real_now().timestamp())
    old = till.fake.event("payment_intent.processing", shown, created=now - 60)
    no = {
        "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined", "decline_code": "lost_card"},
    }
    assert await till.hear(till.fake.event("payment_intent.payment_failed", shown | no, created=now)) == "done"
    assert ((await till.see(payment))["state"], (await till.see(payment))["problem"]) == ("failed", "lost_card")
    await till.hear(old)
    assert (await till.see(payment))["state"] == "failed"
    await till.hear(till.fake.event("payment_intent.processing", shown, created=now + 5))
    assert (await till.see(payment))["state"] == "processing", "she tried again with the same intent"
    await till.check()


async def test_one_event_on_two_nodes_at_once_is_told_once(till: Till) -> None:
    visit = await till.booked()
    payment = await till.ready(visit)
    other = Node(till.node.settings, work="none")
    await other.start()
    other.dispatcher.clock = till.node.dispatcher.clock
    try:
        body = await till.event(payment, "succeeded", "succeeded")
        another = till.fake.event("payment_intent.succeeded", till.fake.intents[await till.intent(payment)])
        answers = await asyncio.gather(
            *(till.hear(body, node) for node in (till.node, other) * 2), till.hear(another, other)
        )
        assert sorted(answers) == ["done", "done", "repeated", "repeated", "repeated"]
    finally:
        await other.stop()
    ((count,),) = await rows(till.node, "SELECT count(*) FROM appointment_payment")
    assert count == 1
    assert [data["payment"]["state"] for _, data in await told(till.node, TOPIC)].count("completed") == 1
    assert till.fake.refunds == {}
    await till.check()


async def test_what_nobody_knows_is_heard_and_changes_nothing(till: Till) -> None:
    payment = await till.ready(await till.booked())
    ref = await till.intent(payment)
    mine = till.fake.intents[ref]
    paid = {"status": "succeeded", "amount_received": 50_000}
    strange = [
        mine | paid | {"id": "pi_strange", "metadata": {}},
        mine | paid | {"id": "pi_strange", "metadata": {"payment_id": str(uuid7())}},
        mine | paid | {"id": "pi_second"},  # another intent that says it were for this payment
    ]
    for one in strange:
        assert await till.hear(till.fake.event("payment_intent.succeeded", one)) == "unknown"
    assert await till.hear(till.fake.event("charge.dispute.created", {"id": "dp_1"})) == "ignored"
    refund = {"id": "re_x", "status": "failed", "metadata": {"refund_id": str(uuid7())}}
    assert await till.hear(till.fake.event("refund.failed", refund)) == "unknown"
    assert (await till.see(payment))["state"] == "pending"
    await till.check()


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


# --- what the database says -------------------------------------------------------------------------------------------
async def test_the_database_says_no_when_the_code_forgets(till: Till) -> None:
    payment = await till.ready(await till.booked())
    await till.paid(payment)
    insert = (
        "INSERT INTO online_payment (id, about_noun, about_id, patient_id, payer_id, amount, currency, gateway, state,"
        " created_at, expires_at) SELECT uuidv7(), about_noun, {about}, patient_id, payer_id, amount, currency,"
        " gateway, {state}, created_at, expires_at FROM online_payment"
    )
    forged = [
        "UPDATE online_payment SET amount = 1",
        f"UPDATE online_payment SET payer_id = '{people.ADMIN_ID}'",
        "UPDATE online_payment SET state = 'pending', received = NULL, received_currency = NULL, completed_at = NULL",
        "UPDATE online_payment SET received = received + 1",
        "UPDATE online_payment SET refunded = 1",
        "UPDATE online_payment SET intent = 'pi_other'",
        "DELETE FROM online_payment",
        insert.format(about="about_id", state="'completed'"),
        "INSERT INTO gateway_refund (id, payment_id, amount, reason, due_at, state)"
        " SELECT uuidv7(), id, received + 1, 'x', completed_at, 'due' FROM online_payment",
        "INSERT INTO gateway_refund (id, payment_id, amount, reason, due_at, state, ref, sent_at)"
        " SELECT uuidv7(), id, 1, 'x', completed_at, 'sent', 're_1', completed_at FROM online_payment",
    ]
    for statement in forged:
        with pytest.raises(asyncpg.CheckViolationError):
            async with till.node.db.transaction() as tx:
                await tx.execute(statement)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with till.node.db.transaction() as tx:
            await tx.execute(insert.format(about="about_id", state="'pending'") + " CROSS JOIN generate_series(1, 2)")
