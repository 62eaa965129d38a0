"""What is kept of a person, given to her and to nobody else.

Everything that the tables declare is in it; what only proves things to machines (digests, hashes) is not.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from carewire.errors import NotFound, RateLimited
from carewire.node import Node
from carewire.personal import HOLDINGS
from channels.identity.demo import ARJUN_PATIENT, DESK, PRIYA, PRIYA_PATIENT
from channels.identity.errors import FactDue
from channels.identity.exports import PART_BYTES
from tests.channels.callers import Caller, TurnableClock, rows
from tests.patience import PATIENCE_S

MakeCaller = Callable[..., Caller]
DEVICE = "Priya's telephone 7c1d"


async def ready(one: Caller) -> Any:
    """Ask, and wait until it lies there."""
    asked = await one.call("user.export")
    lies_there = "SELECT FROM export_order WHERE id = $1 AND state = 'ready'"
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(one.node, lies_there, UUID(asked["id"])):  # the wire has a limit, and the machine is slow
            pass
    found = (await one.call("user.exports"))[0]
    assert found["id"] == asked["id"]
    return found


async def fetch(one: Caller, export: Any) -> Any:
    """All parts, put together and checked."""
    parts = [await one.call("user.export_part", export_id=export["id"], n=n + 1) for n in range(export["parts"])]
    assert all(len(part["text"].encode()) <= PART_BYTES for part in parts)
    text = "".join(part["text"] for part in parts)
    assert hashlib.sha256(text.encode()).hexdigest() == export["sha256"]
    return msgspec.json.decode(text)


async def priya(caller: MakeCaller, **more: Any) -> Caller:
    made = caller()
    await made.log_in(PRIYA.phone, **more)
    return made


async def test_an_export_is_nobody_elses_and_not_a_login_that_owes_a_fact(caller: MakeCaller, clinic: Node) -> None:
    hers = await priya(caller)
    export = await ready(hers)
    desk = caller()
    await desk.log_in(DESK.phone)
    for n in (1, 2):
        with pytest.raises(NotFound):
            await desk.call("user.export_part", export_id=export["id"], n=n)
    assert await desk.call("user.exports") == []
    with pytest.raises(NotFound):
        await hers.call("user.export_part", export_id=export["id"], n=export["parts"] + 1)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE login SET fact_due = true WHERE account_id = $1", PRIYA.account_id)
    with pytest.raises(FactDue):
        await hers.call("user.export_part", export_id=export["id"], n=1)
    with pytest.raises(FactDue):
        await hers.call("user.export")


async def test_three_a_day_and_one_at_a_time(caller: MakeCaller, clinic: Node) -> None:
    hers = await priya(caller)
    await clinic.runner.stop()  # nobody makes them: they wait
    assert len({(await hers.call("user.export"))["id"] for _ in range(3)}) == 1
    with pytest.raises(RateLimited):
        await hers.call("user.export")


async def test_it_says_everything_that_is_kept_of_her_and_nothing_of_others(caller: MakeCaller, clinic: Node) -> None:
    hers = await priya(caller, device=DEVICE)
    await hers.call("patient.invite_guardian", patient_id=ARJUN_PATIENT, phone=DESK.phone, kind="other")
    document = await fetch(hers, await ready(hers))
    assert document["about"] == {"account_id": str(PRIYA.account_id), "patient_ids": [str(PRIYA_PATIENT)]}
    kept = document["kept"]
    (account,) = kept["account"]
    assert (account["name"], account["phone"]) == (PRIYA.name, PRIYA.phone)
    assert [one["id"] for one in kept["patient"]] == [str(PRIYA_PATIENT)]
    assert {one["device"] for one in kept["login"]} >= {DEVICE}
    assert {one["address"] for one in kept["mailbox"]} == {PRIYA.phone}
    assert kept["guardian_invitation"]
    assert "Arjun" not in str(kept)
    for table, parts in HOLDINGS.items():
        for row in kept.get(table, []):
            for part in parts:
                assert not part.secret & row.keys(), table


async def test_it_is_sealed_while_it_lies_and_goes_after_three_days(
    caller: MakeCaller, clinic: Node, clock: TurnableClock
) -> None:
    hers = await priya(caller)
    export = await ready(hers)
    for row in await rows(clinic, "SELECT sealed FROM export_part"):
        assert PRIYA.phone.encode() not in row["sealed"]
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE export_order SET ready_at = ready_at - interval '4 days', expires_at = now()")
    with pytest.raises(NotFound):
        await hers.call("user.export_part", export_id=export["id"], n=1)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE schedule SET next_at = now() WHERE name = 'temp_cleanup'")
    await clinic.runner.scheduler.tick()
    clinic.runner.wake()
    async with asyncio.timeout(PATIENCE_S):
        while await rows(clinic, "SELECT 1 FROM export_part"):
            pass
    assert (await hers.call("user.exports"))[0]["state"] == "gone"


async def test_she_is_told_when_it_is_ready(caller: MakeCaller, clinic: Node) -> None:
    hers = await priya(caller)
    export = await ready(hers)
    async with asyncio.timeout(PATIENCE_S):
        while not await rows(clinic, "SELECT FROM notification WHERE account_id = $1", PRIYA.account_id):
            pass
    found = (await hers.call("notification.list"))["rows"]
    assert (found[0]["fact"], found[0]["ref_id"]) == ("export.ready", export["id"])
