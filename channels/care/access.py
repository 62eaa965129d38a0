"""The doors to a patient's data, for every domain that keeps some, and what makes and renews a relationship.

Whoever shows clinical data passes `reading` (one), `may_read` (many) or `may_hear` (a topic): nothing else decides.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.actor import Actor
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from carewire.topic import Ask as TopicAsk
from channels.care.asking import Asked, ask
from channels.care.nouns import RecordType, RightKind
from channels.care.rights import CLINICAL, Ask, Right, rights
from channels.identity import access as identity

__all__ = ["RELATED", "VISITED", "Ask", "Asked", "Made", "Right", "Seen", "all_readers_changed", "ask",
           "expected", "hold", "may_hear", "may_read", "not_expected", "opened", "readers_changed",
           "readers_of", "reading", "reasons", "records_of", "relate", "visited"]  # fmt: skip


PRECEDENCE: Final = tuple(RightKind)
"""By which of several rights somebody reads: break-glass only where there is no other."""


def opened(
    ctx: Ctx, patient_id: UUID, record: RecordType | None, found: Sequence[Right], *, by: Actor | None = None
) -> None:
    """What every clinical door passes before it shows anything: the audit has who read what, by which right.

    `record` None: who she is and how she is reached.
    """
    right = min(found, key=lambda right: PRECEDENCE.index(right.kind))
    ctx.read(record or "identity", right.ref, right.kind.value, patient=patient_id, by=by)


@door
async def reading(
    ctx: Ctx, patient_id: UUID, record: RecordType, doctor_id: UUID | None = None, place_id: UUID | None = None
) -> list[Right]:
    """The caller reads this of this patient; by which rights. `doctor_id` or `place_id`: who wrote it.

    Raises `NotFound` without a right, `FactDue` while the login owes a known fact.
    """
    await identity.require_fact(ctx)
    wanted = Ask(ctx.actor.id, patient_id, RecordType(record), doctor_id, place_id)
    (found,) = await rights(ctx.tx, [wanted], ctx.now)
    if not found:
        raise NotFound()
    opened(ctx, patient_id, RecordType(record), found)
    return found


async def reasons(ctx: Ctx, asks: Sequence[Ask]) -> list[list[Right]]:
    """By which rights each ask is allowed, oldest first; none: it is not. One statement."""
    return await rights(ctx.tx, asks, ctx.now)


async def may_read(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Since when each ask is allowed, or None; in their order, one statement."""
    return [found[0].since if found else None for found in await rights(ctx.tx, asks, ctx.now)]


async def may_hear(ctx: Ctx, asks: Sequence[TopicAsk], record: RecordType) -> list[datetime | None]:
    """`may` of a topic of one patient's data: like `may_read`, and not while the login owes a known fact."""
    found = await rights(ctx.tx, [Ask(actor.id, key[0], record) for actor, key in asks], ctx.now)
    owing = await identity.owing_facts(ctx.tx, [actor.login_id for actor, _ in asks])
    since: list[datetime | None] = []
    for (actor, key), held in zip(asks, found, strict=True):
        if not held or actor.login_id in owing:
            since.append(None)
            continue
        opened(ctx, key[0], record, held, by=actor)
        since.append(held[0].since)
    return since


# --- what makes and renews a relationship ----------------------------------------------------------------------------
class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The patient's side joined a line, booked or ordered: with this doctor at this place, or with the place itself.

    `made_by` acts for the patient. `until`: the visit or order is expected to be over by then.
    """

    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    made_by: UUID
    at: datetime
    until: datetime


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A visit or order is done. It counts if the patient's side had a hand in it since `planned_at`."""

    patient_id: UUID
    doctor_id: UUID | None
    place_id: UUID
    planned_at: datetime
    at: datetime


RELATED: Final = """
INSERT INTO relationship AS r (patient_id, doctor_id, place_id, state, made_by, made_at, hand_at, expected_until)
SELECT DISTINCT ON (x.patient_id, x.doctor_id, x.place_id)
       x.patient_id, x.doctor_id, x.place_id, 'standing', x.made_by, x.at, x.at, x.until
  FROM json_to_recordset({}::json) AS x (patient_id uuid, doctor_id uuid, place_id uuid, made_by uuid,
                                         at timestamptz, until timestamptz)
 WHERE NOT EXISTS (SELECT FROM doctor d WHERE d.id = x.doctor_id AND d.account_id = x.made_by)
 ORDER BY x.patient_id, x.doctor_id, x.place_id, x.until DESC
ON CONFLICT (patient_id, doctor_id, place_id) DO UPDATE
   SET state = 'standing', made_by = EXCLUDED.made_by, hand_at = greatest(r.hand_at, EXCLUDED.hand_at),
       ended_at = NULL,
       made_at = CASE WHEN r.state = 'standing'
                       AND relationship_until(r.last_visit_at, r.expected_until) > EXCLUDED.made_at
                      THEN r.made_at ELSE EXCLUDED.made_at END,
       expected_until = greatest(r.expected_until, EXCLUDED.expected_until)"""
"""`relate` as text, for a statement of another domain: `{}` is the parameter with the `Made`s as a JSON array."""

VISITED: Final = """
UPDATE relationship r SET last_visit_at = greatest(r.last_visit_at, x.at)
  FROM json_to_recordset({}::json) AS x (patient_id uuid, doctor_id uuid, place_id uuid, planned_at timestamptz,
                                         at timestamptz)
 WHERE r.patient_id = x.patient_id AND r.doctor_id IS NOT DISTINCT FROM x.doctor_id AND r.place_id = x.place_id
   AND r.state = 'standing' AND r.hand_at >= x.planned_at"""
"""`visited` as text, in the same way."""


async def relate(tx: Tx, made: Sequence[Made]) -> None:
    """Make or renew relationships. A doctor who acts for his own patient is passed over: he reads as her guardian.

    Raises `NotHerHand` (by the database) where `made_by` does not act for the patient.
    """
    await _write(tx, RELATED, made)


async def visited(tx: Tx, seen: Sequence[Seen]) -> None:
    """Let relationships count from these visits on."""
    await _write(tx, VISITED, seen)


async def expected(
    tx: Tx, patient_id: UUID, doctor_id: UUID | None, place_id: UUID, until: datetime, now: datetime
) -> None:
    """The doctor's side put the visit off: an open relationship stays open until then, and none is made by it."""
    await tx.execute(
        "UPDATE relationship SET expected_until = greatest(expected_until, $4) WHERE patient_id = $1"
        " AND doctor_id IS NOT DISTINCT FROM $2 AND place_id = $3 AND state = 'standing'"
        " AND relationship_until(last_visit_at, expected_until) > $5",
        patient_id,
        doctor_id,
        place_id,
        until,
        now,
    )


async def hold(tx: Tx, patient_id: UUID, place_id: UUID) -> None:
    """Whoever makes the relationship with the place itself waits for this transaction; who did is seen from here on."""
    await tx.execute(
        "SELECT FROM relationship WHERE patient_id = $1 AND doctor_id IS NULL AND place_id = $2 FOR UPDATE",
        patient_id,
        place_id,
    )


async def not_expected(ctx: Ctx, patient_id: UUID, place_id: UUID) -> None:
    """Nothing is to be done for her at this place any more: what was done there keeps the relationship open for its
    days; where there was nothing it ends now. Under `hold`, by whoever knows that nothing waits."""
    found = await ctx.tx.fetchval(
        "UPDATE relationship r SET expected_until = NULL, state = CASE WHEN stays THEN r.state ELSE 'lapsed' END,"
        " ended_at = CASE WHEN NOT stays THEN $3::timestamptz END"
        " FROM (SELECT id, coalesce(last_visit_at + relation_days() > $3, false) AS stays FROM relationship"
        "        WHERE patient_id = $1 AND doctor_id IS NULL AND place_id = $2) o"
        " WHERE r.id = o.id AND r.state = 'standing' AND r.expected_until IS NOT NULL RETURNING r.id",
        patient_id,
        place_id,
        ctx.now,
    )
    if found is not None:
        await readers_changed(ctx, [(None, place_id)])


async def _write(tx: Tx, statement: str, rows: Sequence[Any]) -> None:
    if rows:
        await tx.execute(statement.format("$1"), msgspec.json.encode(rows).decode())


async def readers_changed(ctx: Ctx, parties: Sequence[tuple[UUID | None, UUID | None]]) -> None:
    """What these (doctor, place) may read has changed: the doctor where there is one, else the staff of the place."""
    rows = await ctx.tx.fetch(
        "SELECT account_id FROM doctor WHERE id = ANY($1)"
        " UNION SELECT account_id FROM membership WHERE place_id = ANY($2) AND until IS NULL AND duty = ANY($3)"
        " ORDER BY account_id",
        [doctor for doctor, _ in parties if doctor is not None],
        [place for doctor, place in parties if doctor is None],
        sorted(CLINICAL),
    )
    for row in rows:
        ctx.rights_changed(row["account_id"])


# Whoever has a right about one of these records, as (doctor, place).
_PARTIES: Final = """
SELECT doctor_id, place_id FROM relationship WHERE patient_id = ANY ($1) AND state = 'standing'
UNION SELECT doctor_id, place_id FROM consent WHERE patient_id = ANY ($1) AND revoked_at IS NULL AND until > $2
UNION SELECT doctor_id, place_id FROM break_glass WHERE patient_id = ANY ($1) AND ended_at IS NULL AND until > $2"""


async def readers_of(ctx: Ctx, patient_ids: Sequence[UUID]) -> list[tuple[UUID | None, UUID | None]]:
    """Every (doctor, place) who has a right about one of these records, other than her own side."""
    rows = await ctx.tx.fetch(_PARTIES, list(patient_ids), ctx.now)
    return [(row["doctor_id"], row["place_id"]) for row in rows]


async def all_readers_changed(ctx: Ctx, patient_id: UUID) -> None:
    """Whoever can see anything of her, her own side too, has to be looked at again."""
    await readers_changed(ctx, await readers_of(ctx, [patient_id]))
    for account_id in sorted({account for _, account in await identity.acting_for(ctx.tx, [patient_id])}):
        ctx.rights_changed(account_id)


async def records_of(ctx: Ctx, patient_id: UUID) -> list[UUID]:
    """The record, and those that were merged into it."""
    rows = await ctx.tx.fetch(
        "SELECT c.patient_id FROM patient_claim c WHERE c.into_id = $1 AND c.undone_at IS NULL ORDER BY c.id",
        patient_id,
    )
    return [patient_id, *(row["patient_id"] for row in rows)]
