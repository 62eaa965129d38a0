"""The doors to files: a loose one is its uploader's, an attached one is read by who may read what it is attached to.

    @readers("verification")
    async def may_read(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]: ...

A domain that attaches files says so once, for many (account, thing) pairs in one query.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.store.db import Tx
from channels.media.errors import FileInUse
from channels.media.jobs import MediaRemoved
from channels.media.nouns import MediaKind

Reads = Callable[[Ctx, Sequence[tuple[UUID, UUID]]], Awaitable[list[datetime | None]]]

READERS: dict[str, Reads] = {}


class MediaView(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `about` and `about_id` name what it is attached to; `size` is in bytes."""

    id: UUID
    kind: MediaKind
    name: str
    mime: str
    size: int
    about: str | None
    about_id: UUID | None
    created_at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be read now, and where its bytes are."""

    media: MediaView
    path: str


class MediaRow(msgspec.Struct, frozen=True, kw_only=True):
    view: MediaView
    account_id: UUID
    path: str


COLUMNS = "id, kind, name, mime, size, about_noun AS about, about_id, created_at"


def readers(noun: str) -> Callable[[Reads], Reads]:
    """Declare who reads what is attached to things of this noun."""
    if noun in READERS:
        raise TypeError(f"who reads the files of {noun!r} is said twice")

    def declare(reads: Reads) -> Reads:
        READERS[noun] = reads
        return reads

    return declare


@door
async def readable(ctx: Ctx, media_id: UUID) -> MediaRow:
    """A file the caller may read now."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS}, account_id, path FROM media WHERE id = $1 AND deleted_at IS NULL", media_id
    )
    if row is None:
        raise NotFound()
    found = _row(row)
    if found.view.about is None or found.view.about_id is None:
        if found.account_id != ctx.actor.id:
            raise NotFound()
        return found
    reads = READERS.get(found.view.about)
    if reads is None or (await reads(ctx, [(ctx.actor.id, found.view.about_id)]))[0] is None:
        raise NotFound()
    return found


async def only_readable(ctx: Ctx, files: Sequence[MediaView]) -> list[MediaView]:
    """Those of the caller's own uploads that she may still read; one question for each noun."""
    by_noun: dict[str, list[MediaView]] = {}
    for file in files:
        if file.about is not None:
            by_noun.setdefault(file.about, []).append(file)
    denied: set[UUID] = set()
    for noun, some in by_noun.items():
        asks = [(ctx.actor.id, file.about_id) for file in some if file.about_id is not None]
        since = await READERS[noun](ctx, asks) if noun in READERS else [None] * len(some)
        denied |= {file.id for file, held in zip(some, since, strict=True) if held is None}
    return [file for file in files if file.id not in denied]


@door
async def loose(ctx: Ctx, media_id: UUID, *, lock: bool = False) -> MediaRow:
    """A file of the caller's that is attached to nothing. Raises `NotFound`, or `FileInUse` for one that is."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS}, account_id, path FROM media WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL"
        + (" FOR NO KEY UPDATE" if lock else ""),
        media_id,
        ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    if row["about"] is not None:
        raise FileInUse()
    return _row(row)


async def attach(ctx: Ctx, media_ids: Sequence[UUID], noun: str, thing_id: UUID, kinds: frozenset[MediaKind]) -> None:
    """Attach loose files of the caller's to a thing of hers, in her transaction. They are read by `readers(noun)` then.

    Attaching the same to the same again changes nothing. Raises `InvalidParams` naming the file that is not hers, not
    of these kinds, or attached elsewhere: whose it is else is nobody's business.
    """
    if noun not in READERS:
        raise LookupError(f"nobody says who reads the files of {noun!r}")
    rows = await ctx.tx.fetch(
        "SELECT id, about_noun, about_id FROM media WHERE id = ANY($1) AND account_id = $2 AND deleted_at IS NULL"
        " AND kind = ANY($3) ORDER BY id FOR NO KEY UPDATE",
        list(media_ids),
        ctx.actor.id,
        [str(kind) for kind in kinds],
    )
    mine = {row["id"] for row in rows if (row["about_noun"], row["about_id"]) in ((None, None), (noun, thing_id))}
    for index, media_id in enumerate(media_ids):
        if media_id not in mine:
            raise InvalidParams(fields=(Field(f"$.media_ids[{index}]", "is no loose file of yours of a fitting kind"),))
    await ctx.tx.execute(
        "UPDATE media SET about_noun = $2, about_id = $3, attached_at = $4 WHERE id = ANY($1) AND about_noun IS NULL",
        list(media_ids),
        noun,
        thing_id,
        ctx.now,
    )


async def of_thing(ctx: Ctx, noun: str, thing_id: UUID, media_id: UUID | None) -> Opened:
    """A file of a thing whose door the caller has passed; without `media_id` its oldest. Raises `NotFound`."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS}, account_id, path FROM media WHERE about_noun = $1 AND about_id = $2 AND deleted_at IS NULL"
        " AND ($3::uuid IS NULL OR id = $3) ORDER BY id LIMIT 1",
        noun,
        thing_id,
        media_id,
    )
    if row is None:
        raise NotFound()
    found = _row(row)
    return Opened(media=found.view, path=found.path)


async def discard(ctx: Ctx, noun: str, thing_id: UUID, *, keep: Sequence[UUID] = ()) -> None:
    """Delete the files of a thing, but for some: what they were attached to does not show them any more."""
    rows = await ctx.tx.fetch(
        "UPDATE media SET deleted_at = $3, name = 'deleted' WHERE about_noun = $1 AND about_id = $2"
        " AND deleted_at IS NULL AND id <> ALL ($4) RETURNING path",
        noun,
        thing_id,
        ctx.now,
        list(keep),
    )
    for row in rows:
        ctx.enqueue(MediaRemoved(path=row["path"]))


async def attached(tx: Tx, noun: str, thing_ids: Sequence[UUID]) -> dict[UUID, list[MediaView]]:
    """The files of these things, oldest first."""
    found: dict[UUID, list[MediaView]] = {thing_id: [] for thing_id in thing_ids}
    for row in await tx.fetch(
        f"SELECT {COLUMNS} FROM media WHERE about_noun = $1 AND about_id = ANY($2) AND deleted_at IS NULL ORDER BY id",
        noun,
        list(thing_ids),
    ):
        found[row["about_id"]].append(view(row))
    return found


def view(row: Any) -> MediaView:
    """A row as its readers see it."""
    return msgspec.convert(dict(row), MediaView)


def _row(row: Any) -> MediaRow:
    values = dict(row)
    account_id, path = values.pop("account_id"), values.pop("path")
    return MediaRow(view=view(values), account_id=account_id, path=path)
