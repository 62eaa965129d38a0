"""Text messages as an admin sees them: how far they came and why one did not, never to whom or what it said."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire import metrics
from carewire.command import Ctx, query
from carewire.errors import InvalidParams
from carewire.event import Event
from carewire.forms import Cursor, Limit
from carewire.http.webhook import webhook
from carewire.providers import tracking, twilio_reports
from carewire.providers.twilio_reports import MessageReport
from carewire.store import paging
from carewire.store.paging import Page
from carewire.topic import Ask, topic
from channels.identity import Capacity, Scope
from channels.identity import access as identity
from channels.operation.lifecycle import LETTER, REPORTED, LetterState

SHOWN: Final = 30
"""How many the topic shows; others by `letter.list`."""
FAILURES: Final = frozenset({LetterState.FAILED, LetterState.UNDELIVERED})


class LetterChannel(StrEnum):
    """The ways whose gateways say what became of a letter."""

    SMS = "sms"


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A letter without reader and text. `kind` is the job that sent it, `problem` the gateway's number of an error."""

    id: UUID
    channel: LetterChannel
    kind: str | None
    state: LetterState
    problem: int | None
    at: datetime


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway said that a letter did not arrive. It may have arrived all the same, later: `letter.list` knows."""

    letter_id: UUID
    kind: str | None
    problem: int | None
    failed_at: datetime


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """The newest letters that did not arrive, the newest first."""

    newest: list[Failure]


class LetterFailed(Event, name="letter:failed", topic="letters:{channel}"):
    """A letter did not arrive."""

    channel: LetterChannel
    failure: Failure

    @staticmethod
    def apply(snapshot: Failures, event: "LetterFailed") -> Failures:
        """The snapshot after this event."""
        every = sorted([event.failure, *snapshot.newest], key=lambda f: (f.failed_at, f.letter_id), reverse=True)
        return Failures(newest=every[:SHOWN])


async def may_hear_letters(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Administrators with `super`, since they have it; what was told before is in the list."""
    rows = await ctx.tx.fetch(
        "SELECT account_id, min(since) AS since FROM admin_scope WHERE until IS NULL AND scope = 'super'"
        " AND account_id = ANY($1) GROUP BY account_id",
        await identity.with_scope(ctx.tx, Scope.SUPER),
    )
    since = {row["account_id"]: row["since"] for row in rows}
    return [since.get(actor.id) if key[0] in list(LetterChannel) else None for actor, key in asks]


@topic("letters:{channel}", may=may_hear_letters)
async def letters(ctx: Ctx, channel: str) -> Failures:
    """Letters of a channel that did not arrive."""
    rows = await ctx.tx.fetch(
        "SELECT id AS letter_id, kind, problem, failed_at FROM letter WHERE channel = $1 AND failed_at IS NOT NULL"
        " ORDER BY failed_at DESC, id DESC LIMIT $2",
        channel,
        SHOWN,
    )
    return Failures(newest=[msgspec.convert(dict(row), Failure) for row in rows])


@query("letter.list", allow={Capacity.ADMIN}, errors={InvalidParams})
async def list_(
    ctx: Ctx, state: LetterState | None = None, limit: Limit = 50, cursor: Cursor | None = None
) -> Page[LetterView]:
    """Letters of the last thirty days, newest first, those of a state or all. For those with `super`."""
    await identity.administrator(ctx, scopes=(Scope.SUPER,))
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        "SELECT id, channel, kind, state, problem, at FROM letter"
        " WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        state,
        before,
        limit + 1,
    )
    shown = [msgspec.convert(dict(row), LetterView) for row in rows[:limit]]
    return Page(rows=shown, cursor=paging.encode(shown[-1].id) if len(rows) > limit else None)


@webhook(
    tracking.GATEWAY,
    event=MessageReport,
    configured=lambda settings: bool(settings.sms_secrets),
    read=twilio_reports.read,
    content_type=twilio_reports.FORM,
    emits={LetterFailed},
)
async def hear_report(ctx: Ctx, report: MessageReport) -> bool:
    """A letter has come further, or not arrived. What comes late changes nothing."""
    by, name = ("id", report.letter) if report.letter else ("ref", report.sid)
    row = await ctx.tx.fetchrow(
        f"SELECT id, channel, kind, state, failed_at FROM letter WHERE {by} = $1 ORDER BY id LIMIT 1 FOR UPDATE", name
    )
    if row is None:
        return False
    move = REPORTED.get(report.status)
    if move is None or move not in LETTER.legal(LetterState(row["state"])):
        return True
    await _go_on(ctx, row, LETTER.move(row["state"], move), report)
    return True


async def _go_on(ctx: Ctx, row: Any, state: LetterState, report: MessageReport) -> None:
    first_failure = state in FAILURES and row["failed_at"] is None
    await ctx.tx.execute(
        "UPDATE letter SET state = $2, ref = coalesce(ref, $3), problem = coalesce(problem, $4),"
        " failed_at = coalesce(failed_at, $5) WHERE id = $1",
        row["id"],
        state,
        report.sid,
        report.problem,
        ctx.now if first_failure else None,
    )
    ctx.about("letter", row["id"])
    metrics.LETTERS_REPORTED.labels(row["channel"], state).inc()
    if first_failure:
        failure = Failure(letter_id=row["id"], kind=row["kind"], problem=report.problem, failed_at=ctx.now)
        ctx.emit(LetterFailed(channel=LetterChannel(row["channel"]), failure=failure))
