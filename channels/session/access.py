"""The doors to a sitting: who may see it, who may run it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import Field, InvalidParams, NotFound
from carewire.store.db import Tx
from channels.directory.access import VERIFIED
from channels.identity import Duty
from channels.session.lifecycle import PauseReason, SessionState

DESK: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.NURSE})
"""The duties that run a line at their place."""


class Session(Struct, frozen=True, kw_only=True):
    """A sitting as its commands see it. Frozen: a changed one is stored by `store`."""

    id: UUID
    doctor_id: UUID
    place_id: UUID
    room_id: UUID | None = None
    zone: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    capacity: int | None = None
    booked_quota: int | None = None
    walk_in_quota: int | None = None
    remote_join: bool = False
    multi_room: bool = False
    average_minutes: float = 10.0
    grace_minutes: int = 5
    back_after: int = 3
    state: SessionState = SessionState.SCHEDULED
    started_at: datetime | None = None
    delayed_until: datetime | None = None
    paused_reason: PauseReason | None = None
    paused_at: datetime | None = None
    resumes_at: datetime | None = None
    ended_at: datetime | None = None


COLUMNS: Final = ", ".join(f"s.{name}" for name in Session.__struct_fields__)
STORED: Final = tuple(name for name in Session.__struct_fields__ if name not in ("id", "doctor_id", "place_id", "zone"))

AT_DESK: Final = f"""(
    EXISTS (SELECT FROM {VERIFIED} JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = s.place_id
               AND f.state = 'accepted' WHERE d.id = s.doctor_id AND d.account_id = $2)
    OR EXISTS (SELECT FROM membership m WHERE m.account_id = $2 AND m.place_id = s.place_id AND m.duty = ANY ($3)
               AND m.until IS NULL))"""
"""The desk of the place, or the doctor herself while verified and working there: `$2` account, `$3` duties."""


def from_row(row: Any) -> Session:
    """The struct of a record that selected `COLUMNS`."""
    values = {name: row[name] for name in Session.__struct_fields__}
    values["state"] = SessionState(values["state"])
    values["paused_reason"] = None if values["paused_reason"] is None else PauseReason(values["paused_reason"])
    return Session(**values)


@door
async def session(ctx: Ctx, session_id: UUID, *, lock: bool = False) -> Session:
    """A sitting as anybody with a login may see it: that it exists, when, where, how far it is."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM session s WHERE s.id = $1{' FOR UPDATE' if lock else ''}", session_id
    )
    if row is None:
        raise NotFound()
    return from_row(row)


@door
async def desk(ctx: Ctx, session_id: UUID, *, lock: bool = False) -> Session:
    """A sitting for those who run it: the desk of its place and its doctor. A stranger gets `NotFound`."""
    row = await ctx.tx.fetchrow(
        f"SELECT {COLUMNS} FROM session s WHERE s.id = $1 AND {AT_DESK}{' FOR UPDATE' if lock else ''}",
        session_id,
        ctx.actor.id,
        list(DESK),
    )
    if row is None:
        raise NotFound()
    return from_row(row)


async def sessions(tx: Tx, session_ids: Sequence[UUID]) -> list[Session | None]:
    """`session` for the members of a batch, in their order: each sitting locked once, in the order of the ids."""
    rows = await tx.fetch(
        f"SELECT {COLUMNS} FROM session s WHERE s.id = ANY ($1) ORDER BY s.id FOR UPDATE", session_ids
    )
    found = {row["id"]: from_row(row) for row in rows}
    return [found.get(session_id) for session_id in session_ids]


async def desks(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[Session | None]:
    """`desk` for (account, sitting) pairs, in their order. What nobody of them runs is not even locked."""
    rows = await tx.fetch(_DESKS, [account for account, _ in asks], [sitting for _, sitting in asks], list(DESK))
    found = {row["id"]: (from_row(row), frozenset(row["accounts"])) for row in rows}
    return [found[sitting][0] if sitting in found and account in found[sitting][1] else None
            for account, sitting in asks]  # fmt: skip


_DESKS: Final = f"""
WITH asks AS (
    SELECT DISTINCT ask.account, ask.sitting FROM unnest($1::uuid[], $2::uuid[]) AS ask (account, sitting)
), open AS (
    SELECT ask.sitting, array_agg(ask.account) AS accounts FROM asks ask JOIN session s ON s.id = ask.sitting
     WHERE {AT_DESK.replace("$2", "ask.account")} GROUP BY ask.sitting
)
SELECT {COLUMNS}, open.accounts FROM session s JOIN open ON open.sitting = s.id ORDER BY s.id FOR UPDATE OF s"""


async def find(tx: Tx, session_id: UUID) -> Session:
    """A sitting for a snapshot, whose topic has checked the right already."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM session s WHERE s.id = $1", session_id)
    if row is None:
        raise NotFound()
    return from_row(row)


async def locked(tx: Tx, session_id: UUID) -> Session | None:
    """The root row for jobs, which act for nobody: no right to check, and it may be gone."""
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM session s WHERE s.id = $1 FOR UPDATE", session_id)
    return None if row is None else from_row(row)


async def store(tx: Tx, before: Session, after: Session) -> None:
    """Write what changed of a locked sitting."""
    changed = [name for name in STORED if getattr(before, name) != getattr(after, name)]
    if changed:
        settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, 2))
        await tx.execute(
            f"UPDATE session SET {settings} WHERE id = $1", after.id, *(getattr(after, name) for name in changed)
        )


async def runs(ctx: Ctx, session_id: UUID) -> bool:
    """Does the caller run this sitting?"""
    found: bool = await ctx.tx.fetchval(
        f"SELECT EXISTS (SELECT FROM session s WHERE s.id = $1 AND {AT_DESK})",
        session_id,
        ctx.actor.id,
        list(DESK),
    )
    return found


async def only_place(ctx: Ctx) -> UUID:
    """The one place whose desk the caller runs or where she practises; `InvalidParams` when there are several."""
    rows = await ctx.tx.fetch(
        """SELECT place_id FROM membership WHERE account_id = $1 AND duty = ANY ($2) AND until IS NULL
           UNION SELECT a.place_id FROM affiliation a JOIN doctor d ON d.id = a.doctor_id
                  WHERE d.account_id = $1 AND a.state = 'accepted' LIMIT 2""",
        ctx.actor.id,
        list(DESK),
    )
    if not rows:
        raise NotFound()
    if len(rows) > 1:
        raise InvalidParams(fields=(Field("$.place_id", "you have several places; name one"),))
    place_id: UUID = rows[0]["place_id"]
    return place_id
