"""Paying online for an appointment of hers: whoever acts for her begins it, and goes on with what she began herself."""

from datetime import timedelta
from secrets import token_hex

from channels.identity import Capacity
from tests.access.cells.payment import about
from tests.access.matrix import Params, cells, hears
from tests.access.who import FAMILY, HERSELF, MONEY, SUPER, Who, holding
from tests.access.world import World

PATIENTS = holding(Capacity.PATIENT)


async def payment(w: World, asks: Who) -> Params:
    """One that the asker began and that failed, where she acts for the patient; else one of the patient's own."""
    account = w.account[asks if asks in FAMILY else HERSELF]
    payment_id = await w.sql(
        "INSERT INTO online_payment (id, about_noun, about_id, patient_id, payer_id, amount, currency, gateway, state,"
        " created_at, expires_at) VALUES (uuidv7(), 'appointment', $1, $2, $3, 100, 'INR', 'house', 'failed', $4,"
        " $5) RETURNING id",
        w.appointment,
        w.she,
        account,
        w.now,
        w.now + timedelta(minutes=1),
    )
    return {"payment_id": payment_id}


async def intent(w: World, _: Who) -> Params:
    """One at the gateway that development plays; whoever has its secret pays it."""
    ref = f"hi_{token_hex(16)}"
    secret = await w.sql(
        "INSERT INTO house_intent (ref, payment_id, secret, amount, currency, state, moved_at)"
        " VALUES ($1, uuidv7(), $2, 100, 'INR', 'pending', $3) RETURNING secret",
        ref,
        f"{ref}_secret_{token_hex(16)}",
        w.now,
    )
    return {"secret": secret, "becomes": "failed"}


cells("payment.create", lambda w: about(w, money={"amount": 1, "currency": "INR"}), opens=FAMILY)
cells("payment.retry", payment, opens=FAMILY)
cells("payment.status", payment, opens=FAMILY)
hears("payments:{account_id}", lambda w: w.account[HERSELF], opens={HERSELF})
cells("dev.pay", intent)
cells("payment.attempts", opens=PATIENTS)
cells("payment.gateway_refunds", opens={MONEY, SUPER}, says="forbidden")
