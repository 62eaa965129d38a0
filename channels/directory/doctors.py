"""Doctors as everybody may see them, and how a doctor's entry is written. Only verified doctors are seen."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx
from carewire.errors import Forbidden, NotFound
from carewire.forms import Line, Locale, Name, Text, Zone
from carewire.money import Currency, Minor, Money
from carewire.resource import Order, Verb, at_least, at_most, equal, holds, resource
from carewire.resource.parts import Filter
from carewire.wall_clock import require_zone
from channels.directory import access, sticky
from channels.directory.bookable import bookable_changed
from channels.directory.errors import AlreadyListed, UnknownSpecialty
from channels.directory.finding import Words
from channels.directory.forms import (
    Languages,
    PublicName,
    Registration,
    Slug,
    Specialties,
    Stars,
    Year,
    Years,
)
from channels.directory.nouns import Subject
from channels.directory.tables import Doctor
from channels.identity import Capacity, CapacityState, Scope
from channels.identity import access as identity

EDITORS: Final = frozenset({Scope.VERIFY, Scope.CONTENT})
VERIFIERS: Final = frozenset({Scope.VERIFY})


class PracticeView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a doctor works; `is_primary` is the one she names first."""

    place_id: UUID
    name: str
    city: str
    department: str | None
    is_primary: bool


class DoctorView(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor as everybody may see her, once `listed`: verified and not closed. `rating` is in stars, null without
    reviews; `fee` is of one consultation."""

    id: UUID
    name: str
    specialty: str
    """The main one; `specialties` holds it too, first."""
    specialties: list[str]
    languages: list[str]
    registration: str | None
    council: str | None
    qualification: str | None
    practising_since: int | None
    bio: str | None
    fee: Money | None
    teleconsult: bool
    zone: str
    rating: float | None
    rating_count: int
    listed: bool
    practices: list[PracticeView]
    locale: str
    fallback: list[str]


async def sees(ctx: Ctx) -> str:
    """The listed ones and oneself; administrators see all."""
    if ctx.anonymous:
        return "e.listed"
    return "NOT e.closed" if await identity.scopes(ctx) else "e.listed OR (e.account_id = {actor} AND NOT e.closed)"


async def may_write(ctx: Ctx, verb: Verb, key: UUID | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """A doctor writes her own entry, verified or waiting; administrators (verify, content) any; only they (verify)
    close one."""
    columns = dict(given)
    if "zone" in columns:
        require_zone(columns["zone"])
    if "fee" in columns:
        fee: Money | None = columns["fee"]
        columns |= {"fee": fee and fee.amount, "fee_currency": fee and fee.currency}
    if key is None:
        account_id = columns.pop("account_id", ctx.actor.id)
        if account_id != ctx.actor.id:
            await identity.administrator(ctx, scopes=VERIFIERS)
        state = await identity.capacity_state(ctx.tx, account_id, Capacity.DOCTOR)
        if state not in (CapacityState.ACTIVE, CapacityState.PENDING):
            raise NotFound()
        return {**columns, "account_id": account_id, "created_at": ctx.now}
    row = await access.doctor_to_edit(ctx, key, scopes=EDITORS)
    if verb == "delete":
        await identity.administrator(ctx, scopes=VERIFIERS)
    if verb == "delete" or not {"zone", "teleconsult"}.isdisjoint(columns):
        await bookable_changed(ctx, Subject.DOCTOR, key)
    if "specialties" in columns:
        first, *further = dict.fromkeys(columns.pop("specialties"))
        columns["specialty"] = first
        await _practise(ctx, key, further)
    await sticky.facts_changed(ctx, Subject.DOCTOR, key, sticky.changed_facts(Subject.DOCTOR, row, columns))
    return columns


async def _practise(ctx: Ctx, doctor_id: UUID, further: list[str]) -> None:
    """What she practises besides her main specialty: these and no others."""
    await ctx.tx.execute(
        "DELETE FROM doctor_specialty WHERE doctor_id = $1 AND specialty <> ALL($2::text[])", doctor_id, further
    )
    await ctx.tx.execute(
        "INSERT INTO doctor_specialty (doctor_id, specialty) SELECT $1, word FROM unnest($2::text[]) word"
        " ON CONFLICT DO NOTHING",
        doctor_id,
        further,
    )


_MONEY: Final = (
    "CASE WHEN e.fee IS NOT NULL THEN jsonb_build_object('amount', e.fee, 'currency', e.fee_currency,"
    " 'exponent', currency_exponent(e.fee_currency)) END"
)
_PRACTICES: Final = """(SELECT coalesce(jsonb_agg(jsonb_build_object('place_id', p.id, 'name', p.name, 'city', p.city,
       'department', f.department, 'is_primary', f.is_primary) ORDER BY f.is_primary DESC, f.since, p.id), '[]')
  FROM affiliation f JOIN place p ON p.id = f.place_id
 WHERE f.doctor_id = e.id AND f.state = 'accepted' AND p.approval = 'approved' AND p.closed_at IS NULL)"""
_FACTS: Final = {
    "qualification": Line | None,
    "practising_since": Year | None,
    "bio": Text | None,
    "fee": Money | None,
}

DOCTORS: Final = resource(
    "doctor",
    table=Doctor,
    view=DoctorView,
    parameter="doctor_id",
    source="(SELECT d.*, c.listed, c.specialties, c.rating / 100::float8 AS rating"
    " FROM doctor d JOIN doctor_card c USING (id)) e",
    index="doctor_card e",
    columns={"fee": _MONEY, "practices": _PRACTICES},
    create={
        "name": PublicName,
        "specialty": Slug,
        "registration": Registration | UnsetType,
        "council": Line | UnsetType,
        "languages": Languages | UnsetType,
        "qualification": Line | UnsetType,
        "practising_since": Year | UnsetType,
        "bio": Text | UnsetType,
        "fee": Money | UnsetType,
        "teleconsult": bool | UnsetType,
        "zone": Zone | UnsetType,
        "account_id": Annotated[UUID, Meta(description="For administrators: whose entry; by default one's own")]
        | UnsetType,
    },
    update={
        "name": PublicName,
        "specialties": Specialties,
        "registration": Registration,
        "council": Line,
        "languages": Languages,
        "teleconsult": bool,
        "zone": Zone,
        **_FACTS,
    },
    read={ANYONE},
    write={KNOWN},
    door=may_write,
    errors={Forbidden, AlreadyListed, UnknownSpecialty},
    emits=sticky.TELLS,
    orders={
        "name": Order("e.name_key", str),
        "fee": Order("e.by_fee", int),
        "rating": Order("e.by_rating", int),
        "experience": Order("e.by_experience", int),
    },
    search=Words("doctor", "e.words"),
    filters={
        "specialty": holds(Slug, "specialties"),
        "language": holds(Locale, "languages"),
        "city": Filter(Name, "e.cities @> ARRAY[location_key({value})]"),
        "state": Filter(Name, "e.states @> ARRAY[location_key({value})]"),
        "place_id": holds(UUID, "places"),
        "fee_min": at_least(Minor, "fee"),
        "fee_max": at_most(Minor, "fee"),
        "fee_currency": equal(Currency),
        "rating_min": Filter(Stars, "e.rating >= 100 * {value}::float8"),
        "experience_min": Filter(Years, "e.practising_since <= extract(year FROM {now}::timestamptz) - {value}::int"),
        "teleconsult": equal(bool),
        "name": Filter(Name, "strpos(e.name_key, lower({value})) > 0"),
        "pending": Filter(
            Annotated[bool, Meta(description="For administrators: who waits for verification")], "e.pending = {value}"
        ),
    },
    published="e.listed",
    visible=sees,
    translatable=("bio", "qualification"),
    counted=False,
    retire="closed_at",
)
