"""What an upload leaves in the database. Run by the upload's route, never by a socket: it has the bytes."""

from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, Rate, command
from carewire.errors import Forbidden
from carewire.forms import Word
from channels.identity import Capacity
from channels.media import access
from channels.media.access import MediaView
from channels.media.errors import FileInUse, TooManyFiles
from channels.media.events import COLUMNS, UploadProgress, view
from channels.media.nouns import LOOSE_MAX, Bytes, FileName, MediaKind, Path, Sha256, Size, UploadState

PEOPLE: Final = frozenset(Capacity) - {Capacity.DISPLAY}
"""Who uploads: everybody with an account."""
RECORDS: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.LABORATORY, Capacity.STAFF})
"""Who brings medical records: patients, and who treats or tests them. No administrator (PRODUCT 3)."""
UPLOADING: Final = Rate(burst=30, per_minute=30, shared=True)
SAYING: Final = Rate(burst=600, per_minute=1_200)

# An upload that is over stays as it ended, whatever a slower twin of it still says.
_PUT = f"""INSERT INTO upload (account_id, id, kind, state, received, total, media_id, reason, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (account_id, id) DO UPDATE SET state = EXCLUDED.state, received = EXCLUDED.received,
   total = coalesce(EXCLUDED.total, upload.total), media_id = EXCLUDED.media_id, reason = EXCLUDED.reason,
   at = EXCLUDED.at
 WHERE upload.state <> 'stored' AND upload.kind = EXCLUDED.kind
RETURNING {COLUMNS}"""


@command(
    "media.receive",
    allow=PEOPLE,
    emits={UploadProgress},
    errors={Forbidden, TooManyFiles},
    receipt=False,
    rate=UPLOADING,
    http=True,
)
async def receive(ctx: Ctx, upload_id: UUID, kind: MediaKind, total: Bytes | None = None) -> None:
    """May this person upload this now? Asked before the first byte is read."""
    if kind is MediaKind.MEDICAL_RECORD and ctx.actor.capacities.isdisjoint(RECORDS):
        raise Forbidden()
    loose: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM media WHERE account_id = $1 AND deleted_at IS NULL AND about_noun IS NULL", ctx.actor.id
    )
    if loose >= LOOSE_MAX:
        raise TooManyFiles()
    await _tell(ctx, upload_id, kind, UploadState.RECEIVING, 0, total)


@command("media.progress", allow=PEOPLE, emits={UploadProgress}, receipt=False, rate=SAYING, http=True)
async def progress(
    ctx: Ctx, upload_id: UUID, kind: MediaKind, received: Bytes, total: Bytes | None = None, reason: Word | None = None
) -> None:
    """So much has come; with a `reason`, that is all and it was refused."""
    state = UploadState.REFUSED if reason else UploadState.RECEIVING
    await _tell(ctx, upload_id, kind, state, received, total, reason=reason)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file, and where its bytes are."""

    media: MediaView
    path: str


@command("media.store", allow=PEOPLE, emits={UploadProgress}, errors={FileInUse}, rate=UPLOADING, http=True)
async def store(
    ctx: Ctx, upload_id: UUID, kind: MediaKind, name: FileName, mime: Word, size: Size, sha256: Sha256, path: Path
) -> Kept:
    """The bytes are in the storage: the file exists from now on, and is the uploader's alone."""
    row = await ctx.tx.fetchrow(
        "INSERT INTO media (account_id, kind, name, mime, size, sha256, path, created_at)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {access.COLUMNS}",
        ctx.actor.id,
        str(kind),
        name,
        mime,
        size,
        bytes.fromhex(sha256),
        path,
        ctx.now,
    )
    kept = access.view(row)
    await _tell(ctx, upload_id, kind, UploadState.STORED, size, None, media_id=kept.id)
    return Kept(media=kept, path=path)


async def _tell(
    ctx: Ctx,
    upload_id: UUID,
    kind: MediaKind,
    state: UploadState,
    received: int,
    total: int | None,
    *,
    media_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    row = await ctx.tx.fetchrow(
        _PUT, ctx.actor.id, upload_id, str(kind), str(state), received, total, media_id, reason, ctx.real_now
    )
    if row is not None:
        ctx.emit(UploadProgress(account_id=ctx.actor.id, upload_id=upload_id, upload=view(row)))
