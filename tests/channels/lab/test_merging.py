"""What was found for a record that a desk made is on her list as long as the record is hers, to whoever listens.

Ledger: lab_report.list M-264; PRODUCT 5.
"""

import asyncio
from typing import Any
from uuid import UUID

from carewire.node import Node
from channels.directory.demo import CLINIC
from channels.identity.demo import PRIYA
from tests.channels.callers import Caller, told
from tests.channels.lab.laboratory import P, ordered
from tests.channels.lab.test_reports import NORMAL
from tests.channels.lab.test_walk import added_up
from tests.channels.queue.conftest import topic
from tests.patience import PATIENCE_S

HERS = f"lab_reports:{P}"


async def caught_up(node: Node, first: Any, heard: int) -> Any:
    """The first snapshot with all events since, once it is the fresh one: the jobs of a claim come after it."""
    async with asyncio.timeout(PATIENCE_S):
        while (now := added_up(HERS, first, (await told(node, HERS))[heard:])) != await topic(node, HERS):
            pass
    return now


async def test_a_record_brings_its_tests_and_reports_and_takes_them_away_again(
    clinic: Node, technician: Caller, priya: Caller, entry: str
) -> None:
    async with clinic.db.transaction() as tx:
        record: UUID = await tx.fetchval(
            "INSERT INTO patient (name, phone, birth_year, place_id, created_at)"
            " VALUES ('P. Sharma', $1, 1970, $2, now()) RETURNING id",
            PRIYA.phone,
            CLINIC,
        )
    own = await ordered(priya, entry)
    empty = await topic(clinic, HERS)

    async def claim() -> None:
        code = await Caller(clinic).ask_code(PRIYA.phone)
        await priya.call("patient.claim", patient_id=str(record), kind="self", code=code, answer="1970")

    await claim()
    found = await ordered(priya, entry, str(record))
    report = await technician.call("lab_test.submit_result", lab_test_id=found, values=NORMAL)
    seen = await topic(clinic, HERS)
    assert ([str(one.id) for one in seen.tests], [str(one.id) for one in seen.reports]) == (
        [found, own],
        [report["id"]],
    )
    heard = len(await told(clinic, HERS))
    await priya.call("patient.undo_claim", patient_id=str(record))
    assert await caught_up(clinic, seen, heard) == empty
    heard = len(await told(clinic, HERS))
    await claim()
    assert await caught_up(clinic, empty, heard) == seen
    names = {name for name, _ in await told(clinic, f"lab_reports:{record}")}
    assert names == {"lab_test:updated", "lab_report:created"}, "who follows the record alone hears of no list"
