"""What pharmacies and laboratories share: where they deliver or collect, for what fee, and whether they take orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from carewire.money import Money
from carewire.resource import Verb
from carewire.resource.writing import Write
from channels.directory.sites import COLUMNS, Site


class Deliverer(Site, frozen=True, kw_only=True):
    """A place that delivers, or collects samples. `delivery_fee` is null where it was never said."""

    served_postal_codes: list[str]
    delivery_fee: Money | None
    orders_paused_until: datetime | None


DELIVERY: Final = {
    **COLUMNS,
    "delivery_fee": "CASE WHEN e.delivery_fee IS NOT NULL THEN jsonb_build_object('amount', e.delivery_fee,"
    " 'currency', e.delivery_currency, 'exponent', currency_exponent(e.delivery_currency)) END",
}


def door_with_fee(door: Write) -> Write:
    """The door, with the fee written as the two columns it is."""

    async def may_write(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> Mapping[str, Any]:
        columns = dict(await door(ctx, verb, key, given))
        if "delivery_fee" in columns:
            fee: Money | None = columns["delivery_fee"]
            columns |= {"delivery_fee": fee and fee.amount, "delivery_currency": fee and fee.currency}
        return columns

    return may_write
