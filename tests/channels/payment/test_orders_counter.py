"""An order is paid where it is fetched.

H-123, H-189; PRODUCT 33.
"""

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
