"""What was prescribed to a record that a desk made is on her list as long as the record is hers, to whoever listens.

Ledger: H-156 M-361; PRODUCT 2, 5.
"""

import asyncio
from contextvars import Context
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import Busy
from carewire.event import REGISTRY
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.store import outbox
from carewire.store.db import Tx
from channels.directory.demo import PHARMACY
from channels.identity.demo import PRIYA, PRIYA_PATIENT
from channels.prescription import access
from channels.prescription.merging import Claimed, list_anew
from tests.channels.callers import Caller, told
from tests.channels.chat.conftest import run
from tests.channels.consultation.visits import begun, execute, walked_in
from tests.channels.prescription.papers import drafted, issued, line
from tests.channels.queue.conftest import topic
from tests.patience import PATIENCE_S

HERS = f"prescriptions:{PRIYA_PATIENT}"


class Listener:
    """Somebody who took a snapshot of her list, and then heard events."""

    def __init__(self, node: Node, snapshot: Any, heard: int) -> None:
        self.node, self.first, self.heard = node, snapshot, heard

    @classmethod
    async def join(cls, node: Node) -> "Listener":
        return cls(node, await topic(node, HERS), len(await told(node, HERS)))

    async def now(self) -> Any:
        snapshot = self.first
        for event, data in (await told(self.node, HERS))[self.heard :]:
            kind: Any = REGISTRY[event, "prescriptions:{patient_id}"]
            snapshot = kind.apply(snapshot, msgspec.convert(data, kind, strict=False))
        return snapshot

    async def caught_up(self) -> list[str]:
        """The ids of her list, once it is the fresh one: the jobs of a claim come after it."""
        async with asyncio.timeout(PATIENCE_S):
            while (now := await self.now()) != (fresh := await topic(self.node, HERS)):
                pass
        return [str(card.id) for card in fresh.prescriptions if now]


async def record(
    node: Node, desk: Caller, doctor: Caller, session: str, medicine: str, *, is_issued: bool = True
) -> tuple[UUID, Any]:
    """Somebody whom the desk wrote down with Priya's number, and what the doctor prescribed."""
    visit = await walked_in(desk, doctor, session, f"P. Sharma ({medicine})")
    await execute(node, "UPDATE patient SET phone = $2, birth_year = 1970 WHERE id = $1",
                  UUID(visit["patient_id"]), PRIYA.phone)  # fmt: skip
    paper = await drafted(doctor, visit, line(medicine))
    if is_issued:
        override = {"outcome": "unreadable", "reason": "She told me of none"}
        paper = await doctor.call("prescription.issue", prescription_id=paper["id"], override=override)
    await doctor.call("consultation.update", consultation_id=visit["id"], version=1, complete=True)
    return UUID(visit["patient_id"]), paper


async def claim(node: Node, priya: Caller, patient_id: UUID) -> None:
    code = await Caller(node).ask_code(PRIYA.phone)
    await priya.call("patient.claim", patient_id=str(patient_id), kind="self", code=code, answer="1970")


async def merge(node: Node, patient_id: UUID) -> Claimed:
    """Merged, with its work still to be done."""
    await execute(node, "INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at) VALUES ($1, $2, $3,"
                        " now())", patient_id, PRIYA_PATIENT, PRIYA.account_id)  # fmt: skip
    return Claimed(patient_id=patient_id, into_id=PRIYA_PATIENT)


async def until_one_waits_for(tx: Tx) -> None:
    async with asyncio.timeout(PATIENCE_S):
        waits = (
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        while not await tx.fetchval(waits):
            pass  # each look is a round trip


async def test_records_bring_their_prescriptions_and_take_them_away_again(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    own = await issued(doctor, visit, line("A"))
    await doctor.call("consultation.update", consultation_id=visit["id"], version=1, complete=True)
    one, its = await record(clinic, desk, doctor, session, "B")
    two, others = await record(clinic, desk, doctor, session, "C")
    bare, _ = await record(clinic, desk, doctor, session, "D", is_issued=False)
    listener = await Listener.join(clinic)
    for patient_id in (one, two, bare):  # whose work is done in any order, also at once
        await claim(clinic, priya, patient_id)
    assert await listener.caught_up() == [others["id"], its["id"], own["id"]]
    await priya.call("patient.undo_claim", patient_id=str(one))
    assert await listener.caught_up() == [others["id"], own["id"]]
    await priya.call("patient.undo_claim", patient_id=str(two))
    assert await listener.caught_up() == [own["id"]]


async def test_what_is_given_out_of_a_record_merged_before_while_another_is_merged_is_not_untold(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    before, paper = await record(clinic, desk, doctor, session, "B")
    another, _ = await record(clinic, desk, doctor, session, "C")
    await run(clinic, list_anew, await merge(clinic, before))
    job = await merge(clinic, another)
    listener = await Listener.join(clinic)
    async with clinic.db.transaction() as tx:
        now = clinic.dispatcher.clock.now()
        ctx = Ctx(tx=tx, now=now, real_now=now, settings=clinic.settings)
        await access.spend(ctx, UUID(paper["lines"][0]["id"]), 3, uuid4(), place_id=PHARMACY)
        listing = asyncio.create_task(run(clinic, list_anew, job), context=Context())
        await until_one_waits_for(tx)
        await outbox.finish([ctx], Vault(clinic.settings.secret))
    await listing
    assert [name for name, _ in (await told(clinic, HERS))[-2:]] == ["prescription:updated", "prescription:listed"]
    assert await listener.now() == await topic(clinic, HERS)
    assert (await topic(clinic, HERS)).prescriptions[-1].medicines[0].spent == 3


async def test_a_list_that_would_tell_what_it_does_not_hold_is_made_again(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    """A record is merged while the list of the one before it is made."""
    one, paper = await record(clinic, desk, doctor, session, "B")
    two, _ = await record(clinic, desk, doctor, session, "C")
    first = await merge(clinic, one)
    listener = await Listener.join(clinic)
    async with clinic.db.transaction() as tx:
        await tx.fetchval("SELECT true FROM prescription WHERE id = $1 FOR UPDATE", UUID(paper["id"]))
        listing = asyncio.create_task(run(clinic, list_anew, first), context=Context())
        await until_one_waits_for(tx)
        second = await asyncio.create_task(merge(clinic, two), context=Context())
    with pytest.raises(Busy):
        await listing
    await asyncio.gather(*[run(clinic, list_anew, job) for job in (first, second)])
    assert await listener.now() == await topic(clinic, HERS)
    assert len((await listener.now()).prescriptions) == 2
