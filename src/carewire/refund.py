"""How much of a price goes back, by how early somebody calls it off: steps, as data."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from carewire.errors import Field, InvalidParams
from carewire.money import Money


class RefundStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many hours before the beginning, or more, this share goes back."""

    hours_before: Annotated[int, Meta(ge=0, le=8_760)]
    percent: Annotated[int, Meta(ge=0, le=100)]


RefundSteps = Annotated[
    list[RefundStep],
    Meta(max_length=10, description="The earliest first; later than the last step nothing goes back"),
]


def require_falling(path: str, steps: Sequence[RefundStep]) -> None:
    """Raises `InvalidParams` unless hours fall, and percents do not rise."""
    if any(
        later.hours_before >= earlier.hours_before or later.percent > earlier.percent
        for earlier, later in pairwise(steps)
    ):
        raise InvalidParams(fields=(Field(path, "want falling hours, and never more back for later"),))


def percent(steps: Sequence[RefundStep], left: timedelta) -> int:
    """The share that goes back when so much time is left before the beginning."""
    return next((step.percent for step in steps if left >= timedelta(hours=step.hours_before)), 0)


def share(money: Money, of_hundred: int) -> Money:
    """So many hundredths of an amount, in whole minor units; half a unit goes to who paid."""
    return msgspec.structs.replace(money, amount=(money.amount * of_hundred + 50) // 100)
