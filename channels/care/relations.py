"""Relationships as the patient's side sees, makes and ends them, and as a desk has one confirmed."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.access import door
from carewire.command import Ctx, Rate, command, query
from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.jobs.job import Job, consumer
from channels.care import access, asking
from channels.care.errors import NotHerHand
from channels.care.lifecycle import RELATIONSHIP
from channels.care.nouns import RelationState
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.identity.errors import CodeGone, WrongCode

Code = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", description="The six digits of the message to the patient")]
CONFIRMING: Final = Rate(burst=20, per_minute=20, shared=True)
DESK: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.NURSE, Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that may enter a code at their place."""
BATCH: Final = 500


class RelationView(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see a patient's summary because she goes there; nothing is opened unless it is `standing`.

    `doctor_id` is null where it is the place itself. `open_until`: as things are, then it lapses.
    """

    id: UUID
    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    state: RelationState
    made_at: datetime | None
    last_visit_at: datetime | None
    open_until: datetime | None


_COLUMNS: Final = """r.id, r.patient_id, r.doctor_id, r.place_id, r.made_at, r.last_visit_at,
       CASE WHEN r.state = 'standing' THEN relationship_until(r.last_visit_at, r.expected_until) END AS open_until,
       r.state"""


@query("relation.list", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def list_relations(ctx: Ctx, patient_id: UUID | None = None) -> list[RelationView]:
    """The relationships of a patient one acts for, and what was asked for; the latest first, at most 200."""
    patient = await identity.patient(ctx, patient_id)
    rows = await ctx.tx.fetch(
        f"SELECT {_COLUMNS} FROM relationship r WHERE r.patient_id = $1 ORDER BY r.id DESC LIMIT 200", patient.id
    )
    return [_view(row, ctx.now) for row in rows]


@command("relation.accept", allow={Capacity.PATIENT}, errors={NotFound, IllegalMove, NotHerHand})
async def accept(ctx: Ctx, relation_id: UUID) -> RelationView:
    """Say yes to what a desk asked for, in the app instead of by the code."""
    row = await own(ctx, relation_id, lock=True)
    if row["state"] != RelationState.ASKED:
        raise IllegalMove(state=row["state"], move="accept", legal=RELATIONSHIP.possible(RelationState(row["state"])))
    return await _stand(ctx, row, ctx.actor.id)


@command("relation.end", allow={Capacity.PATIENT}, errors={NotFound, IllegalMove})
async def end(ctx: Ctx, relation_id: UUID) -> RelationView:
    """End a relationship, or say no to one that is asked for. Who saw the patient's data sees it no more, at once."""
    row = await own(ctx, relation_id, lock=True)
    state = RELATIONSHIP.move(row["state"], "end")
    await ctx.tx.execute(
        "UPDATE relationship SET state = $2, ended_at = $3, expected_until = NULL WHERE id = $1",
        relation_id,
        state,
        ctx.now,
    )
    await access.readers_changed(ctx, [(row["doctor_id"], row["place_id"])])
    return _view(await _row(ctx, relation_id), ctx.now)


@command(
    "relation.confirm",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    receipt=False,
    rate=CONFIRMING,
    errors={NotFound, WrongCode, CodeGone},
)
async def confirm(ctx: Ctx, relation_id: UUID, code: Code) -> RelationView:
    """Enter the code that the patient tells. For the doctor it is about and the staff of the place."""
    row = await asked_here(ctx, relation_id, lock=True)
    await asking.use_code(ctx, relation_id, code)
    return await _stand(ctx, row, None)


async def _stand(ctx: Ctx, row: Any, made_by: UUID | None) -> RelationView:
    """The patient's side had a hand in it now; she is there, so it counts as a visit."""
    state = RELATIONSHIP.move(row["state"], "make")
    standing = row["open_until"] is not None and row["open_until"] > ctx.now
    await ctx.tx.execute(
        "UPDATE relationship SET state = $2, made_by = $3, hand_at = $4, last_visit_at = greatest(last_visit_at, $4),"
        " made_at = CASE WHEN $5 THEN made_at ELSE $4 END, ended_at = NULL WHERE id = $1",
        row["id"],
        state,
        made_by,
        ctx.now,
        standing,
    )
    return _view(await _row(ctx, row["id"]), ctx.now)


@door
async def own(ctx: Ctx, relation_id: UUID, *, lock: bool = False) -> Any:
    """A relationship of a patient the caller acts for."""
    if lock:
        await ctx.tx.execute("SELECT FROM relationship WHERE id = $1 FOR UPDATE", relation_id)
    row = await _row(ctx, relation_id)
    if await identity.guards(ctx.tx, ctx.actor.id, row["patient_id"]) is None:
        raise NotFound()
    return row


@door
async def asked_here(ctx: Ctx, relation_id: UUID, *, lock: bool = False) -> Any:
    """A relationship with the caller as the doctor, or with the place where she works or a doctor of it."""
    if lock:
        await ctx.tx.execute("SELECT FROM relationship WHERE id = $1 FOR UPDATE", relation_id)
    row = await _row(ctx, relation_id)
    doctor = row["doctor_id"] is not None and await ctx.tx.fetchval(
        f"SELECT EXISTS (SELECT FROM {directory.VERIFIED}"
        " JOIN affiliation f ON f.doctor_id = d.id AND f.state = 'accepted'"
        " WHERE d.id = $1 AND d.account_id = $2 AND f.place_id = $3)",
        row["doctor_id"],
        ctx.actor.id,
        row["place_id"],
    )
    if not doctor and not DESK & await identity.duties(ctx, row["place_id"]):
        raise NotFound()
    return row


async def _row(ctx: Ctx, relation_id: UUID) -> Any:
    row = await ctx.tx.fetchrow(f"SELECT {_COLUMNS} FROM relationship r WHERE r.id = $1", relation_id)
    if row is None:
        raise NotFound()
    return row


def _view(row: Any, now: datetime) -> RelationView:
    """A relationship whose time is over has lapsed, whether or not the job has said so."""
    values = dict(row)
    if row["state"] == RelationState.STANDING and (row["open_until"] is None or row["open_until"] <= now):
        values["state"] = RelationState.LAPSED
    return msgspec.convert(values, RelationView)


class RelationsLapse(Job, name="relation.lapse", every=timedelta(minutes=1)):
    """Relationships whose time is over: every door is shut already, whoever still listens is cut off now."""


@consumer(RelationsLapse)
async def lapse(ctx: Ctx, job: RelationsLapse) -> None:
    """Mark what lapsed and tell who loses it."""
    rows = await ctx.tx.fetch(
        "UPDATE relationship SET state = 'lapsed', ended_at = $1"
        " WHERE id IN (SELECT id FROM relationship WHERE state = 'standing'"
        "   AND coalesce(last_visit_at, '-infinity'::timestamptz) <= $1::timestamptz - relation_days()"
        "   AND coalesce(expected_until, '-infinity') <= $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING doctor_id, place_id",
        ctx.now,
        BATCH,
    )
    await access.readers_changed(ctx, [(row["doctor_id"], row["place_id"]) for row in rows])
    if len(rows) == BATCH:
        ctx.enqueue(RelationsLapse())
