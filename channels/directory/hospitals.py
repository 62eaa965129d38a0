"""Hospitals and clinics: their departments, and the doctors who accepted to work there."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, UnsetType

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, command, query
from carewire.errors import IllegalMove, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Locale, Name
from carewire.resource import CatalogueChanged, holds, resource
from carewire.resource.parts import Filter
from carewire.resource.reading import language_of
from carewire.store import paging
from carewire.store.paging import Page
from channels.directory import access, affiliations, sites
from channels.directory.affiliations import OFFERING, AffiliationView
from channels.directory.doctors import DOCTORS, DoctorView
from channels.directory.errors import AlreadyAsked
from channels.directory.forms import Labels, Slug
from channels.directory.members import HEADS
from channels.directory.nouns import PlaceKind
from channels.directory.tables import Place
from channels.identity import Capacity

Kind = Annotated[Literal["hospital", "clinic"], Meta(description="What stands there")]
Hospital = Annotated[UUID, Meta(description="A hospital or clinic")]


class HospitalView(sites.Site, frozen=True, kw_only=True):
    """A hospital or clinic as everybody may see it, once it is approved."""

    departments: list[str]


class HospitalDoctor(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor who works at a hospital, and in which department."""

    doctor: DoctorView
    department: str | None
    is_primary: bool


async def made(ctx: Ctx, place_id: UUID, given: Mapping[str, Any]) -> None:
    """A clinic that a doctor enters is her own: she works there."""
    await sites.own(ctx, place_id, given)
    if given.get("kind") == PlaceKind.CLINIC and Capacity.DOCTOR in ctx.actor.capacities:
        await ctx.tx.execute(
            "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since, is_primary)"
            " SELECT id, $2, 'accepted', $3, $3, false FROM doctor WHERE account_id = $1 AND closed_at IS NULL",
            ctx.actor.id,
            place_id,
            ctx.now,
        )


HOSPITALS: Final = resource(
    "hospital",
    table=Place,
    view=HospitalView,
    parameter="hospital_id",
    source=sites.source_of(PlaceKind.HOSPITAL, PlaceKind.CLINIC),
    columns=sites.COLUMNS,
    create={"kind": Kind, **sites.CREATE, "departments": Labels | UnsetType},
    update={**sites.UPDATE, "departments": Labels},
    read={ANYONE},
    write={KNOWN},
    door=sites.door_of(PlaceKind.HOSPITAL, Capacity.HOSPITAL_ADMIN),
    made=made,
    errors=sites.REFUSES,
    emits=sites.TELLS,
    orders=sites.ORDERS,
    search=sites.SEARCH,
    filters={
        "kind": Filter(Kind, "e.kind = {value}"),
        **sites.FILTERS,
        "department": holds(Name, "departments"),
        "specialty": Filter(
            Slug,
            "EXISTS (SELECT FROM affiliation f JOIN doctor_card c ON c.id = f.doctor_id AND c.listed"
            " AND c.specialties @> ARRAY[{value}] WHERE f.place_id = e.id AND f.state = 'accepted')",
        ),
    },
    published=sites.PUBLISHED,
    visible=sites.sees,
    translatable=("name", "description"),
    retire="closed_at",
)


@query("hospital.list_doctors", allow={ANYONE}, errors={NotFound, InvalidParams})
async def list_doctors(
    ctx: Ctx, hospital_id: Hospital, limit: Limit = 20, cursor: Cursor | None = None, locale: Locale | None = None
) -> Page[HospitalDoctor]:
    """The verified doctors who accepted to work at a hospital, by name."""
    if await HOSPITALS.row(ctx, hospital_id, await sites.sees(ctx)) is None:
        raise NotFound()
    after_name, after_id = paging.decode(cursor, tuple[str, UUID]) if cursor else ("", UUID(int=0))
    found = await ctx.tx.fetch(
        "SELECT c.id, c.name_key, f.department, f.is_primary FROM affiliation f"
        " JOIN doctor_card c ON c.id = f.doctor_id AND c.listed WHERE f.place_id = $1 AND f.state = 'accepted'"
        " AND (c.name_key, c.id) > ($2, $3) ORDER BY c.name_key, c.id LIMIT $4",
        hospital_id,
        after_name,
        after_id,
        limit + 1,
    )
    page = found[:limit]
    asked = language_of(ctx, locale)
    shown = {view.id: view for view in await DOCTORS.show(ctx, await DOCTORS.rows(ctx, [r["id"] for r in page]), asked)}
    return Page(
        rows=[
            HospitalDoctor(doctor=shown[row["id"]], department=row["department"], is_primary=row["is_primary"])
            for row in page
        ],
        cursor=paging.encode(page[-1]["name_key"], page[-1]["id"]) if len(found) > limit else None,
    )


@command(
    "hospital.add_doctor",
    allow={Capacity.STAFF, Capacity.ADMIN},
    rate=OFFERING,
    errors={NotFound, AlreadyAsked},
)
async def add_doctor(
    ctx: Ctx, hospital_id: Hospital, doctor_id: UUID, department: Name | None = None, is_primary: bool = False
) -> AffiliationView:
    """Offer a verified doctor to work at a hospital of yours. She works there once she accepts (`affiliation.accept`).

    For owners and managers, and for administrators (verify) on their behalf.
    """
    await _headed(ctx, hospital_id)
    return await affiliations.make_offer(ctx, doctor_id, hospital_id, department=department, is_primary=is_primary)


@command(
    "hospital.remove_doctor",
    allow={Capacity.STAFF, Capacity.ADMIN},
    emits={CatalogueChanged},
    errors={NotFound, IllegalMove},
)
async def remove_doctor(ctx: Ctx, hospital_id: Hospital, doctor_id: UUID) -> AffiliationView:
    """End that a doctor works at a hospital of yours, at once, or take back an offer she has not answered."""
    async with DOCTORS.changing(ctx, doctor_id):
        await _headed(ctx, hospital_id)
        return await affiliations.take_off(ctx, doctor_id, hospital_id)


async def _headed(ctx: Ctx, hospital_id: UUID) -> None:
    """The hospital, locked, for its owners and managers and for administrators (verify)."""
    row = await access.place_to_edit(ctx, hospital_id, duties=HEADS, scopes=sites.VERIFIERS)
    if row["kind"] not in (PlaceKind.HOSPITAL, PlaceKind.CLINIC):
        raise NotFound()
