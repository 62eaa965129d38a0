"""The dashboards of pharmacies, laboratories and hospitals. What they earn comes with money."""

from typing import Final
from uuid import UUID

import msgspec

from carewire.command import Ctx, query
from carewire.errors import InvalidParams, NotFound
from channels.directory import PlaceKind
from channels.directory import access as directory
from channels.directory.access import PlaceRow
from channels.identity import Capacity, Duty
from channels.insight.counters import Counts, counts
from channels.insight.counts import TODAY, ByState, appointments_today, tokens_today
from channels.review import Subject
from channels.review import access as review
from channels.review.access import Tally

ANY_DUTY: Final = frozenset(Duty)
HEADS: Final = frozenset({Duty.OWNER, Duty.MANAGER})
EXPIRES_SOON_DAYS: Final = 30


class PharmacyDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy's counts. `live` is what `counters:{place_id}` tells from there on.

    `articles` are on sale, `low` of them run low; `expiring` batches with something in them expire within 30 days,
    `expired` ones did. `quotes` are open bills that it is on.
    """

    place_id: UUID
    live: Counts
    articles: int
    low: int
    expiring: int
    expired: int
    quotes: int
    rating: Tally


class LaboratoryDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A laboratory's counts. `live` is what `counters:{place_id}` tells from there on.

    `reports_due`: tests whose sample it has and whose result it has not given. `collections_today`: samples to be taken
    at home today, on its clock. `quotes` are open bills that it is on.
    """

    place_id: UUID
    live: Counts
    reports_due: int
    collections_today: int
    quotes: int
    rating: Tally


class HospitalDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """A hospital's counts, administrative only: its doctors, today's sittings, appointments and tokens by state."""

    place_id: UUID
    doctors: int
    members: int
    sittings: int
    appointments: ByState
    tokens: ByState
    rating: Tally


async def _own(ctx: Ctx, place_id: UUID | None, kind: PlaceKind, duties: frozenset[Duty]) -> PlaceRow:
    place = await directory.place(ctx, place_id, duties=duties)
    if place.kind is not kind:
        raise NotFound()
    return place


_QUOTES: Final = """(SELECT count(*) FROM bill_part o JOIN bill b ON b.id = o.bill_id
    WHERE o.place_id = $1 AND b.state = 'open' AND b.valid_until > $2)"""


@query("dashboard.pharmacy", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def pharmacy(ctx: Ctx, place_id: UUID | None = None) -> PharmacyDashboard:
    """A pharmacy in numbers, for everybody who works there."""
    place = await _own(ctx, place_id, PlaceKind.PHARMACY, ANY_DUTY)
    row = await ctx.tx.fetchrow(
        f"""SELECT (SELECT count(*) FROM medicine m WHERE m.pharmacy_id = $1 AND m.closed_at IS NULL) AS articles,
                  (SELECT count(*) FROM stock s JOIN medicine m ON m.id = s.medicine_id AND m.closed_at IS NULL
                    WHERE s.pharmacy_id = $1 AND s.low) AS low,
                  (SELECT count(*) FROM stock_batch b WHERE b.pharmacy_id = $1 AND b.physical > 0
                      AND b.expires_on BETWEEN d.today AND d.today + {EXPIRES_SOON_DAYS}) AS expiring,
                  (SELECT count(*) FROM stock_batch b WHERE b.pharmacy_id = $1 AND b.physical > 0
                      AND b.expires_on < d.today) AS expired,
                  {_QUOTES} AS quotes
             FROM (SELECT ($2::timestamptz AT TIME ZONE $3)::date AS today) d""",
        place.id,
        ctx.now,
        place.zone,
    )
    assert row is not None
    return PharmacyDashboard(
        place_id=place.id,
        live=await counts(ctx.tx, place.id),
        rating=await review.tally(ctx.tx, Subject.PLACE, place.id),
        **dict(row),
    )


@query("dashboard.laboratory", allow={Capacity.STAFF}, errors={NotFound, InvalidParams})
async def laboratory(ctx: Ctx, place_id: UUID | None = None) -> LaboratoryDashboard:
    """A laboratory in numbers, for everybody who works there."""
    place = await _own(ctx, place_id, PlaceKind.LABORATORY, ANY_DUTY)
    row = await ctx.tx.fetchrow(
        f"""SELECT (SELECT count(*) FROM lab_test t WHERE t.laboratory_id = $1
                      AND t.state IN ('sample_collected', 'in_progress')) AS reports_due,
                  (SELECT count(*) FROM lab_test t WHERE t.laboratory_id = $1 AND t.state = 'scheduled'
                      AND t.mode = 'home' AND (t.planned_at AT TIME ZONE $3)::date
                          = ($2::timestamptz AT TIME ZONE $3)::date) AS collections_today,
                  {_QUOTES} AS quotes""",
        place.id,
        ctx.now,
        place.zone,
    )
    assert row is not None
    return LaboratoryDashboard(
        place_id=place.id,
        live=await counts(ctx.tx, place.id),
        rating=await review.tally(ctx.tx, Subject.PLACE, place.id),
        **dict(row),
    )


@query("dashboard.hospital", allow={Capacity.HOSPITAL_ADMIN}, errors={NotFound, InvalidParams})
async def hospital(ctx: Ctx, place_id: UUID | None = None) -> HospitalDashboard:
    """A hospital in numbers, for its owner and managers."""
    place = await _own(ctx, place_id, PlaceKind.HOSPITAL, HEADS)
    row = await ctx.tx.fetchrow(
        f"""SELECT (SELECT count(*) FROM affiliation f WHERE f.place_id = $1 AND f.state = 'accepted') AS doctors,
                  (SELECT count(DISTINCT m.account_id) FROM membership m
                    WHERE m.place_id = $1 AND m.until IS NULL) AS members,
                  (SELECT count(*) FROM session s WHERE s.place_id = $1 AND {TODAY}) AS sittings""",
        place.id,
        ctx.now,
    )
    assert row is not None
    return HospitalDashboard(
        place_id=place.id,
        appointments=await appointments_today(ctx.tx, ctx.now, place_id=place.id),
        tokens=await tokens_today(ctx.tx, ctx.now, place_id=place.id),
        rating=await review.tally(ctx.tx, Subject.PLACE, place.id),
        **dict(row),
    )
