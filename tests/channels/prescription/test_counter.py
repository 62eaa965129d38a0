"""The dispensing counter: whatever races, and at however many pharmacies, a line is never over-dispensed.

PRODUCT 28; issue 8, must hold. Ledger: M-097 (is_dispensed), H-205 H-206.
"""

import asyncio
import contextlib
from contextvars import Context
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.command import Ctx
from carewire.errors import Busy, IllegalMove, InvalidParams, NotFound, Refusal
from carewire.node import Node
from channels.directory.demo import PHARMACY
from channels.identity import Capacity
from channels.identity.demo import PHARMACIST, PRIYA, PRIYA_PATIENT
from channels.prescription import access
from channels.prescription.errors import DispensedSince, NotDispensable, NotInForce, Overspent
from tests.channels.callers import Caller, rows, told
from tests.channels.consultation.visits import P, begun, execute
from tests.channels.prescription.papers import issued, line
from tests.channels.queue.conftest import ProductClock, as_person
from tests.patience import PATIENCE_S


async def count(
    node: Node, verb: str, line_id: str, quantity: int, ref: UUID | None = None, at: timedelta = timedelta(0)
) -> None:
    """As an order's command would."""
    async with node.db.transaction() as tx:
        now = node.dispatcher.clock.now() + at
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=node.settings)
        await getattr(access, verb)(ctx, UUID(line_id), quantity, ref or uuid4(), place_id=PHARMACY)


async def spent(node: Node, line_id: str) -> tuple[int, int]:
    """What the line says, and what the entries add up to."""
    ((spent, given),) = await rows(
        node,
        "SELECT l.spent, (SELECT coalesce(sum(quantity), 0) FROM dispensing d WHERE d.line_id = l.id)"
        " FROM prescription_line l WHERE l.id = $1",
        UUID(line_id),
    )
    return spent, given


async def test_a_thousand_spenders_at_once_give_out_what_the_line_says(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    (mine,) = (await issued(doctor, await begun(desk, doctor, priya, session), line(quantity=100)))["lines"]
    at_once = asyncio.Semaphore(10)  # as many connections as a node has: the others would only wait for one

    async def one(n: int) -> int:
        async with at_once:
            while True:
                try:
                    await count(clinic, "spend", mine["id"], n % 3 + 1)
                except Busy:
                    continue
                except Overspent:
                    return 0
                return n % 3 + 1

    given = sum(await asyncio.gather(*(one(n) for n in range(1_000))))
    assert given == 100
    assert await spent(clinic, mine["id"]) == (100, 100)


async def test_the_database_alone_says_no_when_the_code_has_forgotten(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    paper = await issued(doctor, await begun(desk, doctor, priya, session), line(quantity=10), line("Y", schedule="x"))
    tablets, scheduled = (UUID(one["id"]) for one in paper["lines"])
    insert = "INSERT INTO dispensing (line_id, quantity, place_id, ref, at) VALUES ($1, $2, $3, $4, $5)"
    now, ref = clinic.dispatcher.clock.now(), uuid4()

    async def one(n: int) -> bool:
        try:
            await execute(clinic, insert, tablets, 3, PHARMACY, ref if n == 0 else uuid4(), now)
        except asyncpg.CheckViolationError:
            return False
        return True

    assert sum(await asyncio.gather(*(one(n) for n in range(8)))) == 3
    late = now + timedelta(days=40)
    for values in ((scheduled, 1, PHARMACY, ref, now), (tablets, 1, PHARMACY, ref, late),
                   (tablets, -4, PHARMACY, ref, now), (tablets, -1, PHARMACY, uuid4(), now)):  # fmt: skip
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(clinic, insert, *values)
    for forged in ("UPDATE prescription_line SET spent = 0", "UPDATE dispensing SET quantity = 1",
                   "DELETE FROM dispensing", "UPDATE prescription_line SET quantity = 99",
                   "DELETE FROM prescription_line",
                   "UPDATE prescription SET valid_until = valid_until + interval '1 day'", "DELETE FROM prescription",
                   "UPDATE prescription SET state = 'draft', issued_at = NULL, allergy_check = NULL"):  # fmt: skip
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(clinic, forged)
    assert await spent(clinic, str(tablets)) == (9, 9)


async def test_nothing_is_given_that_is_out_of_force_or_of_a_refused_schedule(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    lines = [line("A"), *(line(one, schedule=one) for one in ("otc", "h", "h1", "x", "narcotic"))]
    paper = await issued(doctor, visit, *lines)
    plain, *scheduled = [one["id"] for one in paper["lines"]]
    for line_id in scheduled[:3]:
        await count(clinic, "spend", line_id, 1)
    for line_id in scheduled[3:]:
        with pytest.raises(NotDispensable):
            await count(clinic, "spend", line_id, 1)
    with pytest.raises(NotInForce) as refused:
        await count(clinic, "spend", plain, 1, at=timedelta(days=31))
    assert refused.value.data == {"why": "expired"}
    with pytest.raises(NotFound):
        await count(clinic, "spend", str(uuid4()), 1)
    ref = uuid4()
    await count(clinic, "spend", plain, 5, ref)
    await doctor.call("prescription.cancel", prescription_id=paper["id"], reason="The wrong medicine")
    with pytest.raises(NotInForce) as refused:
        await count(clinic, "spend", plain, 1)
    assert refused.value.data == {"why": "cancelled"}
    await count(clinic, "unspend", plain, 5, ref)  # what comes back comes back
    with pytest.raises(Overspent):
        await count(clinic, "unspend", plain, 1, ref)


async def test_a_prescription_is_cancelled_or_given_out_and_never_first_cancelled_then_given(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    (mine,) = (paper := await issued(doctor, await begun(desk, doctor, priya, session)))["lines"]
    async with clinic.db.transaction() as tx:
        await tx.fetchval("SELECT true FROM prescription WHERE id = $1 FOR UPDATE", UUID(paper["id"]))
        spender = asyncio.create_task(count(clinic, "spend", mine["id"], 1), context=Context())
        async with asyncio.timeout(PATIENCE_S):
            while not await tx.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                pass  # until it waits for the lock; each look is a round trip
        await tx.execute(
            "UPDATE prescription SET state = 'cancelled', ended_at = issued_at, cancel_reason = 'x' WHERE id = $1",
            UUID(paper["id"]),
        )
    with pytest.raises(NotInForce):
        await spender


async def test_what_takes_the_place_of_one_partly_given_out_has_what_is_left_and_no_more(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    """Old and new together never give out more than the doctor saw when she wrote the new one."""
    visit = await begun(desk, doctor, priya, session)
    old = await issued(doctor, visit, line("Amlodipine", quantity=20), line("Metformin", quantity=5))
    first, second = (one["id"] for one in old["lines"])
    await count(clinic, "spend", first, 8)
    await count(clinic, "spend", second, 5)
    draft = await doctor.call("prescription.supersede", prescription_id=old["id"])
    assert [(one["medicine"], one["quantity"]) for one in draft["lines"]] == [("Amlodipine", 12)]
    await count(clinic, "spend", first, 2)
    with pytest.raises(DispensedSince):
        await doctor.call("prescription.issue", prescription_id=draft["id"])
    assert (await priya.call("prescription.get", prescription_id=old["id"]))["state"] == "issued"
    said = {"prescription_id": draft["id"], "lines": [line("Amlodipine", quantity=10)]}
    await doctor.call("prescription.update", **said, version=1)
    with pytest.raises(DispensedSince) as refused:  # what she has not seen she does not answer for
        await doctor.call("prescription.issue", prescription_id=draft["id"])
    assert refused.value.data["spent"] == 15
    await doctor.call("prescription.update", **said, version=2, supersedes_spent=15)
    await doctor.call("prescription.issue", prescription_id=draft["id"])
    with pytest.raises(NotInForce):
        await count(clinic, "spend", first, 1)


async def patiently(call: Any, *args: Any, **params: Any) -> Any:
    """Ask again while the row is taken for longer than one waits for it."""
    while True:
        with contextlib.suppress(Busy):
            return await call(*args, **params)


async def test_while_pharmacies_give_it_out_its_doctor_replaces_it_and_both_together_give_out_no_more(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    """Eight counters and a doctor at once: whenever more went out than she saw, she looks again."""
    units = 12
    old = await issued(doctor, await begun(desk, doctor, priya, session), line(quantity=units))
    draft = await doctor.call("prescription.supersede", prescription_id=old["id"])
    lines = [old["lines"][0]["id"], draft["lines"][0]["id"]]

    async def counter() -> None:
        for _ in range(4):
            for line_id in lines:
                with contextlib.suppress(NotInForce, Overspent, NotFound):
                    await patiently(count, clinic, "spend", line_id, 1)
                    break

    async def replace() -> None:
        version = draft["version"]
        while True:
            try:
                await patiently(doctor.call, "prescription.issue", prescription_id=draft["id"])
                return
            except DispensedSince:
                now = (await doctor.call("prescription.get", prescription_id=old["id"]))["lines"][0]
                left = [line(quantity=now["quantity"] - now["spent"])] if now["spent"] < units else []
                said = {"prescription_id": draft["id"], "version": version, "lines": left, "investigations": ["CBC"],
                        "supersedes_spent": now["spent"]}  # fmt: skip
                after = await patiently(doctor.call, "prescription.update", **said)
                version, lines[1:] = after["version"], [one["id"] for one in after["lines"]]

    await asyncio.gather(replace(), *(counter() for _ in range(8)))
    ((given,),) = await rows(clinic, "SELECT sum(quantity) FROM dispensing")
    assert given == units, "all of it, since thirty-two were asked for, and not one more"


async def test_a_pharmacist_gives_out_what_was_shown_to_her_pharmacy_and_nothing_else(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    visit = await begun(desk, doctor, priya, session)
    paper = await issued(doctor, visit, line("A", quantity=10), line("B", quantity=4))
    other = await issued(doctor, visit)
    a, b = (one["id"] for one in paper["lines"])
    pharmacist = as_person(clinic, PHARMACIST, Capacity.STAFF)
    asked: dict[str, Any] = {"prescription_id": paper["id"], "lines": [{"line_id": a, "quantity": 6}]}
    for who in (pharmacist, desk, doctor_as_staff(clinic)):
        with pytest.raises(NotFound):
            await who.call("prescription.dispense", **asked)
    with pytest.raises(NotFound):
        await pharmacist.call("prescription.get", prescription_id=paper["id"])
    until = (time.now() + timedelta(hours=1)).isoformat()
    await priya.call("consent.grant", patient_id=P, place_id=str(PHARMACY), records=["prescription"],
                     purpose="dispensing", until=until)  # fmt: skip
    after = await pharmacist.call("prescription.dispense", **asked)
    assert [(one["spent"], one["quantity"]) for one in after["lines"]] == [(6, 10), (0, 4)]
    both = [{"line_id": b, "quantity": 4}, {"line_id": a, "quantity": 5}]
    with pytest.raises(Overspent) as refused:  # all or nothing
        await pharmacist.call("prescription.dispense", **{**asked, "lines": both})
    assert refused.value.data == {"line_id": a, "left": 4}
    assert await spent(clinic, b) == (0, 0)
    strange = [{"line_id": other["lines"][0]["id"], "quantity": 1}]
    with pytest.raises(InvalidParams):
        await pharmacist.call("prescription.dispense", **{**asked, "lines": strange})
    rest = [{"line_id": b, "quantity": 4}, {"line_id": a, "quantity": 4}]
    assert (await pharmacist.call("prescription.dispense", **{**asked, "lines": rest}))["is_dispensed"] is True
    heard = [data["prescription"] for name, data in await told(clinic, f"prescriptions:{P}")]
    assert [one["is_dispensed"] for one in heard if one["id"] == paper["id"]] == [False, False, False, True]
    await doctor.call("prescription.cancel", prescription_id=other["id"], reason="Not needed")
    with pytest.raises(IllegalMove):
        await pharmacist.call("prescription.dispense", prescription_id=other["id"], lines=strange)
    time.turn(hours=2)
    with pytest.raises(NotFound):
        await pharmacist.call("prescription.dispense", **asked)


def doctor_as_staff(node: Node) -> Caller:
    """Who works at no pharmacy."""
    return as_person(node, PRIYA, Capacity.STAFF)


async def test_a_pharmacy_reads_what_its_order_showed_until_that_ends(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str, time: ProductClock
) -> None:
    visit = await begun(desk, doctor, priya, session)
    paper, draft = await issued(doctor, visit), await doctor.call("prescription.create", consultation_id=visit["id"])
    await issued(doctor, visit)
    pharmacist, order = as_person(clinic, PHARMACIST, Capacity.STAFF), uuid4()
    assert (await pharmacist.call("prescription.list", whose="pharmacy"))["rows"] == []

    async def of_order(verb: str, *values: Any) -> None:
        async with clinic.db.transaction() as tx:
            ctx = Ctx(tx=tx, now=time.now(), real_now=time.now(), settings=clinic.settings)
            await getattr(access, verb)(ctx, *values)

    with pytest.raises(NotFound):
        await of_order("share", UUID(draft["id"]), PHARMACY, order)
    await of_order("share", UUID(paper["id"]), PHARMACY, order)

    async def seen_there() -> list[Any]:
        seen = await priya.call("consent.seen_by", patient_id=P)
        return [(row["place_id"], row["records"]) for row in seen if row["kind"] == "order"]

    assert await seen_there() == [(str(PHARMACY), ["prescription"])]
    (card,) = (await pharmacist.call("prescription.list", whose="pharmacy"))["rows"]
    assert card["id"] == paper["id"]
    assert (await pharmacist.call("prescription.get", prescription_id=paper["id"]))["lines"] == paper["lines"]
    await of_order("shared_until", order, time.now() + timedelta(days=1))
    asked = {"prescription_id": paper["id"], "lines": [{"line_id": paper["lines"][0]["id"], "quantity": 1}]}
    await pharmacist.call("prescription.dispense", **asked)
    time.turn(days=2)
    assert await seen_there() == []
    assert (await pharmacist.call("prescription.list", whose="pharmacy"))["rows"] == []
    for verb, more in (("get", {"prescription_id": paper["id"]}), ("dispense", asked)):
        with pytest.raises(NotFound):
            await pharmacist.call(f"prescription.{verb}", **more)
    reads = await rows(clinic, "SELECT why FROM audit WHERE kind = 'read' AND actor = $1 AND patient = $2",
                       PHARMACIST.account_id, PRIYA_PATIENT)  # fmt: skip
    assert {row["why"] for row in reads} == {"order"}
    assert issubclass(Overspent, Refusal)
