"""Is a secret one that somebody could find? What production refuses."""

import math
import re
import zlib
from collections import Counter
from itertools import pairwise
from typing import Final

MIN_SECRET_CHARS: Final = 32
MIN_SECRET_BITS: Final = 96
"""What 32 hexadecimal digits drawn by a machine surely reach."""
MIN_PACKED_BITS: Final = 128
PACKING_BYTES: Final = 11
"""What zlib writes around the shortest text."""

# What guides, templates and keyboards say, as small letters and digits.
EXAMPLES: Final = frozenset(
    {
        *("password", "pass", "passw0rd", "secret", "admin", "root", "guest", "letmein", "changeme", "default"),
        *("postgres", "postgresql", "redis", "carewire", "medivoy", "healiinn", "test", "example"),
        *("qwerty", "123456", "12345678", "1234567890"),
    }
)
PLACEHOLDERS: Final = (
    "changeme", "changethis", "yoursecret", "supersecret", "secretkey", "replaceme", "examplekey", "jwtsecret",
    "mysecret", "insecure", "fortests", "donotuse", "notforproduction", "0123456789abcdef", "abcdefghijklmnop",
)  # fmt: skip


def is_weak(secret: str) -> bool:
    """Too short, a known example, or too little to guess.

    The bits are those of the characters as they are drawn, and those of the secret when it is packed, because what
    repeats packs well.
    """
    if len(secret) < MIN_SECRET_CHARS or is_example(secret):
        return True
    drawn = -sum(many * math.log2(many / len(secret)) for many in Counter(secret).values())
    packed = 8 * (len(zlib.compress(secret.encode(), 9)) - PACKING_BYTES)
    steps = Counter(ord(after) - ord(before) for before, after in pairwise(secret))
    climbs = steps.most_common(1)[0][1] > len(secret) / 3  # abcdef…, 02468…
    return climbs or drawn < MIN_SECRET_BITS or packed < MIN_PACKED_BITS


def is_example(secret: str) -> bool:
    """Does it stand in a guide, however it is written?"""
    plain = re.sub(r"[^a-z0-9]", "", secret.lower())
    return plain in EXAMPLES or any(word in plain for word in PLACEHOLDERS)
