"""How many may come: capacity and quotas of a session, tokens per account and day, remote join for who keeps coming."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from channels.queue.errors import NoRemoteJoin, QueueFull, TooManyTokens
from channels.queue.lifecycle import ACTIVE, EndReason, TokenKind, TokenState
from channels.queue.line import Line

ACTIVE_PER_DAY: Final = 3
STRIKES: Final = 3
"""This many missed turns of an account within `STRIKES_WITHIN` cost it joining from afar."""
STRIKES_WITHIN: Final = timedelta(days=90)


def check_room(line: Line, kind: TokenKind, *, more: int = 1) -> None:
    """Is there room for `more` tokens of this kind? Who was cancelled takes no room. Raises `QueueFull`."""
    session = line.session
    taken = [t.kind for t in line.tokens if t.state is not TokenState.CANCELLED]
    booked = sum(k is TokenKind.BOOKED for k in taken)
    used, limit, quota = (
        (booked, session.booked_quota, "booked")
        if kind is TokenKind.BOOKED
        else (len(taken) - booked, session.walk_in_quota, "walk_in")
    )
    if session.capacity is not None and len(taken) + more > session.capacity:
        raise _full("capacity", session.capacity, "patients")
    if limit is not None and used + more > limit:
        raise _full(quota, limit, "booked patients" if quota == "booked" else "patients without an appointment")


def _full(quota: str, limit: int, of: str) -> QueueFull:
    return QueueFull(f"The session takes {limit} {of} and has no room for more", quota=quota, limit=limit)


async def check_account(ctx: Ctx, account_id: UUID, day: datetime, zone: str, *, remote: bool) -> None:
    """May this account take one more token for the session's day, and from afar?"""
    # Two joins of one account at the same moment, into two sessions, lock different roots: the account's own lock
    # makes the second count the first.
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 5))", str(account_id))
    row = await ctx.tx.fetchrow(
        """SELECT count(*) FILTER (WHERE t.state = ANY ($2) AND
                      (s.starts_at AT TIME ZONE $4)::date = ($3::timestamptz AT TIME ZONE $4)::date) AS active,
                  count(*) FILTER (WHERE t.joined_at > $5 AND t.kind = 'remote'
                      AND (t.state = 'no_show' OR t.reason = $6)) AS strikes
             FROM token t JOIN session s ON s.id = t.session_id WHERE t.account_id = $1""",
        account_id,
        [state.value for state in ACTIVE],
        day,
        zone,
        ctx.now - STRIKES_WITHIN,
        EndReason.NOT_ARRIVED.value,
    )
    if row is not None and row["active"] >= ACTIVE_PER_DAY:
        raise TooManyTokens(limit=ACTIVE_PER_DAY)
    if remote and row is not None and row["strikes"] >= STRIKES:
        raise NoRemoteJoin(missed=row["strikes"])
