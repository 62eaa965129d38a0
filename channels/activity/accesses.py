"""Who looked at my record: for the patient, and for who acts for her."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from carewire.forms import Cursor, Limit
from carewire.store.paging import Page
from channels.activity.entries import Where, between, page
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue


class AccessView(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a patient's data. `right`: `own`, `guardian`, `relationship`, `consent` or `break_glass`.

    `by` is the name of the doctor, or of who acts for her; of others who work at a place the place alone is named.
    `yours`: it was you.
    """

    id: UUID
    at: datetime
    record: str
    right: str
    yours: bool
    by: str | None
    doctor_id: UUID | None
    place_id: UUID | None
    place: str | None


_COLUMNS: Final = """a.at, a.noun AS record, a.why AS right, a.actor,
       d.id AS doctor_id, p.id AS place_id, p.name AS place,
       coalesce(d.name, CASE WHEN a.why IN ('own', 'guardian') THEN o.name END) AS by"""
_JOINS: Final = """
  LEFT JOIN account o ON o.id = a.actor
  LEFT JOIN doctor d ON d.account_id = a.actor AND a.why NOT IN ('own', 'guardian')
  LEFT JOIN relationship r ON a.why = 'relationship' AND r.id = a.subject
  LEFT JOIN consent c ON a.why = 'consent' AND c.id = a.subject
  LEFT JOIN break_glass b ON a.why = 'break_glass' AND b.id = a.subject
  LEFT JOIN place p ON p.id = coalesce(r.place_id, c.place_id, b.place_id)"""


@query("patient.accesses", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams, FactDue})
async def accesses(
    ctx: Ctx,
    patient_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[AccessView]:
    """Every look at the clinical data of a patient you act for, newest first: who, when, by which right."""
    await identity.require_fact(ctx)
    patient = await identity.patient(ctx, patient_id)
    where = Where([], [])
    where.add("a.kind = 'read' AND a.patient = ANY({})", await identity.records_of(ctx.tx, patient.id))
    await between(ctx.tx, where, since, until)
    rows, more = await page(ctx.tx, _COLUMNS, _JOINS, where, limit, cursor)
    shown = [
        AccessView(
            **{name: row[name] for name in AccessView.__struct_fields__ if name != "yours"},
            yours=row["actor"] == ctx.actor.id,
        )
        for row in rows
    ]
    return Page(rows=shown, cursor=more)
