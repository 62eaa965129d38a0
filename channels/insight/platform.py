"""The platform in numbers, for administrators. Counted every five minutes, because counting everybody takes a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from carewire.command import Ctx, query
from carewire.jobs.job import Job, consumer
from carewire.store.db import Tx
from channels.directory import Approval, PlaceKind
from channels.identity import Capacity
from channels.insight.counts import ByState, appointments_today, by_state, tokens_today
from channels.order.lifecycle import OrderState
from channels.request.lifecycle import RequestState
from channels.review.lifecycle import ReviewState
from channels.verification.lifecycle import Kind

EVERY: Final = timedelta(minutes=5)


class AdminDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """The platform at the moment `at`.

    `accounts` are active ones that hold each capacity actively; `places` those that are not closed, by kind and
    approval. `appointments` and `tokens` are today's, each on its own clock; `requests`, `orders` and `reviews` are
    all there are. `verifications` wait for a decision, by kind. No revenue: that comes with money.
    """

    at: datetime
    accounts: int
    capacities: dict[str, int]
    patients: int
    places: dict[str, ByState]
    appointments: ByState
    tokens: ByState
    requests: ByState
    orders: ByState
    reviews: ByState
    verifications: dict[str, int]


# What was counted, unless it is old, or today has become another day anywhere since.
_STANDS: Final = """
SELECT c.value FROM platform_count c WHERE c.at > $1 AND NOT EXISTS (
    SELECT FROM (SELECT zone FROM place UNION SELECT zone FROM doctor) z
     WHERE (c.at AT TIME ZONE z.zone)::date <> ($2 AT TIME ZONE z.zone)::date)"""


@query("dashboard.admin", allow={Capacity.ADMIN})
async def admin(ctx: Ctx) -> AdminDashboard:
    """The platform in numbers as they were `at` a moment some five minutes ago, never more than ten and never on
    another day: where a day has begun since, they are counted now.
    """
    row = await ctx.tx.fetchrow(_STANDS, ctx.now - 2 * EVERY, ctx.now)
    if row is not None:
        return msgspec.json.decode(row["value"], type=AdminDashboard)
    return await counted(ctx.tx, ctx.now)


class CountPlatform(Job, name="insight.count_platform", every=EVERY):
    """It is time to count again."""


@consumer(CountPlatform)
async def count_platform(ctx: Ctx, job: CountPlatform) -> None:
    """Count everything once for all who ask until the next time."""
    found = await counted(ctx.tx, ctx.now)
    await ctx.tx.execute(
        "INSERT INTO platform_count (at, value) VALUES ($1, $2::jsonb)"
        " ON CONFLICT (one) DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value"
        " WHERE platform_count.at < EXCLUDED.at",
        ctx.now,
        msgspec.json.encode(found).decode(),
    )


async def counted(tx: Tx, now: datetime) -> AdminDashboard:
    """Everything, counted."""
    places = await tx.fetch(
        "SELECT kind, approval AS state, count(*) FROM place WHERE closed_at IS NULL GROUP BY kind, approval"
    )
    return AdminDashboard(
        at=now,
        accounts=await tx.fetchval("SELECT count(*) FROM account WHERE state = 'active'"),
        capacities=await _words(
            tx,
            [word for word in Capacity if word not in (Capacity.STAFF, Capacity.DISPLAY)],
            "SELECT c.capacity AS state, count(*) FROM account_capacity c JOIN account a ON a.id = c.account_id"
            " AND a.state = 'active' WHERE c.state = 'active' GROUP BY c.capacity",
        ),
        patients=await tx.fetchval("SELECT count(*) FROM patient WHERE deleted_at IS NULL"),
        places={
            kind.value: by_state(Approval, [row for row in places if row["kind"] == kind.value]) for kind in PlaceKind
        },
        appointments=await appointments_today(tx, now),
        tokens=await tokens_today(tx, now),
        requests=by_state(RequestState, await tx.fetch("SELECT state, count(*) FROM request GROUP BY state")),
        orders=by_state(OrderState, await tx.fetch("SELECT state, count(*) FROM orders GROUP BY state")),
        reviews=by_state(ReviewState, await tx.fetch("SELECT state, count(*) FROM review GROUP BY state")),
        verifications=await _words(
            tx,
            list(Kind),
            "SELECT kind AS state, count(*) FROM verification WHERE state = 'pending' GROUP BY kind",
        ),
    )


async def _words(tx: Tx, words: Iterable[StrEnum], sql: str) -> dict[str, int]:
    found = {row["state"]: row["count"] for row in await tx.fetch(sql)}
    return {word.value: found.get(word.value, 0) for word in words}
