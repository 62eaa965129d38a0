"""One's files: list, look, read by a link, delete."""

from datetime import datetime
from uuid import UUID

import msgspec

from carewire.command import Ctx, command, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Word
from carewire.store import paging
from carewire.store.paging import Page
from channels.media import access, links
from channels.media.access import MediaView
from channels.media.errors import FileInUse
from channels.media.jobs import MediaRemoved
from channels.media.nouns import MediaKind
from channels.media.storing import PEOPLE


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file can be read by whoever holds the link, until it expires or the right behind it ends."""

    url: str
    expires_at: datetime


@query("media.list", allow=PEOPLE, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    file_type: MediaKind | None = None,
    about: Word | None = None,
    about_id: UUID | None = None,
    limit: Limit = 30,
    cursor: Cursor | None = None,
) -> Page[MediaView]:
    """The files you uploaded that you may still read, newest first. `about` and `about_id` choose what they belong to.

    What was attached to somebody else's thing is found there, not here.
    """
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {access.COLUMNS} FROM media WHERE account_id = $1 AND deleted_at IS NULL"
        " AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR about_noun = $3)"
        " AND ($4::uuid IS NULL OR about_id = $4) AND ($5::uuid IS NULL OR id < $5) ORDER BY id DESC LIMIT $6",
        ctx.actor.id,
        file_type and str(file_type),
        about,
        about_id,
        before,
        limit + 1,
    )
    page = [access.view(row) for row in rows[:limit]]
    return Page(
        rows=await access.only_readable(ctx, page), cursor=paging.encode(page[-1].id) if len(rows) > limit else None
    )


@query("media.get", allow=PEOPLE, errors={NotFound})
async def get(ctx: Ctx, media_id: UUID) -> MediaView:
    """A file you may read."""
    return (await access.readable(ctx, media_id)).view


@query("media.link", allow=PEOPLE, errors={NotFound})
async def link(ctx: Ctx, media_id: UUID) -> Link:
    """A link to read a file with, good for five minutes. It asks for your right again when it is used."""
    found = await access.readable(ctx, media_id)
    token, expires_at = links.sign(ctx.settings, found.view.id, ctx.actor, ctx.real_now)
    return Link(url=f"{ctx.settings.public_http}{links.PATH}/{token}", expires_at=expires_at)


@command("media.delete", allow=PEOPLE, errors={NotFound, FileInUse}, shuts=True)
async def delete(ctx: Ctx, media_id: UUID) -> None:
    """Delete a file of yours that is attached to nothing; its bytes are removed."""
    found = await access.loose(ctx, media_id, lock=True)
    await ctx.tx.execute("UPDATE media SET deleted_at = $2, name = 'deleted' WHERE id = $1", found.view.id, ctx.now)
    ctx.enqueue(MediaRemoved(path=found.path))
