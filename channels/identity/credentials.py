"""Principals that are no accounts: another domain registers how tokens with its prefix are resolved.

A display's token begins with `disp_`; the queue domain owns the table behind it and registers here when it is
imported, so identity never looks into a domain to its right.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from carewire.actor import Actor
from carewire.store.db import Tx

Authenticate = Callable[[Tx, str, datetime], Awaitable[Actor]]
Reload = Callable[[Tx, Sequence[Actor], datetime], Awaitable[Mapping[UUID, Actor]]]


class Credential(msgspec.Struct, frozen=True):
    """How tokens of one prefix become actors, and how those actors are looked up again (by `login_id`)."""

    prefix: str
    authenticate: Authenticate
    reload: Reload


CREDENTIALS: dict[str, Credential] = {}


def register(prefix: str, authenticate: Authenticate, reload: Reload) -> None:
    """Plug a kind of token in. `authenticate` gets the whole token and raises `Unauthenticated` when it is bad."""
    if not prefix.endswith("_") or prefix in CREDENTIALS:
        raise TypeError(f"credential prefix {prefix!r} must end in _ and be registered once")
    CREDENTIALS[prefix] = Credential(prefix, authenticate, reload)


def find(token: str) -> Credential | None:
    """The plugged resolver of this token, or None when it is one of ours."""
    return CREDENTIALS.get(token.split("_", 1)[0] + "_") if "_" in token else None
