"""One entry of the audit: who did what, to what, by which right. Ids and keyed digests only, never a person's words.

The hash of an entry is made with a key made from the deployment's secret: whoever has only the database can neither
change an entry nor make one that passes.
"""

import functools
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from carewire.actor import Actor
from carewire.ids import uuid7
from carewire.store.db import Tx


class Kind(StrEnum):
    """What an entry records."""

    WRITE = "write"
    READ = "read"
    LOGIN = "login"
    LOGOUT = "logout"
    REFUSAL = "refusal"


class Read(NamedTuple):
    """Clinical data that is about to be shown: what it is, by which right, and whose."""

    noun: str
    id: UUID
    why: str
    patient: UUID | None
    by: Actor | None
    """Who reads, where it is not the caller (a topic is asked for by many at once)."""


class Entry(NamedTuple):
    """A row of `audit` without its position. The order of the fields is the form that is hashed."""

    id: UUID
    month: date
    at: datetime
    kind: str
    actor: UUID | None
    login: UUID | None
    command: str
    noun: str | None = None
    subject: UUID | None = None
    patient: UUID | None = None
    why: str | None = None
    reason: str | None = None
    times: int = 1
    input: str | None = None
    address: str | None = None
    agent: str | None = None


class Moment:
    """When entries are made (UTC), and their ids: one after the other, so that those of a transaction stay in order."""

    __slots__ = ("_next", "at", "month")

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.month = date(at.year, at.month, 1)
        self._next = uuid7(at.timestamp()).int & ~0xFFFF

    def entry(self, kind: str, who: Actor | None, command: str, *rest: Any) -> Entry:
        """The next entry; `rest` are its fields from the noun on."""
        self._next += 1
        actor, login = (who.id, who.login_id) if who else (None, None)
        return Entry(UUID(int=self._next), self.month, self.at, kind, actor, login, command, *rest)


Digest = Callable[[bytes], bytes]


class Keys:
    """What the audit derives from the deployment's secret: keyed hashes (BLAKE2b, 32 bytes), one key per purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(secret.encode()).digest()
        self.hash: Final = self._keyed("content")
        """The hash of an entry's form."""
        self.chain: Final = self._keyed("chain")
        """A root of the chain."""
        self._name = self._keyed("names")
        self.fingerprint: Final = self._keyed("fingerprint")(b"")[:8]
        self.pseudonym = functools.lru_cache(maxsize=4096)(self._pseudonym)

    def _keyed(self, purpose: str) -> Digest:
        key = hmac.digest(self._secret, f"carewire audit: {purpose}".encode(), "sha256")
        begun = hashlib.blake2b(key=key, digest_size=32)

        def digest(content: bytes) -> bytes:
            hash_ = begun.copy()  # half the time of beginning anew
            hash_.update(content)
            return hash_.digest()

        return digest

    def _pseudonym(self, text: str) -> str | None:
        """What stands for an address or a program: the same for the same, and nothing can be read from it."""
        return self._name(text.encode())[:16].hex() if text else None

    def digest(self, content: bytes) -> str:
        """What stands for a command's params."""
        return self._name(content).hex()


_encode: Final = msgspec.json.Encoder().encode


def form(entry: Sequence[Any]) -> bytes:
    """The bytes of an entry that are hashed and stored from."""
    return _encode(entry)


class Sheet(NamedTuple):
    """Entries as the database takes them."""

    forms: list[str]
    hashes: list[bytes]

    @classmethod
    def of(cls, entries: Iterable[Entry], keys: Keys) -> "Sheet":
        """Their forms and hashes."""
        forms = [form(entry) for entry in entries]
        return cls([raw.decode() for raw in forms], [keys.hash(raw) for raw in forms])


async def write(tx: Tx, sheet: Sheet) -> None:
    """Store entries in this transaction, for those who have no last statement to put them into."""
    if sheet.forms:
        await tx.execute("SELECT carewire_audit($1, $2)", sheet.forms, sheet.hashes)
