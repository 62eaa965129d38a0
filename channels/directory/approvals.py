"""What verification sees of a doctor or a place, and what its judgement changes here (PRODUCT 7)."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.resource import Resource
from carewire.store.db import Tx
from channels.directory.bookable import bookable_changed
from channels.directory.doctors import DOCTORS
from channels.directory.hospitals import HOSPITALS
from channels.directory.laboratories import LABORATORIES
from channels.directory.nouns import Approval, PlaceKind, Subject
from channels.directory.pharmacies import PHARMACIES
from channels.directory.sticky import FACTS
from channels.identity import Capacity, CapacityState
from channels.identity import access as identity

_CATALOGUES: Final[Mapping[str, Resource]] = {
    "doctor": DOCTORS,
    PlaceKind.CLINIC: HOSPITALS,
    PlaceKind.HOSPITAL: HOSPITALS,
    PlaceKind.PHARMACY: PHARMACIES,
    PlaceKind.LABORATORY: LABORATORIES,
}
_HOLDERS: Final[Mapping[str, Capacity]] = {
    PlaceKind.HOSPITAL: Capacity.HOSPITAL_ADMIN,
    PlaceKind.PHARMACY: Capacity.PHARMACY,
    PlaceKind.LABORATORY: Capacity.LABORATORY,
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "doctor": ("registration", "council"),
    PlaceKind.CLINIC: ("address",),
    PlaceKind.HOSPITAL: ("address", "licence"),
    PlaceKind.PHARMACY: ("address", "licence"),
    PlaceKind.LABORATORY: ("address", "licence"),
}
_CAPACITY: Final[Mapping[Approval, CapacityState]] = {
    Approval.PENDING: CapacityState.PENDING,
    Approval.REJECTED: CapacityState.PENDING,
    Approval.APPROVED: CapacityState.ACTIVE,
    Approval.WITHDRAWN: CapacityState.WITHDRAWN,
}
_APPROVAL: Final = {state: approval for approval, state in _CAPACITY.items() if approval is not Approval.REJECTED}


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification is about: the facts as they are now with their hash, and who answers for them (`heads`)."""

    kind: str
    name: str
    approval: Approval
    facts: dict[str, Any]
    facts_hash: str
    heads: list[UUID]

    @property
    def missing(self) -> list[str]:
        """The facts without which nothing can be verified."""
        return [name for name in _NEEDED[self.kind] if not self.facts[name]]


async def verified(ctx: Ctx, subject: Subject, subject_id: UUID, *, lock: bool = False) -> Verified:
    """A doctor or place that is not closed. With `lock` in the order of whoever edits it: its catalogue, then its row.

    Raises `NotFound`.
    """
    if lock:
        for catalogue in await _catalogue(ctx.tx, subject, subject_id):
            await catalogue.lock(ctx)
    columns = ", ".join(sorted(FACTS[subject]))
    more = (
        "'doctor' AS kind, ARRAY[account_id] AS heads, (SELECT c.state FROM account_capacity c"
        " WHERE c.account_id = e.account_id AND c.capacity = 'doctor') AS standing"
        if subject is Subject.DOCTOR
        else "kind, approval AS standing, ARRAY(SELECT DISTINCT m.account_id FROM membership m WHERE m.place_id = e.id"
        " AND m.until IS NULL AND m.duty IN ('owner', 'manager')) AS heads"
    )
    row = await ctx.tx.fetchrow(
        f"SELECT {columns}, {more} FROM {subject} e WHERE id = $1 AND closed_at IS NULL" + " FOR UPDATE" * lock,
        subject_id,
    )
    if row is None:
        raise NotFound()
    facts = {name: row[name] for name in sorted(FACTS[subject])}
    standing = row["standing"]
    return Verified(
        kind=row["kind"],
        name=row["name"],
        approval=Approval(standing)
        if subject is Subject.PLACE
        else _APPROVAL[CapacityState(standing)]
        if standing
        else Approval.PENDING,
        facts=facts,
        facts_hash=hashlib.sha256(msgspec.json.encode(facts)).hexdigest(),
        heads=list(row["heads"]),
    )


async def judge(ctx: Ctx, subject: Subject, subject_id: UUID, approval: Approval) -> None:
    """What was decided holds from this transaction on: the doctor's capacity, or the place's approval and what its
    owners are. The row is locked by `verified`. The command declares `CatalogueChanged` and `ProfileUpdated`.
    """
    (catalogue,) = await _catalogue(ctx.tx, subject, subject_id)
    async with catalogue.changing(ctx, subject_id):
        if subject is Subject.DOCTOR:
            account_id = await ctx.tx.fetchval("SELECT account_id FROM doctor WHERE id = $1", subject_id)
            await identity.set_capacity(ctx, account_id, Capacity.DOCTOR, _CAPACITY[approval])
        else:
            kind = await ctx.tx.fetchval(
                "UPDATE place SET approval = $2 WHERE id = $1 RETURNING kind", subject_id, approval
            )
            if kind in _HOLDERS:
                await _owners_follow(ctx, subject_id, kind, approval)
    await bookable_changed(ctx, subject, subject_id)


async def _owners_follow(ctx: Ctx, place_id: UUID, kind: str, approval: Approval) -> None:
    """An owner is of the trade while she owns an approved place of it; a no about one does not touch the others."""
    rows = await ctx.tx.fetch(
        """SELECT m.account_id, EXISTS (SELECT FROM membership o JOIN place p ON p.id = o.place_id
                 WHERE o.account_id = m.account_id AND o.duty = 'owner' AND o.until IS NULL AND o.place_id <> $1
                   AND p.kind = $2 AND p.approval = 'approved' AND p.closed_at IS NULL) AS another
             FROM membership m WHERE m.place_id = $1 AND m.duty = 'owner' AND m.until IS NULL ORDER BY m.account_id""",
        place_id,
        kind,
    )
    for row in rows:
        if approval is Approval.APPROVED or not row["another"]:
            await identity.set_capacity(ctx, row["account_id"], _HOLDERS[kind], _CAPACITY[approval])


async def _catalogue(tx: Tx, subject: Subject, subject_id: UUID) -> list[Resource]:
    kind = (
        "doctor" if subject is Subject.DOCTOR else await tx.fetchval("SELECT kind FROM place WHERE id = $1", subject_id)
    )
    return [_CATALOGUES[kind]] if kind in _CATALOGUES else []
