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
from carewire.node import Node
from channels.identity import demo as people
from channels.payment.errors import NoGateway, NothingOwed, OtherAmount, PaymentOpen
from tests.channels.callers import Caller, rows, told
from tests.channels.payment.till import FIVE_HUNDRED, TOPIC, Till


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


async def test_without_a_gateway_nothing_is_begun(till: Till) -> None:
    without = msgspec.structs.replace(
        till.node.settings,
        mode="production",
        stripe_secret_key=None,
        stripe_public_key=None,
        stripe_webhook_secret=None,
    )
    visit, node = await till.booked(), Node(without, work="none")
    await node.start()
    node.dispatcher.clock = till.node.dispatcher.clock
    try:
        till.priya.node = node
        with pytest.raises(NoGateway):
            await till.begin(visit)
    finally:
        till.priya.node = till.node
        await node.stop()
    assert await rows(till.node, "SELECT FROM online_payment") == []


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
