"""Receipts: a command with a key has its effect once, and its reply is the same bytes for at least a day.

The claim is the first statement of the transaction and every effect depends on it; the reply is stored in the same
transaction. Two tries at once meet on the primary key: the second waits for the first to end, then finds its reply.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_type_hints
from uuid import UUID

import asyncpg
import msgspec

from carewire import access
from carewire.command import Command, Ctx
from carewire.errors import Field, InFlight, InvalidParams, KeyConflict, KeyExpired, Refusal
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


async def take(tx: Tx, claims: Sequence[Claim]) -> list[Any]:
    """Claim receipts of one command; answers for each, in order, one of three.

    None: it is claimed. The stored row (`result`, `doors`): the command ran before. A refusal: why it cannot be said.
    """
    accounts, keys = [c.account for c in claims], [c.key for c in claims]
    command = claims[0].command
    try:
        # In one order everywhere: two batches that share keys wait for each other and never in a circle.
        taken = await tx.fetch(
            """INSERT INTO receipt (account, command, key, input)
               SELECT account, $2, key, input
                 FROM unnest($1::uuid[], $3::uuid[], $4::bytea[]) AS claimed (account, key, input)
                ORDER BY account, key ON CONFLICT DO NOTHING RETURNING account, key""",
            accounts,
            command,
            keys,
            [c.input for c in claims],
        )
    except asyncpg.LockNotAvailableError as waiting:
        if len(claims) > 1:
            raise  # one of them is in flight elsewhere; each is tried alone
        raise InFlight(after_ms=500) from waiting
    if len(taken) == len(claims):
        return [None] * len(claims)
    mine = {(row["account"], row["key"]) for row in taken}
    found = await find(tx, claims)
    return [None if (c.account, c.key) in mine else row for c, row in zip(claims, found, strict=True)]


async def find(tx: Tx, claims: Sequence[Claim]) -> list[Any]:
    """What stands there to claims of one command that were made before: the stored row, or why it cannot be said."""
    rows = await tx.fetch(
        "SELECT account, key, input, result, doors FROM carewire_receipts($1, $2, $3)",
        claims[0].command,
        [c.account for c in claims],
        [c.key for c in claims],
    )
    found = {(row["account"], row["key"]): row for row in rows}
    return [_judge(c, found.get((c.account, c.key))) for c in claims]


def _judge(claim: Claim, row: Any | None) -> Any:
    """What a receipt that was there already means to this claim."""
    if row is None or row["result"] is None:
        return InFlight(after_ms=200)
    return row if row["input"] == claim.input else KeyConflict()


async def release(tx: Tx, claims: Sequence[Claim]) -> None:
    """Take claims of this transaction back: a refusal leaves no receipt, a bare claim would say `in_flight`."""
    await tx.execute(
        "SELECT carewire_release($1, $2, $3)",
        claims[0].command,
        [c.account for c in claims],
        [c.key for c in claims],
    )


def encode_doors(ctx: Ctx) -> bytes:
    """The doors this command passed, to be passed again before its stored reply is given away."""
    if not ctx.doors:
        return b"[]"
    seen: dict[bytes, None] = {}
    for name, arguments in ctx.doors:
        seen[msgspec.json.encode((name, arguments))] = None
    return b"[" + b",".join(seen) + b"]"


async def forget_shut(ctx: Ctx) -> None:
    """Of the doors this command passed keep those that open still: it shut the others itself."""
    doors, reads = list(ctx.doors), list(ctx.reads)
    open_: list[tuple[str, dict[str, Any]]] = []
    for name, arguments in doors:
        try:
            await access.REGISTRY[name](ctx, **arguments)
        except Refusal:
            continue
        open_.append((name, arguments))
    ctx.doors, ctx.reads = open_, reads


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
