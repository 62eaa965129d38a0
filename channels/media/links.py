"""Links that read a file: they name a file and a login, live for minutes and are signed. A right is asked for at use.

A link is a bearer credential in an address, so it is short-lived, good for one file and worthless once the login ends.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.actor import Actor
from carewire.errors import NotFound
from carewire.settings import Settings

PATH: Final = "/api/v1/media"
LIFE: Final = timedelta(minutes=5)
_SIGNATURE_BYTES: Final = 16
_BODY_BYTES: Final = 16 + 16 + 16 + 5


def sign(settings: Settings, media_id: UUID, actor: Actor, real_now: datetime) -> tuple[str, datetime]:
    """The token of a link, and when it ends (real time)."""
    expires_at = real_now.replace(microsecond=0) + LIFE
    body = media_id.bytes + actor.id.bytes + actor.login_id.bytes + int(expires_at.timestamp()).to_bytes(5, "big")
    return base64.urlsafe_b64encode(body + _seal(settings, body)).decode().rstrip("="), expires_at


def read(settings: Settings, token: str, real_now: datetime) -> tuple[UUID, Actor]:
    """The file, and whose link it is, as far as the token knows. Raises `NotFound`, without saying why."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        raise NotFound() from None
    body, seal = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if len(body) != _BODY_BYTES or not hmac.compare_digest(seal, _seal(settings, body)):
        raise NotFound()
    expires_at = datetime.fromtimestamp(int.from_bytes(body[48:], "big"), UTC)
    if expires_at <= real_now:
        raise NotFound()
    actor = Actor(
        id=UUID(bytes=body[16:32]), login_id=UUID(bytes=body[32:48]), capacities=frozenset(), expires_at=expires_at
    )
    return UUID(bytes=body[:16]), actor


def _seal(settings: Settings, body: bytes) -> bytes:
    key = hmac.digest(settings.secret.encode(), b"carewire media: link", "sha256")
    return hmac.digest(key, body, "sha256")[:_SIGNATURE_BYTES]
