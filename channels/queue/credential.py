"""A display's credential: a secret it got at pairing, good until it is revoked. Only its digest is stored."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.actor import Actor
from carewire.errors import Unauthenticated
from carewire.store.db import Tx
from channels.identity import Capacity, register_credential

PREFIX: Final = "disp_"
LIVES: Final = timedelta(days=3650)
"""A screen is not logged in again every quarter of an hour; revoking it is what ends it."""


def make() -> str:
    """A new secret."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret with 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


async def authenticate(tx: Tx, token: str, real_now: datetime) -> Actor:
    """The display with this secret. Raises `Unauthenticated` when there is none or it was revoked."""
    row = await tx.fetchrow("SELECT id FROM display WHERE secret_digest = $1 AND state <> 'revoked'", digest(token))
    if row is None:
        raise Unauthenticated()
    return actor(row["id"], real_now)


async def reload(tx: Tx, actors: Sequence[Actor], real_now: datetime) -> Mapping[UUID, Actor]:
    """The displays among these that are not revoked, as they are now."""
    asked = {actor.login_id: actor for actor in actors if Capacity.DISPLAY in actor.capacities}
    rows = await tx.fetch("SELECT id FROM display WHERE id = ANY ($1) AND state <> 'revoked'", list(asked))
    return {row["id"]: asked[row["id"]] for row in rows}


def actor(display_id: UUID, real_now: datetime) -> Actor:
    """A display is a principal of its own: its id is also its only login."""
    return Actor(
        id=display_id,
        login_id=display_id,
        capacities=frozenset({Capacity.DISPLAY.value}),
        expires_at=real_now + LIVES,
    )


register_credential(PREFIX, authenticate, reload)
