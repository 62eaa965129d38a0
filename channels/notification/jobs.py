"""A fact becomes a notification: one row per person and fact, in her language."""

import structlog

from carewire.command import Ctx
from carewire.jobs.job import consumer
from carewire.jobs.problems import Temporary
from carewire.notice import REGISTRY, Notify
from channels.notification import access
from channels.notification.access import COLUMNS
from channels.notification.events import NotificationNew

log = structlog.get_logger("channels.notification")


@consumer(Notify, emits={NotificationNew})
async def tell(ctx: Ctx, job: Notify) -> None:
    """Write it down and tell her sockets; what she was told already is not told again."""
    fact = REGISTRY.get(job.fact)
    if fact is None:
        raise Temporary("no_fact")  # of a newer release
    if not await access.lock_list(ctx.tx, job.account_id):
        return
    locale: str = await ctx.tx.fetchval("SELECT locale FROM account WHERE id = $1", job.account_id)
    title, body = fact.say(locale, job.words)
    row = await ctx.tx.fetchrow(
        "INSERT INTO notification (account_id, fact, ref_id, about, title, body, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ON CONSTRAINT notification_once DO NOTHING"
        f" RETURNING {COLUMNS}",
        job.account_id,
        fact.name,
        job.ref,
        fact.about,
        title,
        body,
        ctx.now,
    )
    if row is not None:
        unread = await access.unread(ctx.tx, job.account_id)
        ctx.emit(NotificationNew(account_id=job.account_id, notification=access.view(row), unread=unread))
