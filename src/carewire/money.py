"""Money on the wire: whole minor units, a currency, and how many digits stand behind its point."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

ZERO_DIGITS: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DIGITS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217")]
Minor = Annotated[int, Meta(ge=0, le=1_000_000_000, description="In minor units, e.g. paise")]


def exponent(currency: str) -> int:
    """How many digits of an amount stand behind the point (ISO 4217): 0, 2 or 3."""
    return 0 if currency in ZERO_DIGITS else 3 if currency in THREE_DIGITS else 2


EXACT_MAX: Final = 2**53 - 1
"""The largest whole number that every client reads exactly."""


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units: 50000 INR with exponent 2 are five hundred rupees."""

    amount: Minor
    currency: Currency
    exponent: Annotated[int, Meta(ge=0, le=3)] | None = None
    """Digits behind the point. Always told; who gives it must give the currency's own."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for another currency's exponent: the amount would be a hundred times another."""
        if self.exponent is not None and self.exponent != exponent(self.currency):
            raise ValueError(f"{self.currency} has the exponent {exponent(self.currency)}")

    @classmethod
    def of(cls, amount: int, currency: str) -> "Money":
        """An amount of a row, as it is told: with its currency's exponent."""
        return cls(amount=amount, currency=currency, exponent=exponent(currency))

    def said(self) -> str:
        """For people, the same in every language: `INR 250.00`."""
        digits = exponent(self.currency)
        whole, rest = divmod(self.amount, 10**digits)
        return f"{self.currency} {whole}" + (f".{rest:0{digits}d}" if digits else "")


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of many amounts, in minor units: no price but a count, so that it may be more than a price can be."""

    amount: Annotated[int, Meta(ge=0, le=EXACT_MAX)]
    currency: Currency
    exponent: Annotated[int, Meta(ge=0, le=3)]

    @classmethod
    def of(cls, amount: int, currency: str) -> "Total":
        """A sum of rows; what lies beyond `EXACT_MAX` is told as that."""
        return cls(amount=min(amount, EXACT_MAX), currency=currency, exponent=exponent(currency))
