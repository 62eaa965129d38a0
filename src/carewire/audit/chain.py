"""The chain: rows in the order of their transactions, link by link, each root made of the one before.

A *leaf* binds a row's hash to its position, so that a row can be neither edited nor moved. A *seal* lists the leaves of
its rows and is bound to the seal before it by its root, a keyed hash: whoever has only the database makes no root that
passes, and a root that is kept elsewhere tells also a chain that was cut.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from carewire.audit.entry import Keys, form

LEAF: Final = 48
"""Bytes of a row in a seal's list: its id and its leaf."""


class Position(NamedTuple):
    """Where a row stands in the chain: transactions in the order of their ids, within one era of the database."""

    era: int
    xid: int
    id: UUID


START: Final = Position(-1, 0, UUID(int=0))


class Seal(NamedTuple):
    """A link of the chain."""

    n: int
    position: Position
    rows: int
    leaves: bytes
    epoch: str
    key: bytes
    root: bytes
    at: datetime

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Seal":
        """From the columns in the order of `COLUMNS`."""
        n, era, xid, last, rows, leaves, epoch, key, root, at = row
        return cls(n, Position(era, int(xid), last), rows, leaves or b"", epoch, key, root or b"", at)


COLUMNS: Final = "n, era, xid::text AS xid, last, rows, leaves, epoch, key, root, at"


def leaf(hash_: bytes, era: int, xid: int) -> bytes:
    """What a seal holds of a row."""
    return hashlib.sha256(b"%b%b%b" % (hash_, era.to_bytes(4, "big", signed=True), xid.to_bytes(8, "big"))).digest()


def root_of(seal: Seal, before: bytes, keys: Keys) -> bytes:
    """The root of a seal that follows this root (nothing, for the first)."""
    listed = hashlib.sha256(seal.leaves).digest()
    return keys.chain(before + listed + form([seal.n, *seal.position, seal.rows, seal.epoch, seal.key.hex(), seal.at]))
