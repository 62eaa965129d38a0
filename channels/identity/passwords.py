"""Passwords: argon2id, off the event loop, the same cost for known and unknown addresses.

A handler holds its transaction meanwhile, so the cost is kept near 30 ms (OWASP's argon2id minimum: 19 MiB, 2 passes);
the pool bounds how many run at once, and throttles how often.
"""

import asyncio
import functools
from typing import Annotated, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Meta

Password = Annotated[str, Meta(min_length=8, max_length=128, description="At least 8 characters; never logged")]

HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


async def digest(password: str) -> str:
    """The password's hash, to be stored."""
    return await asyncio.to_thread(HASHER.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Without a stored one it costs the same and is False."""
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        HASHER.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@functools.cache
def _nobodys() -> str:
    return HASHER.hash("the password of an address nobody has")
