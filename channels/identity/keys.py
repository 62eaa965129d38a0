"""One key per purpose, derived from the deployment's secret: what signs tokens never also hashes codes."""

import base64
import functools
import hashlib
import hmac
from typing import Literal

from carewire.settings import Settings

Purpose = Literal["access token", "refresh chain", "otp", "throttle"]


def key(settings: Settings, purpose: Purpose) -> bytes:
    """The 32-byte key of this purpose."""
    return _key(settings.secret, purpose)


@functools.lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(hashlib.sha256(secret.encode()).digest(), f"carewire identity: {purpose}".encode(), "sha256")


def seal(settings: Settings, purpose: Purpose, *parts: str | bytes) -> bytes:
    """A keyed digest of these parts, unambiguous about where one ends."""
    message = b""
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        message += len(raw).to_bytes(4, "big") + raw
    return hmac.digest(key(settings, purpose), message, "sha256")


def fingerprint(token: str) -> bytes:
    """What is stored of a token with 256 random bits; such a token needs no keyed hash."""
    return hashlib.sha256(token.encode()).digest()


def text(raw: bytes) -> str:
    """Bytes as a token."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
