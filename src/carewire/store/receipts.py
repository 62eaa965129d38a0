"""Receipts: a command with a key has its effect once, and its reply is the same bytes for at least a day.

The claim is the first statement of the transaction and every effect depends on it; the reply is stored in the same
transaction. Two tries at once meet on the primary key: the second waits for the first to end, then finds its reply.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_type_hints
from uuid import UUID

import asyncpg
import msgspec

from carewire import access
from carewire.command import Command, Ctx
from carewire.errors import Field, InFlight, InvalidParams, KeyConflict, KeyExpired
from carewire.store.db import Tx

KEPT: Final = timedelta(hours=24)
"""A key works this long after it was made; its row outlives it by an hour."""
AHEAD_MAX: Final = timedelta(minutes=10)


class Claim(msgspec.Struct, frozen=True):
    """The right to run a command once."""

    account: UUID
    command: str
    key: UUID
    input: bytes


def made_at(key: UUID) -> datetime:
    """The moment a UUIDv7 was made (RFC 9562, section 5.7: 48 bits of milliseconds)."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def claim_of(command: Command, params: msgspec.Struct, key: UUID, account: UUID, real_now: datetime) -> Claim:
    """Check the key's form and age and fix what the input was. Raises `InvalidParams` or `KeyExpired`."""
    if key.version != 7 or made_at(key) - real_now > AHEAD_MAX:
        problem = "want a UUIDv7 made now" if key.version != 7 else "is dated in the future; use the server's time"
        raise InvalidParams(fields=(Field("$.idempotency_key", problem),))
    if real_now - made_at(key) > KEPT:
        raise KeyExpired()
    plain = msgspec.json.encode(msgspec.structs.replace(params, idempotency_key=None))
    return Claim(account=account, command=command.name, key=key, input=hashlib.sha256(plain).digest())


async def take(tx: Tx, claim: Claim) -> Any | None:
    """Claim the receipt; answers the stored row (`result`, `doors`) when the command ran before, else None."""
    try:
        tag = await tx.execute(
            "INSERT INTO receipt (account, command, key, input) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            claim.account,
            claim.command,
            claim.key,
            claim.input,
        )
    except asyncpg.LockNotAvailableError as waiting:
        raise InFlight(after_ms=500) from waiting
    if tag == "INSERT 0 1":
        return None
    row = await tx.fetchrow(
        "SELECT input, result, doors FROM receipt WHERE account = $1 AND command = $2 AND key = $3",
        claim.account,
        claim.command,
        claim.key,
    )
    if row is None or row["result"] is None:
        raise InFlight(after_ms=200)
    if row["input"] != claim.input:
        raise KeyConflict()
    return row


async def release(tx: Tx, claim: Claim) -> None:
    """Take the claim of this transaction back."""
    await tx.execute(
        "DELETE FROM receipt WHERE account = $1 AND command = $2 AND key = $3", claim.account, claim.command, claim.key
    )


def encode_doors(ctx: Ctx) -> bytes:
    """The doors this command passed, to be passed again before its stored reply is given away."""
    seen: dict[bytes, None] = {}
    for name, arguments in ctx.doors:
        seen[msgspec.json.encode((name, arguments))] = None
    return b"[" + b",".join(seen) + b"]"


async def pass_again(ctx: Ctx, doors: bytes) -> None:
    """Open the remembered doors with today's rights; raises what they raise."""
    for name, arguments in msgspec.json.decode(doors):
        function = access.REGISTRY[name]
        hints = get_type_hints(function)
        values = {key: msgspec.convert(value, hints[key], str_keys=True) for key, value in arguments.items()}
        await function(ctx, **values)


async def prune(tx: Tx) -> int:
    """Delete receipts whose keys no longer work; answers how many."""
    tag = await tx.execute("DELETE FROM receipt WHERE claimed_at < now() - $1::interval", KEPT + timedelta(hours=1))
    return int(tag.rsplit(" ", 1)[1])
