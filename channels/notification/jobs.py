"""A fact becomes a notification: one row per person, fact, what it is about and occasion, in her language."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import structlog

from carewire.command import Ctx
from carewire.jobs.job import consumer
from carewire.jobs.problems import Temporary
from carewire.notice import REGISTRY, STILL, Notify, NotifyMany
from channels.notification import access
from channels.notification.access import COLUMNS
from channels.notification.events import NotificationNew

log = structlog.get_logger("channels.notification")


@consumer(Notify, emits={NotificationNew})
async def tell(ctx: Ctx, job: Notify) -> None:
    """Write it down and tell her sockets; what she was told already is not told again."""
    await _tell(ctx, [job])


@consumer(NotifyMany, emits={NotificationNew})
async def tell_many(ctx: Ctx, job: NotifyMany) -> None:
    """The same for many, in a few statements."""
    await _tell(ctx, job.tellings)


async def _tell(ctx: Ctx, given: Sequence[Notify]) -> None:
    if any(one.fact not in REGISTRY for one in given):
        raise Temporary("no_fact")  # of a newer release
    locales = await access.lock_lists(ctx.tx, {one.account_id for one in given})
    known = [one for one in given if one.account_id in locales]
    stands = await _still(ctx, known)
    told = [one for one, is_true in zip(known, stands, strict=True) if is_true]
    said = [REGISTRY[one.fact].say(locales[one.account_id], one.words, one.moments) for one in told]
    moments = [next(iter(one.moments.values()), None) for one in told]
    rows = await ctx.tx.fetch(
        "INSERT INTO notification"
        " (account_id, fact, ref_id, occasion, about, title, body, happens_at, zone, created_at)"
        " SELECT *, $10 FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::timestamptz[], $9::text[]) ON CONFLICT ON CONSTRAINT notification_once DO NOTHING"
        f" RETURNING account_id, {COLUMNS}",
        [one.account_id for one in told],
        [one.fact for one in told],
        [one.ref for one in told],
        [one.occasion for one in told],
        [REGISTRY[one.fact].about for one in told],
        [title for title, _ in said],
        [body for _, body in said],
        [moment and moment.at for moment in moments],
        [moment and moment.zone for moment in moments],
        ctx.now,
    )
    left = Counter(row["account_id"] for row in rows)
    unread = await access.unread_of(ctx.tx, left)
    for row in sorted(map(dict, rows), key=lambda row: row["id"]):
        account_id: UUID = row.pop("account_id")
        left[account_id] -= 1
        ctx.emit(
            NotificationNew(
                account_id=account_id,
                notification=access.view(row),
                unread=unread[account_id] - left[account_id],
            )
        )


async def _still(ctx: Ctx, given: Sequence[Notify]) -> list[bool]:
    """Which of them their domains still stand by; what nobody is asked about is true."""
    stands = [True] * len(given)
    for name in sorted({one.fact for one in given} & STILL.keys()):
        asked = [n for n, one in enumerate(given) if one.fact == name]
        for n, is_true in zip(asked, await STILL[name](ctx, [given[n] for n in asked]), strict=True):
            stands[n] = is_true
    return stands
