"""Time-ordered ids made here, so that a new token has its id before it is stored."""

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A version 7 UUID of this moment (RFC 9562)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
