"""The doors to a request: the patient's side, coordinating administrators, and who works at a place that is quoted."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.store.db import Tx
from channels.identity import Duty, Scope
from channels.identity import access as identity
from channels.media import access as media
from channels.request.lifecycle import RequestKind, RequestState

NOUN: Final = "request"
COORDINATORS: Final = frozenset({Scope.COORDINATE})
READERS: Final = frozenset({Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that read a photo of a paper prescription into lines, and price what was read."""


class Side(StrEnum):
    """As whom somebody sees a request."""

    PATIENT = "patient"
    COORDINATOR = "coordinator"
    PLACE = "place"


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its commands see it."""

    id: UUID
    patient_id: UUID
    account_id: UUID
    kind: RequestKind
    state: RequestState
    revision: int
    fulfilment: str
    contact_name: str
    contact_phone: str | None
    address: str | None
    postal_code: str
    prescription_id: UUID | None
    shared: bool
    admin_id: UUID | None
    reader_place_id: UUID | None
    read_at: datetime | None
    bill_id: UUID | None
    payment_mode: str | None
    chosen_by: UUID | None
    confirmed_at: datetime | None
    payment_id: UUID | None
    created_at: datetime


COLUMNS: Final = ", ".join(f"r.{name}" for name in RequestRow.__struct_fields__)


async def find(tx: Tx, request_id: UUID, *, lock: bool = False) -> RequestRow | None:
    """The root row, for whoever has the right already or acts for nobody."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM request r WHERE r.id = $1{' FOR UPDATE' if lock else ''}", request_id
    )
    return None if row is None else msgspec.convert(dict(row), RequestRow)


async def locked(tx: Tx, request_id: UUID) -> RequestRow | None:
    """The same, locked: for jobs and payments."""
    return await find(tx, request_id, lock=True)


async def _found(ctx: Ctx, request_id: UUID, *, lock: bool) -> RequestRow:
    if (found := await find(ctx.tx, request_id, lock=lock)) is None:
        raise NotFound()
    return found


@door
async def own(ctx: Ctx, request_id: UUID, *, lock: bool = False) -> RequestRow:
    """A request of a patient the caller acts for."""
    found = await _found(ctx, request_id, lock=lock)
    if await identity.guards(ctx.tx, ctx.actor.id, found.patient_id) is None:
        raise NotFound()
    return found


@door
async def coordinated(ctx: Ctx, request_id: UUID, *, lock: bool = False) -> RequestRow:
    """Any request, for an administrator who coordinates; `Forbidden` for other administrators."""
    await identity.administrator(ctx, scopes=COORDINATORS)
    return await _found(ctx, request_id, lock=lock)


@door
async def to_read(ctx: Ctx, request_id: UUID, *, lock: bool = False) -> RequestRow:
    """A request whose photos the caller's place was asked to read."""
    found = await _found(ctx, request_id, lock=lock)
    place_id = found.reader_place_id
    if place_id is None or (await identity.duties(ctx, place_id)).isdisjoint(READERS):
        raise NotFound()
    return found


QUOTED: Final = """EXISTS (SELECT FROM bill_part p JOIN membership m ON m.place_id = p.place_id AND m.until IS NULL
    WHERE p.bill_id = r.bill_id AND m.account_id = ask.account_id)"""
"""Somebody of a provider on the bill that stands: `r` and `ask`."""
READS: Final = """EXISTS (SELECT FROM membership m WHERE m.place_id = r.reader_place_id AND m.until IS NULL
    AND m.account_id = ask.account_id AND m.duty IN ('pharmacist', 'technician'))"""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request with the side it is seen from, and for `PLACE` the places."""

    row: RequestRow
    side: Side
    places: frozenset[UUID] = frozenset()


@door
async def seen(ctx: Ctx, request_id: UUID) -> Seen:
    """A request from the nearest side the caller stands on."""
    found = await _found(ctx, request_id, lock=False)
    if await identity.guards(ctx.tx, ctx.actor.id, found.patient_id) is not None:
        return Seen(row=found, side=Side.PATIENT)
    if await identity.has_scope(ctx, COORDINATORS):
        return Seen(row=found, side=Side.COORDINATOR)
    places = await ctx.tx.fetch(
        "SELECT DISTINCT m.place_id FROM membership m WHERE m.account_id = $1 AND m.until IS NULL AND ("
        " m.place_id IN (SELECT p.place_id FROM bill_part p WHERE p.bill_id = $2)"
        " OR (m.place_id = $3 AND m.duty = ANY($4)))",
        ctx.actor.id,
        found.bill_id,
        found.reader_place_id,
        sorted(READERS),
    )
    if not places:
        raise NotFound()
    return Seen(row=found, side=Side.PLACE, places=frozenset(row["place_id"] for row in places))


async def may_see_photos(ctx: Ctx, seen: Seen) -> bool:
    """Her own side; who was asked to read them; coordinators by her grant on this request. The audit has each look."""
    (since,) = await photo_readers(ctx, [(ctx.actor.id, seen.row.id)])
    return since is not None


@media.readers(NOUN)
async def photo_readers(ctx: Ctx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Her own side; while it is open also who was asked to read them, and coordinators by her grant on this request.

    Nobody while the login owes a known fact. Each look but her own side's is in the audit.
    """
    if await identity.owes_fact(ctx):
        return [None] * len(asks)
    coordinators = await identity.with_scope(ctx.tx, Scope.COORDINATE)
    rows = await ctx.tx.fetch(
        f"""SELECT CASE WHEN g.since IS NOT NULL THEN g.since
                        WHEN r.state NOT IN ('created', 'accepted', 'responded', 'confirmed') THEN NULL
                        WHEN {READS} OR (r.shared AND ask.account_id = ANY($3)) THEN r.created_at END AS since,
                   r.id, r.patient_id, g.since IS NOT NULL AS own
              FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, id, n)
              LEFT JOIN request r ON r.id = ask.id
              LEFT JOIN guarding g ON g.account_id = ask.account_id AND g.patient_id = r.patient_id
             ORDER BY ask.n""",
        [account_id for account_id, _ in asks],
        [request_id for _, request_id in asks],
        coordinators,
    )
    for row in rows:
        if row["since"] is not None and not row["own"]:
            ctx.read(NOUN, row["id"], "shared", patient=row["patient_id"])
    return [row["since"] for row in rows]


async def since_many(tx: Tx, asks: Sequence[tuple[UUID, UUID]]) -> list[datetime | None]:
    """Since when each (account, request) pair hears the whole request: her side and coordinators."""
    coordinators = await identity.with_scope(tx, Scope.COORDINATE)
    rows = await tx.fetch(
        """SELECT CASE WHEN ask.account_id = ANY($3) THEN r.created_at
                       WHEN g.since IS NOT NULL THEN greatest(g.since, r.created_at) END AS since
             FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (account_id, id, n)
             LEFT JOIN request r ON r.id = ask.id
             LEFT JOIN guarding g ON g.account_id = ask.account_id AND g.patient_id = r.patient_id
            ORDER BY ask.n""",
        [account_id for account_id, _ in asks],
        [request_id for _, request_id in asks],
        coordinators,
    )
    return [row["since"] for row in rows]
