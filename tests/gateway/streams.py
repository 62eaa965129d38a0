"""Streams of websocket clients, sound and hostile, each made from its number alone."""

import itertools
import operator
import random
import struct
from typing import Final

LIMITS: Final = (126, 1_000, 65_536)
"""Sizes of a message that a stream may be made for."""
TEXTS: Final = ["", "a", "{}", "é", "\U0001f600", "x" * 40, "ü" * 30, '{"id":1}', "\0", "\ud7ff\ue000", "日本"]
BAD_UTF8: Final = [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"ab\xe2\x82", b"\x80", b"\xf8\x88\x80"]
CODES: Final = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
    0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535
]  # fmt: skip


def frame(
    rng: random.Random, opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """A client frame; now and then its length is spelled longer than need be."""
    size = len(payload)
    longer = rng.random() < 0.02
    head = bytes((fin << 7 | rsv << 4 | opcode,))
    bit = 0x80 if mask else 0
    if size < 126 and not longer:
        head += bytes((bit | size,))
    elif size < 65536 and not (longer and size > 125):
        head += struct.pack("!BH", bit | 126, size)
    else:
        head += struct.pack("!BQ", bit | 127, size)
    if not mask:
        return head + payload
    key = rng.randbytes(4)
    return head + key + apply(payload, key)


def apply(payload: bytes, key: bytes) -> bytes:
    """Mask or unmask (RFC 6455 section 5.3)."""
    return bytes(map(operator.xor, payload, itertools.cycle(key)))


def text(rng: random.Random, limit: int) -> bytes:
    """Text, mostly sound; sometimes as long as may be, or longer."""
    if rng.random() < 0.05 and (limit < 2_000 or rng.random() < 0.01):
        return b"x" * (limit + rng.choice((-1, 0, 0, 1)))
    parts = [rng.choice(TEXTS).encode() for _ in range(rng.randrange(4))]
    if rng.random() < 0.04:
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(BAD_UTF8))
    return b"".join(parts)


def control(rng: random.Random) -> bytes:
    """A ping or pong."""
    size = rng.choice((0, 0, 1, 4, 4, 125, 126)) if rng.random() < 0.3 else rng.randrange(8)
    return frame(rng, rng.choice((9, 9, 10)), rng.randbytes(size), fin=rng.random() > 0.01)


def message(rng: random.Random, limit: int) -> list[bytes]:
    """A message, whole or in fragments with control frames between."""
    opcode = rng.choice((1, 1, 1, 2))
    payload = text(rng, limit)
    if rng.random() < 0.6:
        return [frame(rng, opcode, payload)]
    cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.randrange(4)))
    parts = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    frames = []
    for number, part in enumerate(parts):
        if number and rng.random() < 0.3:
            frames.append(control(rng))
        kind = 0 if number else opcode
        frames.append(frame(rng, kind, part, fin=number == len(parts) - 1))
    if rng.random() < 0.05:
        frames.pop(rng.randrange(len(frames)))
    return frames


def closing(rng: random.Random) -> bytes:
    """A close frame, mostly sound."""
    kind = rng.random()
    if kind < 0.2:
        return frame(rng, 8, b"")
    if kind < 0.25:
        return frame(rng, 8, rng.randbytes(1))
    reason = rng.choice([b"", b"bye", "é".encode(), b"r" * 123, b"r" * 124, *BAD_UTF8])
    return frame(rng, 8, struct.pack("!H", rng.choice(CODES)) + reason)


def broken(rng: random.Random) -> bytes:
    """What no client may send."""
    match rng.randrange(6):
        case 0:
            return frame(rng, rng.choice((3, 4, 7, 11, 15)), b"x")
        case 1:
            return frame(rng, rng.choice((0, 1, 2, 8, 9, 10)), b"x", rsv=rng.randrange(1, 8))
        case 2:
            return frame(rng, 1, b"{}", mask=False)
        case 3:
            return struct.pack("!BBQ", 0x81, 0xFF, rng.choice((2**63, 2**64 - 1, 2**32, 65_537)))
        case 4:
            return frame(rng, 0, b"out of place")
        case _:
            return rng.randbytes(rng.randrange(1, 20))


def make_stream(number: int) -> tuple[int, list[bytes], int | None]:
    """The size limit, the bytes as they arrive, and before which piece the server closes."""
    rng = random.Random(number)
    limit = rng.choice(LIMITS)
    frames: list[bytes] = []
    for _ in range(rng.randrange(1, 7)):
        kind = rng.random()
        if kind < 0.6:
            frames += message(rng, limit)
        elif kind < 0.8:
            frames.append(control(rng))
        elif kind < 0.9:
            frames.append(closing(rng))
        else:
            frames.append(broken(rng))
    whole = b"".join(frames)
    if 0 < len(whole) < 2_000 and rng.random() < 0.2:
        whole = mutate(rng, whole)
    kind = rng.random()
    if kind < 0.3 or not whole:
        pieces = [whole]
    elif kind < 0.5 and len(whole) < 400:
        pieces = [whole[i : i + 1] for i in range(len(whole))]
    else:
        cuts = sorted(rng.randrange(len(whole) + 1) for _ in range(rng.randrange(1, 9)))
        pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    close_at = rng.randrange(len(pieces)) if rng.random() < 0.1 else None
    return limit, [piece for piece in pieces if piece] or [b""], close_at


def mutate(rng: random.Random, whole: bytes) -> bytes:
    """Flip a bit, cut, double."""
    at, end = sorted((rng.randrange(len(whole)), rng.randrange(len(whole))))
    match rng.randrange(3):
        case 0:
            return whole[:at] + bytes((whole[at] ^ 1 << rng.randrange(8),)) + whole[at + 1 :]
        case 1:
            return whole[:at] + whole[end:]
        case _:
            return whole[:end] + whole[at:end] + whole[end:]
