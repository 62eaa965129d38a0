"""Which hospital offers which treatment, and for how much in each currency it takes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carewire.actor import ANYONE
from carewire.command import Ctx, command, query
from carewire.errors import Conflict, Field, Forbidden, InvalidParams, NotFound
from carewire.event import Event
from carewire.forms import Cursor, Limit, Locale
from carewire.ids import uuid7
from carewire.money import Currency, Minor, Money
from carewire.resource.reading import language_of
from carewire.store import paging
from carewire.store.paging import Page
from carewire.topic import Ask, topic
from channels.content.forms import BasisPoints, Body, DurationDays, Lines
from channels.content.treatments import TREATMENTS, TreatmentView
from channels.directory import access as directory
from channels.identity import Capacity, Duty, Scope

HEADS: Final = frozenset({Duty.OWNER, Duty.MANAGER})
EDITORS: Final = frozenset({Scope.CONTENT})
OFFERS_MAX: Final = 500
"""Treatments of one hospital."""

Prices = Annotated[list[Money], Meta(min_length=1, max_length=20, description="One for each currency")]


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment as one hospital offers it. `success_basis_points` is its own word: 9500 are 95 per cent."""

    id: UUID
    hospital_id: UUID
    treatment_id: UUID
    description: str | None
    duration_days: int | None
    success_basis_points: int | None
    inclusions: list[str]
    exclusions: list[str]
    is_available: bool
    prices: list[Money]


class HospitalTreatment(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, with the treatment in the language asked for."""

    offer: OfferView
    treatment: TreatmentView


class TreatmentHospital(msgspec.Struct, frozen=True, kw_only=True):
    """An offer, with the hospital that makes it."""

    offer: OfferView
    hospital: str
    city: str
    country: str


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What a hospital offers, oldest first."""

    offers: list[OfferView]


class OfferChanged(Event, name="hospital:treatments:changed", topic="offers:{hospital_id}"):
    """A hospital offers a treatment, offers it otherwise, or no longer (`offer` is null)."""

    hospital_id: UUID
    change: Literal["added", "updated", "removed"]
    """What happened to the offer."""
    treatment_id: UUID
    offer: OfferView | None


_OFFERS: Final = """SELECT o.id, o.place_id AS hospital_id, o.treatment_id, o.description, o.duration_days,
       o.success_basis_points, o.inclusions, o.exclusions, o.is_available,
       (SELECT coalesce(json_agg(json_build_object('amount', p.amount, 'currency', p.currency) ORDER BY p.currency),
                        '[]') FROM hospital_treatment_price p WHERE p.offer_id = o.id) AS prices"""
_LISTED: Final = "o.is_available AND t.is_active"


async def may_hear(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Everybody, of a hospital that everybody may find."""
    rows = await ctx.tx.fetch(
        "SELECT id, created_at FROM place WHERE id = ANY($1) AND approval = 'approved' AND closed_at IS NULL",
        [key[0] for _, key in asks],
    )
    since = {row["id"]: row["created_at"].astimezone(UTC) for row in rows}
    return [since.get(key[0]) for _, key in asks]


@topic("offers:{hospital_id}", may=may_hear)
async def offers(ctx: Ctx, hospital_id: UUID) -> Offers:
    """What a hospital offers."""
    rows = await ctx.tx.fetch(
        f"{_OFFERS} FROM hospital_treatment o JOIN treatment t ON t.id = o.treatment_id"
        f" WHERE o.place_id = $1 AND {_LISTED} ORDER BY o.id",
        hospital_id,
    )
    return Offers(offers=[_view(row) for row in rows])


@query("hospital.list_treatments", allow={ANYONE}, errors={NotFound})
async def list_treatments(ctx: Ctx, hospital_id: UUID, locale: Locale | None = None) -> list[HospitalTreatment]:
    """What a hospital offers, by name of the treatment. Those who work there see what is not available, too."""
    await directory.any_place(ctx, hospital_id)
    rows = await ctx.tx.fetch(
        f"{_OFFERS} FROM hospital_treatment o JOIN treatment t ON t.id = o.treatment_id WHERE o.place_id = $1"
        f" AND ({_LISTED} OR EXISTS (SELECT FROM membership m WHERE m.place_id = $1 AND m.account_id = $2"
        " AND m.until IS NULL)) ORDER BY lower(t.name), o.id",
        hospital_id,
        None if ctx.anonymous else ctx.actor.id,
    )
    views = {view.id: view for view in await _treatments(ctx, [row["treatment_id"] for row in rows], locale)}
    return [HospitalTreatment(offer=_view(row), treatment=views[row["treatment_id"]]) for row in rows]


@query("treatment.list_hospitals", allow={ANYONE}, errors={NotFound, InvalidParams})
async def list_hospitals(
    ctx: Ctx,
    treatment_id: UUID,
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")] | None = None,
    currency: Currency | None = None,
    price_max: Minor | None = None,
    limit: Limit = 20,
    cursor: Cursor | None = None,
) -> Page[TreatmentHospital]:
    """The hospitals that offer a treatment. With a `currency`, those that take it, cheapest first."""
    if price_max is not None and currency is None:
        raise InvalidParams(fields=(Field("$.price_max", "in which currency? give `currency`"),))
    if not (await ctx.tx.fetchval("SELECT is_active FROM treatment WHERE id = $1", treatment_id)):
        raise NotFound()
    after = paging.decode(cursor, tuple[int, UUID]) if cursor else (-1, UUID(int=0))
    rows = await ctx.tx.fetch(
        f"""{_OFFERS}, h.name AS hospital, h.city, h.country, coalesce(w.amount, 0) AS rank
  FROM hospital_treatment o JOIN treatment t ON t.id = o.treatment_id JOIN place h ON h.id = o.place_id
  LEFT JOIN hospital_treatment_price w ON w.offer_id = o.id AND w.currency = $2
 WHERE o.treatment_id = $1 AND {_LISTED} AND h.approval = 'approved' AND h.closed_at IS NULL
   AND ($2::text IS NULL OR w.amount IS NOT NULL) AND ($3::bigint IS NULL OR w.amount <= $3)
   AND ($4::text IS NULL OR h.country = $4) AND (coalesce(w.amount, 0), o.id) > ($5, $6)
 ORDER BY coalesce(w.amount, 0), o.id LIMIT $7""",
        treatment_id,
        currency,
        price_max,
        country,
        *after,
        limit + 1,
    )
    page = rows[:limit]
    return Page(
        rows=[
            TreatmentHospital(offer=_view(row), hospital=row["hospital"], city=row["city"], country=row["country"])
            for row in page
        ],
        cursor=paging.encode(page[-1]["rank"], page[-1]["id"]) if len(rows) > limit else None,
    )


WRITERS: Final = frozenset({Capacity.STAFF, Capacity.ADMIN})


@command(
    "hospital.add_treatment", allow=WRITERS, emits={OfferChanged}, errors={NotFound, Conflict, Forbidden, InvalidParams}
)
async def add_treatment(
    ctx: Ctx,
    hospital_id: UUID,
    treatment_id: UUID,
    prices: Prices,
    description: Body | None = None,
    duration_days: DurationDays | None = None,
    success_basis_points: BasisPoints | None = None,
    inclusions: Lines | None = None,
    exclusions: Lines | None = None,
) -> OfferView:
    """Your hospital offers a treatment. For its owners and managers, and for administrators (content)."""
    await _headed(ctx, hospital_id)
    if not await ctx.tx.fetchval("SELECT is_active FROM treatment WHERE id = $1 FOR KEY SHARE", treatment_id):
        raise NotFound()
    count: int = await ctx.tx.fetchval("SELECT count(*) FROM hospital_treatment WHERE place_id = $1", hospital_id)
    if count >= OFFERS_MAX:
        raise Conflict(f"A hospital offers at most {OFFERS_MAX} treatments")
    offer_id = uuid7()
    await ctx.tx.execute(
        "INSERT INTO hospital_treatment (id, place_id, treatment_id, description, duration_days, success_basis_points,"
        " inclusions, exclusions, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        offer_id,
        hospital_id,
        treatment_id,
        description,
        duration_days,
        success_basis_points,
        inclusions or [],
        exclusions or [],
        ctx.now,
    )
    await _price(ctx, offer_id, prices)
    return await _tell(ctx, hospital_id, treatment_id, "added")


@command("hospital.update_treatment", allow=WRITERS, emits={OfferChanged}, errors={NotFound, Forbidden, InvalidParams})
async def update_treatment(
    ctx: Ctx,
    hospital_id: UUID,
    treatment_id: UUID,
    prices: Prices | UnsetType = UNSET,
    description: Body | UnsetType | None = UNSET,
    duration_days: DurationDays | UnsetType | None = UNSET,
    success_basis_points: BasisPoints | UnsetType | None = UNSET,
    inclusions: Lines | UnsetType = UNSET,
    exclusions: Lines | UnsetType = UNSET,
    is_available: bool | UnsetType = UNSET,
) -> OfferView:
    """Change how your hospital offers a treatment; what is not given stays, `prices` replaces all prices."""
    await _headed(ctx, hospital_id)
    offer_id = await _offer(ctx, hospital_id, treatment_id)
    given = {
        "description": description,
        "duration_days": duration_days,
        "success_basis_points": success_basis_points,
        "inclusions": inclusions,
        "exclusions": exclusions,
        "is_available": is_available,
    }
    changed = {name: value for name, value in given.items() if value is not UNSET}
    if changed:
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, 2))
        await ctx.tx.execute(f"UPDATE hospital_treatment SET {sets} WHERE id = $1", offer_id, *changed.values())
    if not isinstance(prices, UnsetType):
        await ctx.tx.execute("DELETE FROM hospital_treatment_price WHERE offer_id = $1", offer_id)
        await _price(ctx, offer_id, prices)
    return await _tell(ctx, hospital_id, treatment_id, "updated")


@command("hospital.remove_treatment", allow=WRITERS, emits={OfferChanged}, errors={NotFound, Forbidden})
async def remove_treatment(ctx: Ctx, hospital_id: UUID, treatment_id: UUID) -> None:
    """Your hospital offers a treatment no longer."""
    await _headed(ctx, hospital_id)
    offer_id = await _offer(ctx, hospital_id, treatment_id)
    await ctx.tx.execute("DELETE FROM hospital_treatment_price WHERE offer_id = $1", offer_id)
    await ctx.tx.execute("DELETE FROM hospital_treatment WHERE id = $1", offer_id)
    ctx.emit(OfferChanged(hospital_id=hospital_id, change="removed", treatment_id=treatment_id, offer=None))


async def _headed(ctx: Ctx, hospital_id: UUID) -> None:
    """The hospital, locked: it is the root of its offers. Raises `NotFound`."""
    row = await directory.place_to_edit(ctx, hospital_id, duties=HEADS, scopes=EDITORS)
    if row["kind"] not in ("hospital", "clinic"):
        raise NotFound()


async def _offer(ctx: Ctx, hospital_id: UUID, treatment_id: UUID) -> UUID:
    found: UUID | None = await ctx.tx.fetchval(
        "SELECT id FROM hospital_treatment WHERE place_id = $1 AND treatment_id = $2", hospital_id, treatment_id
    )
    if found is None:
        raise NotFound()
    return found


async def _price(ctx: Ctx, offer_id: UUID, prices: Sequence[Money]) -> None:
    currencies = [price.currency for price in prices]
    for index, currency in enumerate(currencies):
        if currency in currencies[:index]:
            raise InvalidParams(fields=(Field(f"$.prices[{index}].currency", "has a price already"),))
    await ctx.tx.execute(
        "INSERT INTO hospital_treatment_price (offer_id, currency, amount)"
        " SELECT $1, currency, amount FROM unnest($2::text[], $3::bigint[]) AS given (currency, amount)",
        offer_id,
        currencies,
        [price.amount for price in prices],
    )


async def _tell(ctx: Ctx, hospital_id: UUID, treatment_id: UUID, change: Literal["added", "updated"]) -> OfferView:
    """The offer as it is now; its followers hear of it as the public sees it."""
    row = await ctx.tx.fetchrow(
        f"{_OFFERS}, {_LISTED} AS listed FROM hospital_treatment o JOIN treatment t ON t.id = o.treatment_id"
        " WHERE o.place_id = $1 AND o.treatment_id = $2",
        hospital_id,
        treatment_id,
    )
    assert row is not None
    view = _view(row)
    ctx.emit(
        OfferChanged(
            hospital_id=hospital_id,
            change=change if row["listed"] else "removed",
            treatment_id=treatment_id,
            offer=view if row["listed"] else None,
        )
    )
    return view


async def _treatments(ctx: Ctx, ids: Sequence[UUID], locale: str | None) -> list[TreatmentView]:
    return list(await TREATMENTS.show(ctx, await TREATMENTS.rows(ctx, ids), language_of(ctx, locale)))


def _view(row: Any) -> OfferView:
    values = {name: row[name] for name in OfferView.__struct_fields__ if name != "prices"}
    prices = [Money.of(price["amount"], price["currency"]) for price in msgspec.json.decode(row["prices"])]
    return OfferView(prices=prices, **values)
