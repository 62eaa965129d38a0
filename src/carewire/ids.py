"""UUIDv7 keys (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits, so that new rows sort last.

The database makes them with `uuidv7()`; this is for keys that are made before their row, and for clients' idempotency
keys. Python's own `uuid.uuid7` comes with 3.14.
"""

import secrets
import time
from datetime import UTC, datetime
from uuid import UUID


def uuid7(at_s: float | None = None) -> UUID:
    """A new key, dated now or at this Unix time in seconds."""
    ms = int((time.time() if at_s is None else at_s) * 1000)
    return UUID(int=(ms << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62))


def made_at(key: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond, UTC."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
