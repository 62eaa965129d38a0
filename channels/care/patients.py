"""Patients as those find them who may: the family, who treats them, the staff of a place, support."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import access
from channels.care.events import PatientGone
from channels.care.history import HistoryAsk, HistoryItem, HistoryKind, items
from channels.care.nouns import RecordType
from channels.care.rights import DESK, OPEN, Ask
from channels.directory import access as directory
from channels.identity import Capacity, Duty, PatientView, Scope, family_view, patients_gone
from channels.identity import access as identity
from channels.identity.access import PatientRow
from channels.identity.errors import FactDue

SUPPORT: Final = (Scope.SUPPORT, Scope.PRIVACY)
PRIVACY: Final = (Scope.PRIVACY,)
PEOPLE: Final = frozenset(Capacity) - {Capacity.DISPLAY}
Search = Annotated[str, Meta(min_length=1, max_length=120, description="Any part of the name")]


class Whose(StrEnum):
    """Whose patients are asked for."""

    FAMILY = "family"
    """Whom one acts for, oneself first."""
    DOCTOR = "doctor"
    """Who stands in a relationship with the doctor that one is, or has consented."""
    PLACE = "place"
    """Who comes to the place where one works."""
    ALL = "all"
    """For administrators with `support` or `privacy`."""


class PatientDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody finds this patient any more. What was written about her stays for the legal time."""

    id: UUID


_CARD: Final = "p.id, p.name, p.birth_year, p.birth_date, p.sex, NULL::text AS kind, p.phone"
_OF_DOCTOR: Final = f"""
SELECT r.patient_id, r.last_visit_at FROM relationship r JOIN affiliation f ON f.doctor_id = r.doctor_id
   AND f.place_id = r.place_id AND f.state = 'accepted'
 WHERE r.doctor_id = $5 AND r.state = 'standing' AND {OPEN}
UNION ALL SELECT c.patient_id, NULL FROM consent c
 WHERE c.doctor_id = $5 AND c.revoked_at IS NULL AND c.since <= $6 AND c.until > $6"""
_OF_PLACE: Final = f"""
SELECT r.patient_id, r.last_visit_at FROM relationship r
 WHERE r.place_id = $5 AND (r.doctor_id IS NULL OR $7) AND r.state = 'standing'
   AND {OPEN}"""


@query("patient.list", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def list_patients(
    ctx: Ctx,
    whose: Whose = Whose.FAMILY,
    place_id: UUID | None = None,
    search: Search | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[PatientView]:
    """Patients by name, one's family oneself first. Without `whose` those one acts for.

    A doctor's are those in a relationship with her, a place's those who come to it (the only place where one works
    need not be named): both until some days after the last visit. `last_visit_at` is theirs here.
    """
    match whose:
        case Whose.FAMILY:
            hidden = await identity.owes_fact(ctx)
            family = [family_view(row, hidden=hidden) for row in await identity.patients(ctx)]
            return Page(rows=[row for row in family if (search or "").lower() in row.name.lower()], cursor=None)
        case Whose.ALL:
            await identity.administrator(ctx, scopes=SUPPORT)
            return await _page(ctx, "SELECT id AS patient_id, NULL::timestamptz AS last_visit_at FROM patient",
                               search, limit, cursor)  # fmt: skip
        case Whose.DOCTOR:
            await identity.require_fact(ctx)
            doctor = await directory.own_doctor(ctx)
            return await _page(ctx, _OF_DOCTOR, search, limit, cursor, doctor.id, ctx.now)
        case Whose.PLACE:
            await identity.require_fact(ctx)
            place = await directory.place(ctx, place_id, duties=frozenset(Duty))
            at_desk = not DESK.isdisjoint(await identity.duties(ctx, place.id))
            return await _page(ctx, _OF_PLACE, search, limit, cursor, place.id, ctx.now, at_desk)


async def _page(
    ctx: Ctx, those: str, search: str | None, limit: int, cursor: str | None, *values: Any
) -> Page[PatientView]:
    after_name, after_id = paging.decode(cursor, tuple[str, UUID]) if cursor else ("", UUID(int=0))
    rows = await ctx.tx.fetch(
        f"""SELECT {_CARD}, max(t.last_visit_at) AS last_visit_at, lower(p.name) AS rank
              FROM patient p JOIN ({those}) t ON t.patient_id = p.id
             WHERE p.deleted_at IS NULL AND ($1::text IS NULL OR strpos(lower(p.name), lower($1)) > 0)
               AND (lower(p.name), p.id) > ($2, $3)
             GROUP BY p.id ORDER BY lower(p.name), p.id LIMIT $4""",
        search,
        after_name,
        after_id,
        limit + 1,
        *values,
    )
    more = paging.encode(rows[limit - 1]["rank"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(rows=[_view(row) for row in rows[:limit]], cursor=more)


@query("patient.get", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def get(ctx: Ctx, patient_id: UUID | None = None) -> PatientView:
    """One patient: whom one acts for (the only one need not be named), whom one treats, who comes to one's place.

    Administrators with `support` or `privacy` find everybody. Nothing clinical: that is `summary.get`.
    """
    (own,) = await identity.guarded(ctx.tx, [(ctx.actor.id, patient_id)])
    if isinstance(own, PatientRow):
        return family_view(own, hidden=await identity.owes_fact(ctx))
    if patient_id is None:
        raise own
    (found,) = await access.reasons(ctx, [Ask(ctx.actor.id, patient_id)])
    if found:
        await identity.require_fact(ctx)
        access.opened(ctx, patient_id, None, found)
    elif await identity.has_scope(ctx, SUPPORT):
        ctx.read("identity", patient_id, "scope", patient=patient_id)
    else:
        raise NotFound()
    row = await ctx.tx.fetchrow(
        f"SELECT {_CARD}, (SELECT max(r.last_visit_at) FROM relationship r JOIN doctor d ON d.id = r.doctor_id"
        " WHERE r.patient_id = p.id AND d.account_id = $2) AS last_visit_at"
        " FROM patient p WHERE p.id = $1 AND p.deleted_at IS NULL",
        patient_id,
        ctx.actor.id,
    )
    if row is None:
        raise NotFound()
    return _view(row)


@query("patient.history", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def history(
    ctx: Ctx,
    patient_id: UUID | None = None,
    kind: HistoryKind | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[HistoryItem]:
    """What there was with a patient, the latest first: all of it for her own side and by consent to `consultation`.

    A doctor sees what she had a part in, the staff of a place what was there.
    """
    await identity.require_fact(ctx)
    if patient_id is None:
        patient_id = (await identity.patient(ctx)).id
    me = ctx.actor.id
    known, whole = await access.reasons(ctx, [Ask(me, patient_id), Ask(me, patient_id, RecordType.CONSULTATION)])
    if not known:
        raise NotFound()
    access.opened(ctx, patient_id, RecordType.CONSULTATION, whole or known)
    before, before_id = paging.decode(cursor, tuple[datetime, UUID]) if cursor else (until, None)
    asked = HistoryAsk(
        patient_ids=await access.records_of(ctx, patient_id) if whole else [patient_id],
        whole=bool(whole),
        doctor_id=await directory.doctor_of(ctx.tx, me),
        place_ids=await identity.works_at(ctx.tx, me, DESK),
        since=since,
        until=before,
        before_id=before_id,
        limit=limit + 1,
    )
    found = await items(ctx, asked, kind)
    more = paging.encode(found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None
    return Page(rows=found[:limit], cursor=more)


@command("patient.delete", allow={Capacity.ADMIN}, errors={NotFound})
async def delete(ctx: Ctx, patient_id: UUID) -> PatientDeleted:
    """Let nobody find a patient any more: a record made by mistake, or erased by law. For those with `privacy`.

    Her row and what was written about her stay; families, other patients and accounts are untouched. Appointments that
    are to come are called off, and what was paid for them goes back; she leaves the lines in which she stands.
    """
    await identity.administrator(ctx, scopes=PRIVACY)
    await access.all_readers_changed(ctx, patient_id)  # while it is known who they are
    tag = await ctx.tx.execute(
        "UPDATE patient SET deleted_at = $2, deleted_by = $3 WHERE id = $1 AND deleted_at IS NULL",
        patient_id,
        ctx.now,
        ctx.actor.id,
    )
    if tag == "UPDATE 0":
        raise NotFound()
    await patients_gone(ctx, [patient_id])
    ctx.enqueue(PatientGone(patient_id=patient_id))
    return PatientDeleted(id=patient_id)


def _view(row: Any) -> PatientView:
    return msgspec.convert({name: row[name] for name in PatientView.__struct_fields__}, PatientView)
