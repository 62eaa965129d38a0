"""Who is asking. The platform knows actors by id, login and capacities; a domain plugs the knowledge in.

A capacity is a word (`"patient"`, `"desk"`); which words exist is the product's business. `ANYONE` (also without
login) and `KNOWN` (any login) are the platform's own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

import msgspec

from carewire.errors import Refusal
from carewire.store.db import Tx

if TYPE_CHECKING:
    from carewire.settings import Settings

ANYONE: Final = "anyone"
KNOWN: Final = "known"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """One login of one principal (an account or a display).

    `id` scopes receipts, rate limits and the `rights:{id}` topic. `expires_at` is when the access token runs out, in
    real time. `version` counts changes of this principal's rights.
    """

    id: UUID
    login_id: UUID
    capacities: frozenset[str]
    expires_at: datetime
    version: int = 0
    locale: str = "en"
    shut_at: datetime | None = None
    """From then on (real time) it owes an acceptance and opens only what is declared `owing`."""

    def may(self, allow: frozenset[str]) -> bool:
        """The coarse gate: does one of the capacities open a command with this `allow`?"""
        return ANYONE in allow or KNOWN in allow or not self.capacities.isdisjoint(allow)


class Identity(Protocol):
    """What a domain offers so that the gateway can tell who is on a socket. `real_now` is never the product's clock."""

    async def authenticate(self, tx: Tx, tokens: Sequence[str], real_now: datetime) -> Sequence[Actor | Refusal]:
        """The actor of each access token, or `Unauthenticated` when it is bad, expired or blacklisted."""

    async def reload(self, tx: Tx, actors: Sequence[Actor], real_now: datetime) -> Mapping[UUID, Actor]:
        """The same actors as they are now, by `login_id`; one that is missing has lost its login."""


_PLUGGED: list[Callable[["Settings"], Identity]] = []


def plug(factory: Callable[["Settings"], Identity]) -> None:
    """A domain offers the identity of this product; exactly one does."""
    if factory in _PLUGGED:
        return
    if _PLUGGED:
        raise TypeError("two domains offer an identity")
    _PLUGGED.append(factory)


def plugged(settings: "Settings") -> Identity:
    """The product's identity. Raises `LookupError` before discovery."""
    if not _PLUGGED:
        raise LookupError("no domain offers an identity; has the product been discovered?")
    return _PLUGGED[0](settings)
