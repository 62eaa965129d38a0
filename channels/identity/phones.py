"""Phone numbers in one spelling."""

from typing import Final

import phonenumbers

from carewire.errors import Field, InvalidParams
from carewire.settings import Settings

HOME_REGION: Final = "IN"
"""Where a number without a country code is taken to be."""


def normalise(settings: Settings, phone: str) -> str:
    """The number in E.164; raises `InvalidParams`.

    In production the number must be of a range that is in use. In development any possible number will do, so that
    a load test can make numbers up.
    """
    try:
        parsed = phonenumbers.parse(phone, HOME_REGION)
    except phonenumbers.NumberParseException:
        raise _refusal() from None
    usable = phonenumbers.is_valid_number if settings.mode == "production" else phonenumbers.is_possible_number
    if parsed.extension or not usable(parsed):
        raise _refusal()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _refusal() -> InvalidParams:
    return InvalidParams(fields=(Field("$.phone", "is not a telephone number"),))
