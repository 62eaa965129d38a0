"""Removing bytes: of deleted files at once, of what nobody refers to each night."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job, Trip, consumer, errand
from carewire.jobs.problems import Temporary
from carewire.providers import storage
from carewire.providers.storage import StorageAway

INCOMING: Final = "incoming"
"""Where a file lies while it comes in."""
KEPT: Final = "kept"
"""Where stored files lie."""
ORPHAN_AFTER: Final = timedelta(hours=25)
"""Bytes without a row may belong to an upload whose answer was lost: its key works for 24 hours."""
LOOSE_FOR: Final = timedelta(days=7)
"""How long a file may be attached to nothing."""
BATCH: Final = 500


class MediaRemoved(Job, name="media.removed"):
    """A file's row says deleted; its bytes go."""

    path: str


class LooseDue(Job, name="media.loose", cron="20 3 * * *", zone="Asia/Kolkata"):
    """Files that were never attached to anything, and uploads that are long over."""


class SweepDue(Job, name="media.sweep", cron="40 3 * * *", zone="Asia/Kolkata"):
    """Bytes that no row refers to: of uploads that broke off, and of answers that were lost."""


@errand(MediaRemoved)
async def remove(trip: Trip, job: MediaRemoved) -> None:
    """Remove the bytes; what is gone is gone."""
    try:
        await storage.provider(trip.settings).delete(job.path)
    except StorageAway as away:
        raise Temporary("storage_away") from away


@consumer(LooseDue)
async def delete_loose(ctx: Ctx, job: LooseDue) -> None:
    """Delete what nobody attached within a week."""
    rows = await ctx.tx.fetch(
        "UPDATE media SET deleted_at = $1, name = 'deleted' WHERE id IN (SELECT id FROM media"
        " WHERE deleted_at IS NULL AND about_noun IS NULL AND created_at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED)"
        " RETURNING path",
        ctx.now,
        ctx.now - LOOSE_FOR,
        BATCH,
    )
    for row in rows:
        ctx.enqueue(MediaRemoved(path=row["path"]))
    await ctx.tx.execute("DELETE FROM upload WHERE at < $1", ctx.real_now - timedelta(days=1))
    if len(rows) == BATCH:
        ctx.enqueue(LooseDue())


@errand(SweepDue)
async def sweep(trip: Trip, job: SweepDue) -> str:
    """Remove what has no row and is old enough; answers how many."""
    files = storage.provider(trip.settings)
    removed = 0
    old: list[str] = []
    try:
        for folder in (INCOMING, KEPT):
            async for path, written_at in files.list(folder):
                if written_at < trip.real_now - ORPHAN_AFTER:
                    old.append(path)
                if len(old) >= BATCH:
                    removed += await _remove_orphans(trip, files, old)
                    old.clear()
        removed += await _remove_orphans(trip, files, old)
    except StorageAway as away:
        raise Temporary("storage_away") from away
    return f"{removed} removed"


async def _remove_orphans(trip: Trip, files: storage.Storage, paths: list[str]) -> int:
    async with trip.db.snapshot() as tx:
        rows = await tx.fetch("SELECT path FROM media WHERE path = ANY($1) AND deleted_at IS NULL", paths)
    orphans = set(paths) - {row["path"] for row in rows}
    for path in orphans:
        await files.delete(path)
    return len(orphans)


def kept_path(account_id: UUID, upload_id: UUID, sha256: str) -> str:
    """Where these bytes of this upload lie: the same for every try with the same bytes, another for others."""
    return f"{KEPT}/{account_id}/{upload_id}/{sha256}"


def incoming_path(now: datetime, nonce: str) -> str:
    """Where a try lies while it comes in."""
    return f"{INCOMING}/{now:%Y%m%d}/{nonce}"
