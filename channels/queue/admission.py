"""How many may come: capacity and quotas of a session, tokens per account and day, remote join for who keeps coming."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from carewire.store.db import Tx
from channels.queue.errors import NoRemoteJoin, QueueFull, TooManyTokens
from channels.queue.lifecycle import ACTIVE, EndReason, TokenKind, TokenState
from channels.queue.line import Line
from channels.session.access import Session

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


class Accounts:
    """What the accounts that join now hold already, and how often they did not come. Each is locked."""

    def __init__(self, days: dict[UUID, list[datetime]], missed: dict[UUID, int]) -> None:
        self._days = days
        self._missed = missed

    @classmethod
    async def lock(cls, tx: Tx, account_ids: Sequence[UUID], now: datetime) -> "Accounts":
        """Two joins of one account at the same moment, into two sessions, lock different roots: the account's own
        lock makes the second count the first. Locked in one order by everybody."""
        if not account_ids:
            return cls({}, {})
        await tx.execute(
            """SELECT pg_advisory_xact_lock(mine.key) FROM (
                   SELECT DISTINCT hashtextextended(id::text, 5) AS key FROM unnest($1::uuid[]) AS a (id) ORDER BY key
               ) mine""",
            account_ids,
        )
        rows = await tx.fetch(
            """SELECT t.account_id, array_agg(s.starts_at) FILTER (WHERE t.state = ANY ($2)) AS days,
                      count(*) FILTER (WHERE t.joined_at > $3 AND t.kind = 'remote'
                          AND (t.state = 'no_show' OR t.reason = $4)) AS missed
                 FROM token t JOIN session s ON s.id = t.session_id WHERE t.account_id = ANY ($1)
                GROUP BY t.account_id""",
            account_ids,
            [state.value for state in ACTIVE],
            now - STRIKES_WITHIN,
            EndReason.NOT_ARRIVED.value,
        )
        return cls(
            {row["account_id"]: list(row["days"] or ()) for row in rows},
            {row["account_id"]: row["missed"] for row in rows},
        )

    def take(self, account_id: UUID, session: Session, *, remote: bool) -> None:
        """One more token for the session's day. Raises `TooManyTokens` or, from afar, `NoRemoteJoin`."""
        days = self._days.setdefault(account_id, [])
        zone = ZoneInfo(session.zone)
        day = session.starts_at.astimezone(zone).date()
        if sum(other.astimezone(zone).date() == day for other in days) >= ACTIVE_PER_DAY:
            raise TooManyTokens(limit=ACTIVE_PER_DAY)
        missed = self._missed.get(account_id, 0)
        if remote and missed >= STRIKES:
            raise NoRemoteJoin(missed=missed)
        days.append(session.starts_at)
