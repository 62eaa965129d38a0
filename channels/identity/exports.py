"""Everything we keep of a person, as one JSON document, put together by a job and fetched in parts over the socket.

The document is sealed while it lies, for three days. Who gets it must be who it is about: a login that owes a known
fact (PRODUCT 8) gets nothing, and every part is read anew against the caller's own account.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire import personal
from carewire.access import door
from carewire.actor import KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.errors import NotFound
from carewire.jobs.job import Job, consumer
from carewire.jobs.vault import Vault
from carewire.notice import fact
from channels.identity import access
from channels.identity.errors import FactDue
from channels.identity.subjects import subject_of

LIES: Final = timedelta(days=3)
PART_BYTES: Final = 32_768
SEAL: Final = "user.export"
ORDERING: Final = Rate(burst=3, per_minute=3 / 1440, shared=True)

EXPORT_READY: Final = fact(
    "export.ready",
    about="export",
    texts={
        "en": ("Your data is ready", "Everything kept about you can be downloaded for three days."),
        "hi": ("आपका डेटा तैयार है", "आपके बारे में रखी गई सारी जानकारी तीन दिन तक डाउनलोड की जा सकती है।"),
        "ar": ("بياناتك جاهزة", "يمكن تنزيل كل ما نحتفظ به عنك خلال ثلاثة أيام."),
    },
)


class ExportState(StrEnum):
    """Where an export stands."""

    WAITING = "waiting"
    READY = "ready"
    GONE = "gone"


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export. Ready ones are fetched with `user.export_part`; `sha256` is of all parts put together."""

    id: UUID
    state: ExportState
    asked_at: datetime
    parts: int | None
    sha256: str | None
    expires_at: datetime | None


class ExportPart(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of the document's text: put them together in their order."""

    n: int
    parts: int
    text: str


class ExportDue(Job, name="user.export"):
    """Somebody wants to know what we keep of her."""

    export_id: UUID


@command("user.export", allow={KNOWN}, owing=True, rate=ORDERING, errors={NotFound, FactDue})
async def order(ctx: Ctx) -> Export:
    """Ask for everything that is kept of you. You are told when it is ready (`export.ready`), mostly within a minute.

    While one is being made, this answers that one. Three a day.
    """
    await access.require_fact(ctx)
    if await ctx.tx.fetchval("SELECT true FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id) is None:
        raise NotFound()
    row = await ctx.tx.fetchrow("SELECT * FROM export_order WHERE account_id = $1 AND state = 'waiting'", ctx.actor.id)
    if row is None:
        row = await ctx.tx.fetchrow(
            "INSERT INTO export_order (account_id, asked_at) VALUES ($1, $2) RETURNING *", ctx.actor.id, ctx.now
        )
        assert row is not None
        ctx.enqueue(ExportDue(export_id=row["id"]))
    return _view(row)


@query("user.exports", allow={KNOWN}, owing=True)
async def list_exports(ctx: Ctx) -> list[Export]:
    """Your exports, newest first; at most ten."""
    rows = await ctx.tx.fetch(
        "SELECT * FROM export_order WHERE account_id = $1 ORDER BY id DESC LIMIT 10", ctx.actor.id
    )
    return [_view(row) for row in rows]


@query("user.export_part", allow={KNOWN}, owing=True, errors={NotFound, FactDue})
async def part(ctx: Ctx, export_id: UUID, n: Annotated[int, Meta(ge=1, le=10_000)]) -> ExportPart:
    """One part of your export, counted from 1. Each is at most 32 KiB of the document's bytes."""
    await access.require_fact(ctx)
    found = await own_export(ctx, export_id)
    sealed = await ctx.tx.fetchval("SELECT sealed FROM export_part WHERE export_id = $1 AND n = $2", found.id, n)
    if sealed is None or found.parts is None:
        raise NotFound()
    text = Vault(ctx.settings.secret).open(SEAL, sealed).decode()
    return ExportPart(n=n, parts=found.parts, text=text)


@door
async def own_export(ctx: Ctx, export_id: UUID) -> Export:
    """An export of the caller that still lies there."""
    row = await ctx.tx.fetchrow(
        "SELECT * FROM export_order WHERE id = $1 AND account_id = $2 AND state = 'ready' AND expires_at > $3",
        export_id,
        ctx.actor.id,
        ctx.now,
    )
    if row is None:
        raise NotFound()
    return _view(row)


@consumer(ExportDue)
async def put_together(ctx: Ctx, job: ExportDue) -> None:
    """Read every table that declared what it keeps, and lay the document down in sealed parts."""
    order = await ctx.tx.fetchrow(
        "SELECT id, account_id, asked_at FROM export_order WHERE id = $1 AND state = 'waiting' FOR UPDATE",
        job.export_id,
    )
    if order is None:
        return
    subject = await subject_of(ctx.tx, order["account_id"])
    document = {
        "about": {"account_id": order["account_id"], "patient_ids": subject.patients},
        "made_at": ctx.now,
        "kept": await personal.export(ctx.tx, subject),
    }
    pieces = list(_pieces(msgspec.json.encode(document).decode()))
    vault = Vault(ctx.settings.secret)
    for n, piece in enumerate(pieces, 1):
        await ctx.tx.execute(
            "INSERT INTO export_part (export_id, n, sealed) VALUES ($1, $2, $3)",
            order["id"],
            n,
            vault.seal(SEAL, piece.encode()),
        )
    await ctx.tx.execute(
        "UPDATE export_order SET state = 'ready', parts = $2, digest = $3, ready_at = $4, expires_at = $5"
        " WHERE id = $1",
        order["id"],
        len(pieces),
        hashlib.sha256("".join(pieces).encode()).digest(),
        ctx.now,
        ctx.now + LIES,
    )
    ctx.notify(order["account_id"], EXPORT_READY, order["id"])


async def forget(ctx: Ctx) -> None:
    """Documents that nobody fetched in time go."""
    rows = await ctx.tx.fetch(
        "UPDATE export_order SET state = 'gone' WHERE state = 'ready' AND expires_at <= $1 RETURNING id", ctx.now
    )
    await ctx.tx.execute("DELETE FROM export_part WHERE export_id = ANY($1)", [row["id"] for row in rows])


def _pieces(text: str) -> Any:
    """Whole characters, so that each part is text by itself; none is longer than the limit in UTF-8."""
    most = PART_BYTES // 4
    for start in range(0, len(text), most):
        yield text[start : start + most]


def _view(row: Any) -> Export:
    return Export(
        id=row["id"],
        state=ExportState(row["state"]),
        asked_at=row["asked_at"],
        parts=row["parts"],
        sha256=None if row["digest"] is None else row["digest"].hex(),
        expires_at=row["expires_at"],
    )
