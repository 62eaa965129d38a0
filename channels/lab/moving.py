"""The one door through which a test changes: stored, told, and whoever follows an order hears of it at once."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.event import Event, tells_too
from carewire.ids import uuid7
from channels.care import access as care
from channels.identity import Duty
from channels.identity import access as identity
from channels.lab import facts, rows
from channels.lab.events import TEST_EMITS, BoardUpdated, LabTestUpdated, records_told
from channels.lab.lifecycle import ENDED, LabTestState
from channels.lab.rows import STORED, LabTest
from channels.lab.views import board_test, views

STAFF: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.TECHNICIAN})
"""Who is told that a test came."""

Follower = Callable[[Ctx, Sequence[UUID]], Awaitable[None]]
_FOLLOWERS: Final[list[Follower]] = []


def follow_progress(follower: Follower, emits: Iterable[type[Event]]) -> None:
    """Be told, in the same transaction, of which orders a test has moved (`access.progress` says how far they are).

    `emits`: what it tells then. It may lock the orders: tests are locked before the order they belong to.
    """
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)
        tells_too(TEST_EMITS, frozenset(emits))


async def add(ctx: Ctx, **columns: Any) -> LabTest:
    """A new test; its followers are told. Whoever lists anew what is hers waits for it, or it for them."""
    await hold_record(ctx, columns["patient_id"])
    lab_test_id = columns.setdefault("id", uuid7())
    names = ", ".join((*columns, "asked_by", "asked_at", "changed_at"))
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 4))
    await ctx.tx.execute(
        f"INSERT INTO lab_test ({names}) VALUES ({marks})", *columns.values(), ctx.actor.id, ctx.now, ctx.now
    )
    test = await rows.find(ctx.tx, lab_test_id)
    assert test is not None
    await _tell(ctx, None, test)
    return test


async def hold_record(ctx: Ctx, patient_id: UUID) -> None:
    """Whoever adds a test to this record waits for this transaction. Locked before anything of it."""
    await ctx.tx.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", patient_id)


async def moved(ctx: Ctx, before: LabTest, after: LabTest) -> LabTest:
    """Store what changed of a locked test, and tell it. Several tests are moved in the order of their ids."""
    changed = [name for name in STORED if getattr(before, name) != getattr(after, name)]
    if not changed:
        return after
    after = msgspec.structs.replace(after, changed_at=ctx.now)
    values = [_stored(getattr(after, name)) for name in changed]
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate((*changed, "changed_at"), 2))
    await ctx.tx.execute(f"UPDATE lab_test SET {sets} WHERE id = $1", after.id, *values, ctx.now)
    await _tell(ctx, before, after)
    if before.laboratory_id != after.laboratory_id:
        await left(ctx, before)
    elif after.state is LabTestState.CANCELLED:  # a sample that was drawn was a visit
        await (done if after.draws else left)(ctx, after)
    if after.order_id is not None and before.state is not after.state:
        for follower in _FOLLOWERS:
            await follower(ctx, [after.order_id])
    return after


async def done(ctx: Ctx, test: LabTest) -> None:
    """From now on the laboratory sees her for as long as a relationship lasts after a visit, and no longer."""
    if test.laboratory_id is not None:
        seen = care.Seen(
            patient_id=test.patient_id,
            doctor_id=None,
            place_id=test.laboratory_id,
            planned_at=test.asked_at,
            at=ctx.now,
        )
        await care.visited(ctx.tx, [seen])
        await left(ctx, test)


async def left(ctx: Ctx, test: LabTest) -> None:
    """A test is its laboratory's no more, or done: without another one of hers that waits there it knows her no longer
    than for what it did."""
    if test.laboratory_id is None:
        return
    await care.hold(ctx.tx, test.patient_id, test.laboratory_id)
    waits = await ctx.tx.fetchval(
        "SELECT EXISTS (SELECT FROM lab_test WHERE patient_id = $1 AND laboratory_id = $2"
        " AND state NOT IN ('completed', 'cancelled'))",
        test.patient_id,
        test.laboratory_id,
    )
    if not waits:
        await care.not_expected(ctx, test.patient_id, test.laboratory_id)


async def _tell(ctx: Ctx, before: LabTest | None, after: LabTest) -> None:
    (view,) = await views(ctx, [after])
    for patient_id in await records_told(ctx, after.patient_id):
        ctx.emit(LabTestUpdated(patient_id=patient_id, test=view))
    if before is not None and before.laboratory_id not in (None, after.laboratory_id):
        ctx.emit(BoardUpdated(laboratory_id=before.laboratory_id, test=board_test(before), stands=False))
    if after.laboratory_id is not None:
        stands = after.state not in ENDED
        ctx.emit(BoardUpdated(laboratory_id=after.laboratory_id, test=board_test(after), stands=stands))
    if before is None and after.doctor_id is not None and after.laboratory_id is None:
        await notify_family(ctx, after.patient_id, facts.ASKED, after.id)
    if after.laboratory_id is not None and (before is None or before.laboratory_id != after.laboratory_id):
        for account_id in await staff_of(ctx, after.laboratory_id, STAFF):
            ctx.notify(account_id, facts.ORDERED, after.id)
    if before is not None and before.state is not after.state:
        if after.state is LabTestState.MISSED:
            assert before.planned_at is not None  # the next one lies after this: it never comes twice
            await notify_family(ctx, after.patient_id, facts.MISSED, after.id, before.planned_at.isoformat())
        if after.state is LabTestState.SAMPLE_REJECTED:
            await notify_family(ctx, after.patient_id, facts.REJECTED, after.id, f"draw {after.draws}")


async def notify_family(ctx: Ctx, patient_id: UUID, told: Any, ref: UUID, occasion: str = "") -> None:
    """Tell everybody who acts for her; what may happen again, once for each occasion."""
    for _, account_id in await identity.acting_for(ctx.tx, [patient_id]):
        ctx.notify(account_id, told, ref, occasion=occasion)


async def staff_of(ctx: Ctx, place_id: UUID, duties: frozenset[Duty]) -> list[UUID]:
    """The accounts that have one of these duties at the place now."""
    found = await ctx.tx.fetch(
        "SELECT DISTINCT m.account_id FROM membership m JOIN account a ON a.id = m.account_id AND a.state = 'active'"
        " WHERE m.place_id = $1 AND m.until IS NULL AND m.duty = ANY ($2) ORDER BY m.account_id",
        place_id,
        sorted(duties),
    )
    return [row["account_id"] for row in found]


def _stored(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, rows.Offer) else value
