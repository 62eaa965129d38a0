"""An order is paid where it is fetched.

H-123, H-189; PRODUCT 33.
"""

from typing import Any

import pytest

from carewire.errors import NotFound
from channels.payment.errors import NothingOwed
from tests.channels.callers import Caller
from tests.channels.request.conftest import admin, market, pharmacist, priya, stranger, technician
from tests.channels.request.market import Market

__all__ = ["admin", "market", "pharmacist", "priya", "stranger", "technician"]


async def test_an_order_is_paid_at_its_own_pharmacy_and_nowhere_else(
    market: Market, pharmacist: Caller, technician: Caller
) -> None:
    made = await market.order(fulfilment="pickup")
    params = {
        "about": "order",
        "about_id": made["id"],
        "money": {"amount": made["total"]["amount"], "currency": "INR"},
        "means": "upi",
    }
    for who in (technician, market.there.pharmacist):
        with pytest.raises(NotFound):
            await who.call("payment.take", **params)
    answer = await pharmacist.call("payment.take", **params)
    assert answer["answer"] == {"outcome": "applied"}
    assert (await market.see(made["id"]))["order"]["paid"]["amount"] == made["total"]["amount"]
    with pytest.raises(NothingOwed):
        await pharmacist.call("payment.take", **params)
    await market.check()


async def test_what_was_to_be_paid_online_may_be_paid_at_the_counter_in_time_and_not_afterwards(market: Market) -> None:
    """Whoever chose a gateway and stands at the counter is not sent away."""
    paid, late = await market.order(packs=1, payment_mode="online"), await market.order(packs=1, payment_mode="online")

    def take(made: Any) -> Any:
        money = {"amount": made["total"]["amount"], "currency": "INR"}
        return market.here.pharmacist.call(
            "payment.take", about="order", about_id=made["id"], money=money, means="cash"
        )

    assert (await take(paid))["answer"] == {"outcome": "applied"}
    assert (await market.move(paid["id"], "confirmed"))["state"] == "confirmed"
    market.clock.turn(minutes=15)
    with pytest.raises(NothingOwed):
        await take(late)
    await market.settle()
    assert (await market.stock())["Paracetamol 500"] == (10, 1)
    await market.check()
