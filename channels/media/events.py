"""How far one's uploads are, for one's own sockets. Conflated: of each upload only the newest state counts."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import topic
from channels.identity.access import may_hear_oneself
from channels.media.nouns import MediaKind, UploadState

SHOWN: Final = timedelta(hours=1)


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """An upload: `received` of `total` bytes (null where the client did not say). `reason` says why it was refused."""

    upload_id: UUID
    kind: MediaKind
    state: UploadState
    received: int
    total: int | None
    media_id: UUID | None
    reason: str | None


class Uploads(msgspec.Struct, frozen=True, kw_only=True):
    """The uploads of the last hour, newest first."""

    uploads: list[UploadView]


class UploadProgress(Event, name="upload:progress", topic="uploads:{account_id}", durable=False, key="upload_id"):
    """An upload of yours went on, is stored, or was refused."""

    account_id: UUID
    upload_id: UUID
    upload: UploadView


COLUMNS = "id AS upload_id, kind, state, received, total, media_id, reason"


def view(row: Any) -> UploadView:
    """A row as its owner sees it."""
    return msgspec.convert(dict(row), UploadView)


@topic("uploads:{account_id}", may=may_hear_oneself)
async def uploads(ctx: Ctx, account_id: UUID) -> Uploads:
    """One's own uploads of the last hour."""
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM upload WHERE account_id = $1 AND at > $2 ORDER BY id DESC LIMIT 100",
        account_id,
        ctx.real_now - SHOWN,
    )
    return Uploads(uploads=[view(row) for row in rows])
