"""The doors to tests, and what a laboratory offers to orders.

An order makes its tests with `create_tests`, cancels them with `cancel_tests`, and never writes how far the laboratory
is: that follows from the tests (`progress`), and `follow_progress` tells when to look.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.access import door
from carewire.command import Ctx
from carewire.errors import IllegalMove, NotFound
from carewire.money import Money
from carewire.store.db import Tx
from channels.care import RecordType, RightKind
from channels.care import access as care
from channels.care.access import Ask, Made, Right
from channels.directory import access as directory
from channels.identity import Duty
from channels.identity import access as identity
from channels.lab import moving, rows
from channels.lab.errors import NotOffered, TooManyTests
from channels.lab.events import REPORT_EMITS, TEST_EMITS
from channels.lab.finishing import finishes
from channels.lab.lifecycle import LAB_TEST, CancelReason, LabTestState, Progress, progress_of
from channels.lab.moving import done, follow_progress
from channels.lab.ranges import Analyte
from channels.lab.rows import LabTest, Offer, find

__all__ = [
    "REPORT_EMITS",
    "TEST_EMITS",
    "LabTest",
    "Line",
    "Side",
    "Sight",
    "cancel_tests",
    "create_tests",
    "done",
    "expect",
    "find",
    "follow_progress",
    "lab_test",
    "of_orders",
    "offers",
    "offers_of",
    "progress",
    "relate",
    "require_room",
    "require_waiting",
    "sights",
]  # fmt: skip

FAMILY: Final = frozenset({RightKind.OWN, RightKind.GUARDIAN})
READS: Final = frozenset({Duty.NURSE, Duty.TECHNICIAN})
"""The duties that read results at their laboratory."""
UNDER_WAY: Final = timedelta(days=30)
"""How long a laboratory that was chosen sees whose test it is, before anything was done."""
OPEN_MAX: Final = 100
"""Tests of one patient that are not over."""


class Side(StrEnum):
    """As what somebody sees a test."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    """Who asked for it."""
    LABORATORY = "laboratory"
    READER = "reader"
    """By consent or break-glass."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """How the caller sees a test: not at all without a side. `duties` are hers at its laboratory."""

    sides: frozenset[Side]
    duties: frozenset[Duty]
    clinical: list[Right]
    contact: list[Right]

    @property
    def reads(self) -> bool:
        """Does she read what was found, too?"""
        return bool(self.clinical)


@door
async def lab_test(ctx: Ctx, lab_test_id: UUID, *, lock: bool = False) -> tuple[LabTest, Sight]:
    """A test the caller sees, and as what. With `lock` the row is locked, and the right looked at once more.

    Raises `NotFound`, `FactDue` while the login owes a known fact.
    """
    await identity.require_fact(ctx)
    test = await find(ctx.tx, lab_test_id)
    if test is None:
        raise NotFound()
    (sight,) = await sights(ctx, [test])
    if sight.sides and lock:
        test = await find(ctx.tx, lab_test_id, lock=True)
        assert test is not None
        (sight,) = await sights(ctx, [test])
    if not sight.sides:
        raise NotFound()
    opened(ctx, test, sight)
    return test, sight


def opened(ctx: Ctx, test: LabTest, sight: Sight) -> None:
    """She is about to see it: the audit has it."""
    care.opened(ctx, test.patient_id, RecordType.LAB_REPORT if sight.reads else None, sight.clinical or sight.contact)


async def sights(ctx: Ctx, tests: Sequence[LabTest]) -> list[Sight]:
    """How the caller sees each of these tests, in their order."""
    me = ctx.actor.id
    asks = [Ask(me, test.patient_id, RecordType.LAB_REPORT, test.doctor_id, test.laboratory_id) for test in tests]
    asks += [Ask(me, test.patient_id) for test in tests]
    found = await care.reasons(ctx, asks)
    mine = await directory.doctor_of(ctx.tx, me)
    places = await _duties(ctx, [test.laboratory_id for test in tests if test.laboratory_id is not None])
    with_place = await _places_of(ctx, [right for rights in found for right in rights])
    finishing = await finishes(ctx, [test.id for test in tests])
    return [
        _sight(test, found[n], found[n + len(tests)], mine, places, with_place, finishing.get(test.id))
        for n, test in enumerate(tests)
    ]


def _sight(
    test: LabTest,
    clinical: list[Right],
    contact: list[Right],
    mine: UUID | None,
    places: Mapping[UUID, frozenset[Duty]],
    with_place: Mapping[UUID, UUID],
    finishing: Right | None,
) -> Sight:
    kinds = {right.kind for right in clinical}
    sides = set()
    if kinds & FAMILY:
        sides.add(Side.PATIENT)
    if test.doctor_id is not None and test.doctor_id == mine and clinical:
        sides.add(Side.DOCTOR)
    if kinds & {RightKind.CONSENT, RightKind.BREAK_GLASS}:
        sides.add(Side.READER)
    duties: frozenset[Duty] = frozenset()
    here = [right for right in contact if with_place.get(right.ref) == test.laboratory_id]
    here = here or ([finishing] if finishing else [])
    if test.laboratory_id is not None and here:
        duties = places.get(test.laboratory_id, frozenset())
        if finishing and not clinical and duties & READS:
            clinical = [finishing]
    if duties:
        sides.add(Side.LABORATORY)
    return Sight(sides=frozenset(sides), duties=duties, clinical=clinical, contact=here or contact)


async def _duties(ctx: Ctx, place_ids: Sequence[UUID]) -> dict[UUID, frozenset[Duty]]:
    found = await ctx.tx.fetch(
        "SELECT place_id, array_agg(duty) AS duties FROM membership WHERE account_id = $1 AND until IS NULL"
        " AND place_id = ANY ($2) GROUP BY place_id",
        ctx.actor.id,
        list(place_ids),
    )
    return {row["place_id"]: frozenset(Duty(duty) for duty in row["duties"]) for row in found}


async def _places_of(ctx: Ctx, rights: Sequence[Right]) -> dict[UUID, UUID]:
    """The place of each relationship with a place itself: a laboratory does not see by what a clinic may."""
    refs = [right.ref for right in rights if right.kind is RightKind.RELATIONSHIP]
    found = await ctx.tx.fetch("SELECT id, place_id FROM relationship WHERE id = ANY ($1) AND doctor_id IS NULL", refs)
    return {row["id"]: row["place_id"] for row in found}


# --- what laboratories offer -----------------------------------------------------------------------------------------
class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue's entry that can be had now."""

    id: UUID
    laboratory_id: UUID
    offer: Offer


async def offers(ctx: Ctx, catalogue_ids: Sequence[UUID]) -> dict[UUID, Offered]:
    """Those of these entries that can be had now: available, of an approved laboratory that takes orders."""
    found = await ctx.tx.fetch(
        "SELECT c.* FROM lab_catalog c JOIN place l ON l.id = c.laboratory_id AND l.approval = 'approved'"
        " AND l.closed_at IS NULL AND coalesce(l.orders_paused_until <= $2, true)"
        " WHERE c.id = ANY ($1) AND c.is_available AND c.closed_at IS NULL",
        list(catalogue_ids),
        ctx.now,
    )
    return {row["id"]: _offered(row) for row in found}


async def offers_of(tx: Tx, laboratory_ids: Sequence[UUID]) -> list[Offered]:
    """The whole catalogues of these laboratories, by name: also what is not available."""
    found = await tx.fetch(
        "SELECT c.* FROM lab_catalog c WHERE c.laboratory_id = ANY ($1) AND c.closed_at IS NULL"
        " ORDER BY lower(c.name), c.id",
        list(laboratory_ids),
    )
    return [_offered(row) for row in found]


def _offered(row: Any) -> Offered:
    price = Money.of(row["amount"], row["currency"])
    plain = {name: row[name] for name in Offer.__struct_fields__ if name not in ("price", "analytes")}
    analytes = msgspec.json.decode(row["analytes"], type=list[Analyte])
    return Offered(
        id=row["id"], laboratory_id=row["laboratory_id"], offer=Offer(**plain, price=price, analytes=analytes)
    )


# --- for orders ------------------------------------------------------------------------------------------------------
class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A test of an order, out of a catalogue. `lab_test_id`: a doctor asked for it, and it waits for a laboratory.
    `price`: what she was told, whatever it costs there by now."""

    catalogue_id: UUID
    lab_test_id: UUID | None = None
    price: Money | None = None


async def relate(
    ctx: Ctx, patient_id: UUID, laboratory_id: UUID, made_by: UUID, *, planned_at: datetime | None = None
) -> None:
    """The patient's side has chosen this laboratory: it sees her contact and its own tests, until some time after the
    sample is planned."""
    made = Made(
        patient_id=patient_id,
        doctor_id=None,
        place_id=laboratory_id,
        made_by=made_by,
        at=ctx.now,
        until=(planned_at or ctx.now) + UNDER_WAY,
    )
    await care.relate(ctx.tx, [made])
    await care.readers_changed(ctx, [(None, laboratory_id)])


async def expect(ctx: Ctx, test: LabTest, until: datetime) -> None:
    """Its laboratory has something to do for her until then: it sees her for some time after it, if it does now."""
    if test.laboratory_id is not None:
        await care.expected(ctx.tx, test.patient_id, None, test.laboratory_id, until + UNDER_WAY, ctx.now)


async def require_room(ctx: Ctx, patient_id: UUID, count: int = 1) -> None:
    """Raises `TooManyTests` when so many more would be too many. Two who ask at once wait for each other."""
    await moving.hold_record(ctx, patient_id)
    open_: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM lab_test WHERE patient_id = $1 AND state NOT IN ('completed', 'cancelled')", patient_id
    )
    if open_ + count > OPEN_MAX:
        raise TooManyTests()


async def require_waiting(ctx: Ctx, patient_id: UUID, lab_test_ids: Sequence[UUID]) -> None:
    """Raises `NotFound` unless each of these is a test of hers that was asked for and is in no order yet."""
    found: int = await ctx.tx.fetchval(
        "SELECT count(*) FROM lab_test WHERE id = ANY ($1) AND patient_id = $2 AND state = 'requested'"
        " AND order_id IS NULL",
        list(lab_test_ids),
        patient_id,
    )
    if found != len(lab_test_ids):
        raise NotFound()


async def create_tests(
    ctx: Ctx, order_id: UUID, patient_id: UUID, lines: Sequence[Line], *, made_by: UUID
) -> list[LabTest]:
    """The tests of a new order, in the order of its lines; `made_by` acts for the patient. Declare `TEST_EMITS`.

    Raises `NotOffered` for what cannot be had now, `NotFound` for a test that is not hers, `IllegalMove` for one that
    does not wait any more: called off, or taken elsewhere.
    """
    offered = await offers(ctx, [line.catalogue_id for line in lines])
    if missing := [line for line in lines if line.catalogue_id not in offered]:
        raise NotOffered(catalogue_id=str(missing[0].catalogue_id))
    await moving.hold_record(ctx, patient_id)
    for laboratory_id in sorted({one.laboratory_id for one in offered.values()}):
        await relate(ctx, patient_id, laboratory_id, made_by)
    made: dict[int, LabTest] = {}
    for n, line in sorted(enumerate(lines), key=lambda pair: (pair[1].lab_test_id or UUID(int=0), pair[0])):
        one = offered[line.catalogue_id]
        if line.price is not None:
            one = msgspec.structs.replace(one, offer=msgspec.structs.replace(one.offer, price=line.price))
        chosen = {"laboratory_id": one.laboratory_id, "catalogue_id": one.id, "order_id": order_id}
        if line.lab_test_id is None:
            made[n] = await moving.add(
                ctx, patient_id=patient_id, name=one.offer.name, offer=encoded(one.offer), **chosen
            )
            continue
        waits = await find(ctx.tx, line.lab_test_id, lock=True)
        if waits is None or waits.patient_id != patient_id:
            raise NotFound()
        if waits.order_id is not None or waits.state is not LabTestState.REQUESTED:
            raise IllegalMove(
                f"{waits.number} is {waits.state}, or in another order",
                state=waits.state.value,
                legal=LAB_TEST.possible(waits.state),
            )
        made[n] = await moving.moved(ctx, waits, msgspec.structs.replace(waits, offer=one.offer, **chosen))
    return [made[n] for n in range(len(lines))]


async def of_orders(tx: Tx, order_ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, list[LabTest]]:
    """The tests of each order. `lock` them before the orders: that is the order of locks."""
    found: dict[UUID, list[LabTest]] = {order_id: [] for order_id in order_ids}
    for test in await rows.of_orders(tx, list(order_ids), lock=lock):
        assert test.order_id is not None
        found[test.order_id].append(test)
    return found


async def progress(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, Progress]:
    """How far the laboratory is with each order; an order without tests is not among them."""
    found = await of_orders(tx, order_ids)
    return {order_id: progress_of(test.state for test in tests) for order_id, tests in found.items() if tests}


async def cancel_tests(ctx: Ctx, order_id: UUID, lab_test_ids: Sequence[UUID] | None = None) -> list[LabTest]:
    """Cancel the tests of an order, or some of them. Declare `TEST_EMITS`.

    Raises `IllegalMove` where a sample was taken already; what is cancelled stays so.
    """
    cancelled = []
    for test in (await of_orders(ctx.tx, [order_id], lock=True))[order_id]:
        if (lab_test_ids is not None and test.id not in lab_test_ids) or test.state is LabTestState.CANCELLED:
            continue
        state = LAB_TEST.move(test.state, "cancel")
        cancelled.append(await moving.moved(ctx, test, ended(ctx, test, state, CancelReason.ORDER)))
    return cancelled


def ended(ctx: Ctx, test: LabTest, state: LabTestState, reason: CancelReason) -> LabTest:
    """The test, cancelled."""
    return msgspec.structs.replace(
        unplanned(test), state=state, cancel_reason=reason, cancelled_at=ctx.now, reject_reason=None
    )


def unplanned(test: LabTest) -> LabTest:
    """The test without a time: its window is free again."""
    return msgspec.structs.replace(test, mode=None, planned_at=None, planned_until=None, address=None, postal_code=None)


def encoded(offer: Offer) -> str:
    """As its column takes it."""
    return msgspec.json.encode(offer).decode()
