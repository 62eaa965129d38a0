"""Tests: asked for by a doctor or the patient's side, chosen, planned, and moved on by the laboratory."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Line, Name
from carewire.store import paging
from carewire.store.paging import Page
from channels.care import RecordType
from channels.care import access as care
from channels.consultation import access as consultations
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.identity import access as identity
from channels.identity.errors import FactDue
from channels.lab import access, drafting, moving, windows
from channels.lab.access import FAMILY, Side, Sight, opened, sights, unplanned
from channels.lab.errors import NoLaboratory, NotCollected, NotOffered, OfAnOrder, TooManyTests, WindowFull
from channels.lab.events import TEST_EMITS
from channels.lab.lifecycle import LAB_TEST, CancelReason, LabTestState, Mode, RejectReason
from channels.lab.rows import COLUMNS, LabTest, from_row
from channels.lab.views import LabTestView, views
from channels.lab.windows import PostalCode

PEOPLE: Final = frozenset({Capacity.PATIENT, Capacity.DOCTOR, Capacity.STAFF})
COLLECTS: Final = frozenset({Duty.COLLECTOR, Duty.TECHNICIAN, Duty.NURSE})
WORKS: Final = frozenset({Duty.TECHNICIAN})
PLANS: Final = COLLECTS | {Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK}
ASKING: Final = Rate(burst=60, per_minute=60)
VISIT: Final = timedelta(minutes=30)
"""How long a patient is expected at the laboratory."""
PLANNED_WITHIN: Final = timedelta(days=180)

Notes = Annotated[str, Meta(min_length=1, max_length=1000, description="For the laboratory, e.g. what is suspected")]
REFUSES: Final = frozenset({NotFound, InvalidParams, FactDue, IllegalMove})


@command("lab_test.create", allow=PEOPLE, rate=ASKING, emits=TEST_EMITS, errors=REFUSES | {NotOffered, TooManyTests})
async def create(
    ctx: Ctx,
    patient_id: UUID,
    catalogue_id: UUID | None = None,
    name: Name | None = None,
    place_id: UUID | None = None,
    consultation_id: UUID | None = None,
    notes: Notes | None = None,
) -> LabTestView:
    """Ask for a test. A patient's side names the laboratory's (`catalogue_id`), which is then hers.

    A doctor who treats her names the test alone (`name`): where it is done she chooses with `lab_test.schedule`, for
    only her side lets a laboratory know who she is. `place_id` is where the doctor asks from.
    """
    await identity.require_fact(ctx)
    mine = await directory.doctor_of(ctx.tx, ctx.actor.id)
    if consultation_id is not None:  # the visit itself is the right
        visit = await consultations.treating(ctx, consultation_id)
        if visit.patient_id != patient_id:
            raise NotFound()
        place_id = place_id or visit.place_id
    else:
        found = await care.reading(ctx, patient_id, RecordType.LAB_REPORT, doctor_id=mine)
        if any(right.kind in FAMILY for right in found):
            if catalogue_id is None or place_id is not None:
                raise InvalidParams(fields=(Field("$.catalogue_id", "name the test of a laboratory"),))
            return await _order(ctx, patient_id, catalogue_id, notes)
    if mine is None:
        raise NotFound()  # who only reads asks for nothing
    await access.require_room(ctx, patient_id)
    if name is None or catalogue_id is not None:
        raise InvalidParams(fields=(Field("$.name", "name the test; the patient chooses the laboratory"),))
    if place_id is not None and await directory.affiliated(ctx.tx, mine, place_id) is None:
        raise NotFound()
    test = await moving.add(
        ctx,
        patient_id=patient_id,
        name=name,
        doctor_id=mine,
        place_id=place_id,
        consultation_id=consultation_id,
        notes=notes,
    )
    return await _view(ctx, test)


async def _order(ctx: Ctx, patient_id: UUID, catalogue_id: UUID, notes: str | None) -> LabTestView:
    one = (await access.offers(ctx, [catalogue_id])).get(catalogue_id)
    if one is None:
        raise NotOffered()
    await access.require_room(ctx, patient_id)
    await access.relate(ctx, patient_id, one.laboratory_id, ctx.actor.id)
    test = await moving.add(
        ctx,
        patient_id=patient_id,
        laboratory_id=one.laboratory_id,
        catalogue_id=one.id,
        name=one.offer.name,
        offer=access.encoded(one.offer),
        notes=notes,
    )
    return await _view(ctx, test)


@command(
    "lab_test.schedule",
    allow=PEOPLE,
    emits=TEST_EMITS,
    errors=REFUSES | {NoLaboratory, NotOffered, NotCollected, WindowFull},
)
async def schedule(
    ctx: Ctx,
    lab_test_id: UUID,
    mode: Mode,
    planned_at: datetime,
    catalogue_id: UUID | None = None,
    address: Line | None = None,
    postal_code: PostalCode | None = None,
) -> LabTestView:
    """Plan when the sample is taken, or plan it anew: the patient's side, or the laboratory that was chosen.

    At home it is a window of `laboratory.windows`, at an address it serves; a visit of hers falls into its opening
    hours, where it said any. `catalogue_id` chooses the laboratory where
    nobody has yet, or another one while nothing is planned: for the patient's side alone.
    """
    test, sight = await access.lab_test(ctx, lab_test_id, lock=True)
    patient = Side.PATIENT in sight.sides
    if not patient and not sight.duties & PLANS:
        raise NotFound()
    state = LAB_TEST.move(test.state, "schedule")
    if planned_at.tzinfo is None or not ctx.now < planned_at <= ctx.now + PLANNED_WITHIN:
        raise InvalidParams(fields=(Field("$.planned_at", "must lie ahead, with a time zone offset"),))
    after = msgspec.structs.replace(unplanned(test), state=state, reject_reason=None)
    if catalogue_id is not None and catalogue_id != test.catalogue_id:
        if not patient or test.state is not LabTestState.REQUESTED or test.order_id is not None:
            raise InvalidParams(fields=(Field("$.catalogue_id", "the laboratory is chosen already"),))
        one = (await access.offers(ctx, [catalogue_id])).get(catalogue_id)
        if one is None:
            raise NotOffered()
        await access.relate(ctx, test.patient_id, one.laboratory_id, ctx.actor.id, planned_at=planned_at)
        after = msgspec.structs.replace(after, laboratory_id=one.laboratory_id, catalogue_id=one.id, offer=one.offer)
    elif patient and test.laboratory_id is not None:
        await access.relate(ctx, test.patient_id, test.laboratory_id, ctx.actor.id, planned_at=planned_at)
    else:
        await access.expect(ctx, test, planned_at)
    if after.laboratory_id is None or after.offer is None:
        raise NoLaboratory()
    if mode is Mode.HOME:
        if address is None or postal_code is None:
            raise InvalidParams(fields=(Field("$.address", "where? give address and postal_code"),))
        if not after.offer.home_collection:
            raise NotCollected()
        until = await windows.book(ctx, after.laboratory_id, planned_at, postal_code)
    elif address is not None or postal_code is not None:
        raise InvalidParams(fields=(Field("$.address", "she comes to the laboratory"),))
    else:
        # Its people may let somebody in whom they expect; she does not find a door that is shut.
        shut = "SELECT NOT place_open($1, $2)"
        if not sight.duties & PLANS and await ctx.tx.fetchval(shut, after.laboratory_id, planned_at):
            raise WindowFull()
        until = planned_at + VISIT
    after = msgspec.structs.replace(
        after, mode=mode, planned_at=planned_at, planned_until=until, address=address, postal_code=postal_code
    )
    return await _view(ctx, await moving.moved(ctx, test, after))


@command("lab_test.collect", allow={Capacity.STAFF}, emits=TEST_EMITS, errors=REFUSES | {NoLaboratory})
async def collect(ctx: Ctx, lab_test_id: UUID, collected_at: datetime | None = None) -> LabTestView:
    """The sample is taken, now or a little earlier. For collectors and technicians of the laboratory."""
    test, _ = await _at_work(ctx, lab_test_id, COLLECTS)
    after = taken(ctx, test, "collect", collected_at)
    assert after.offer is not None
    await access.expect(ctx, after, ctx.now + timedelta(hours=after.offer.turnaround_hours))
    return await _view(ctx, await moving.moved(ctx, test, after))


@command("lab_test.miss", allow={Capacity.STAFF}, emits=TEST_EMITS, errors=REFUSES)
async def miss(ctx: Ctx, lab_test_id: UUID) -> LabTestView:
    """Nobody was there at the planned time; the patient plans another one. For collectors and technicians."""
    test, _ = await _at_work(ctx, lab_test_id, COLLECTS)
    state = LAB_TEST.move(test.state, "miss")
    if test.planned_at is not None and ctx.now < test.planned_at:
        raise InvalidParams(fields=(Field("$.lab_test_id", "the planned time has not come"),))
    return await _view(ctx, await moving.moved(ctx, test, msgspec.structs.replace(unplanned(test), state=state)))


@command("lab_test.begin", allow={Capacity.STAFF}, emits=TEST_EMITS, errors=REFUSES)
async def begin(ctx: Ctx, lab_test_id: UUID) -> LabTestView:
    """The laboratory is at work on the sample. For its technicians."""
    test, _ = await _at_work(ctx, lab_test_id, WORKS)
    state = LAB_TEST.move(test.state, "begin")
    return await _view(ctx, await moving.moved(ctx, test, msgspec.structs.replace(test, state=state)))


@command("lab_test.reject", allow={Capacity.STAFF}, emits=TEST_EMITS, errors=REFUSES)
async def reject(ctx: Ctx, lab_test_id: UUID, reason: RejectReason) -> LabTestView:
    """The sample is of no use: the patient plans a new one, which costs nothing. For technicians."""
    test, _ = await _at_work(ctx, lab_test_id, WORKS)
    state = LAB_TEST.move(test.state, "reject")
    await drafting.empty(ctx, test.id)
    after = msgspec.structs.replace(
        unplanned(test), state=state, reject_reason=reason, collected_at=None, collected_by=None
    )
    return await _view(ctx, await moving.moved(ctx, test, after))


@command("lab_test.cancel", allow=PEOPLE, emits=TEST_EMITS, errors=REFUSES | {OfAnOrder})
async def cancel(ctx: Ctx, lab_test_id: UUID) -> LabTestView:
    """Cancel a test of which no sample is there: the patient's side, the doctor who asked, or the laboratory."""
    return await _view(ctx, await _cancel(ctx, lab_test_id))


@command("lab_test.delete", allow=PEOPLE, emits=TEST_EMITS, errors=REFUSES | {OfAnOrder})
async def delete(ctx: Ctx, lab_test_id: UUID) -> LabTestView:
    """The same as `lab_test.cancel`: that it was asked for stays on record."""
    return await _view(ctx, await _cancel(ctx, lab_test_id))


async def _cancel(ctx: Ctx, lab_test_id: UUID) -> LabTest:
    test, sight = await access.lab_test(ctx, lab_test_id, lock=True)
    if Side.PATIENT in sight.sides:
        reason = CancelReason.PATIENT
    elif Side.DOCTOR in sight.sides:
        reason = CancelReason.DOCTOR
    elif sight.duties & PLANS:
        reason = CancelReason.LABORATORY
    else:
        raise NotFound()
    if test.order_id is not None:
        raise OfAnOrder()
    state = LAB_TEST.move(test.state, "cancel")
    return await moving.moved(ctx, test, access.ended(ctx, test, state, reason))


Target = Annotated[LabTestState, Meta(description="Where it shall stand: the one move that leads there is made")]


@command(
    "lab_test.update",
    allow=PEOPLE,
    emits=TEST_EMITS,
    errors=REFUSES | {Forbidden, NoLaboratory, OfAnOrder},
)
async def update(
    ctx: Ctx,
    lab_test_id: UUID,
    state: Target | None = None,
    reason: RejectReason | None = None,
    notes: Notes | UnsetType | None = UNSET,
) -> LabTestView:
    """Change the notes (who asked, while no sample is there), or move the test on by naming where it shall stand.

    `scheduled` needs `lab_test.schedule`, `completed` a result.
    """
    if state is LabTestState.SAMPLE_COLLECTED:
        return await collect(ctx, lab_test_id)
    if state is LabTestState.IN_PROGRESS:
        return await begin(ctx, lab_test_id)
    if state is LabTestState.MISSED:
        return await miss(ctx, lab_test_id)
    if state is LabTestState.CANCELLED:
        return await cancel(ctx, lab_test_id)
    if state is LabTestState.SAMPLE_REJECTED:
        if reason is None:
            raise InvalidParams(fields=(Field("$.reason", "why is it of no use?"),))
        return await reject(ctx, lab_test_id, reason)
    test, sight = await access.lab_test(ctx, lab_test_id, lock=True)
    if state is not None:
        raise IllegalMove(
            "plan it with lab_test.schedule, complete it with lab_test.submit_result",
            state=test.state.value,
            legal=LAB_TEST.possible(test.state),
        )
    if Side.DOCTOR not in sight.sides and not (Side.PATIENT in sight.sides and test.doctor_id is None):
        raise NotFound()
    LAB_TEST.move(test.state, "cancel")  # as long as it can be taken back, it can be said otherwise
    return await _view(
        ctx, await moving.moved(ctx, test, test if notes is UNSET else msgspec.structs.replace(test, notes=notes))
    )


@query("lab_test.get", allow=PEOPLE, errors={NotFound, FactDue})
async def get(ctx: Ctx, lab_test_id: UUID) -> LabTestView:
    """One test: for the patient's side, the doctor who asked, the laboratory, and by consent."""
    test, sight = await access.lab_test(ctx, lab_test_id)
    return (await shown(ctx, [(test, sight)]))[0]


@query("lab_test.list", allow=PEOPLE, errors={NotFound, InvalidParams, FactDue})
async def list_(
    ctx: Ctx,
    patient_id: UUID | None = None,
    laboratory_id: UUID | None = None,
    order_id: UUID | None = None,
    state: LabTestState | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[LabTestView]:
    """Tests, newest first: of a patient, of the laboratory where one works; without either, those of whom one acts for
    and those one asked for as a doctor.

    What the caller may not see any more is left out, so a page may be shorter than `limit` and not be the last.
    """
    await identity.require_fact(ctx)
    if laboratory_id is not None:
        await directory.place(ctx, laboratory_id, duties=frozenset(Duty))
    whole = await care.records_of(ctx, patient_id) if patient_id is not None else None
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    found: list[Any] = await ctx.tx.fetch(
        f"""SELECT {COLUMNS} FROM lab_test t
             WHERE ($1::uuid[] IS NULL OR t.patient_id = ANY ($1)) AND ($2::uuid IS NULL OR t.laboratory_id = $2)
               AND ($3::uuid IS NULL OR t.order_id = $3) AND ($4::text IS NULL OR t.state = $4)
               AND ($5::uuid IS NULL OR t.id < $5)
               AND ($1::uuid[] IS NOT NULL OR $2::uuid IS NOT NULL OR t.doctor_id = $6
                    OR t.patient_id IN (SELECT g.patient_id FROM guarding g WHERE g.account_id = $7))
             ORDER BY t.id DESC LIMIT $8""",
        whole,
        laboratory_id,
        order_id,
        state,
        before,
        await directory.doctor_of(ctx.tx, ctx.actor.id),
        ctx.actor.id,
        limit + 1,
    )
    tests = [from_row(row) for row in found[:limit]]
    seen = [(test, sight) for test, sight in zip(tests, await sights(ctx, tests), strict=True) if sight.sides]
    told: set[UUID] = set()
    for test, sight in seen:
        if test.patient_id not in told:
            opened(ctx, test, sight)
            told.add(test.patient_id)
    return Page(rows=await shown(ctx, seen), cursor=paging.encode(tests[-1].id) if len(found) > limit else None)


async def shown(ctx: Ctx, seen: list[tuple[LabTest, Sight]]) -> list[LabTestView]:
    """Tests as the caller sees them: why a doctor asked is read by who reads results, and by who takes the sample;
    where she lives by her side, and by her laboratory while somebody is to come."""
    shown = []
    for view, (test, sight) in zip(await views(ctx, [test for test, _ in seen]), seen, strict=True):
        if not sight.reads and not sight.duties & COLLECTS:
            view = msgspec.structs.replace(view, notes=None)
        if Side.PATIENT in sight.sides or (sight.duties & PLANS and test.state is LabTestState.SCHEDULED):
            view = msgspec.structs.replace(view, address=test.address, postal_code=test.postal_code)
        shown.append(view)
    return shown


async def _at_work(ctx: Ctx, lab_test_id: UUID, duties: frozenset[Duty]) -> tuple[LabTest, Sight]:
    """A test of a laboratory where the caller has one of these duties, locked."""
    test, sight = await access.lab_test(ctx, lab_test_id, lock=True)
    if not sight.duties & duties:
        raise NotFound()
    return test, sight


def taken(ctx: Ctx, test: LabTest, move: str, collected_at: datetime | None) -> LabTest:
    """The test after a move by which its sample is there. Raises `InvalidParams` for a time that cannot be."""
    state = LAB_TEST.move(test.state, move)
    if test.laboratory_id is None:
        raise NoLaboratory()
    at = collected_at or test.collected_at or ctx.now
    if at.tzinfo is None or not test.asked_at - timedelta(days=1) <= at <= ctx.now:
        raise InvalidParams(fields=(Field("$.collected_at", "lies ahead, or before it was asked for"),))
    fresh = test.collected_at is None
    return msgspec.structs.replace(
        test,
        state=state,
        collected_at=at,
        collected_by=ctx.actor.id if fresh else test.collected_by,
        draws=test.draws + (1 if fresh else 0),
    )


async def _view(ctx: Ctx, test: LabTest) -> LabTestView:
    (sight,) = await sights(ctx, [test])
    return (await shown(ctx, [(test, sight)]))[0]
