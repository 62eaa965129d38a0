"""Dead letters: an admin sees what and why, never what stood in them."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from carewire.command import Ctx
from carewire.errors import Forbidden, NotFound, Unauthenticated
from carewire.jobs import rows as jobs
from carewire.jobs.job import Job
from carewire.jobs.problems import Permanent
from carewire.jobs.vault import Vault
from carewire.node import Node
from carewire.settings import Settings
from channels.identity import demo as people
from channels.operation.errors import JobNotDead, SecretWiped
from tests import toy
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import admin_of, as_person

CANARY = "+919900004711"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A gateway that leaves its jobs alone; the tests run them."""
    return msgspec.structs.replace(settings, jobs="apart")


@pytest.fixture
def admin(clinic: Node) -> Caller:
    toy.OUTSIDE.clear()
    return admin_of(clinic)


async def leave(node: Node, job: Job) -> str:
    async with node.db.transaction() as tx:
        ctx = Ctx(tx=tx, now=node.clock.now(), real_now=node.clock.real_now(), settings=node.settings)
        ctx.enqueue(job)
        await jobs.store(tx, ctx.now, ctx.jobs, Vault(node.settings.secret))
        return str(await tx.fetchval("SELECT id FROM job ORDER BY id DESC LIMIT 1"))


async def bury(node: Node, job: Job) -> str:
    """A dead letter of this job."""
    job_id = await leave(node, job)
    toy.REFUSALS.append(Permanent("bad_number"))
    for _ in range(job.spec.attempts):
        async with node.db.transaction() as tx:
            await tx.execute("UPDATE job SET retry_at = NULL")
        await node.runner.run_due()
        while node.runner._errands:
            await asyncio.wait(node.runner._errands)
        if (await state_of(node, job_id))["state"] == "dead":
            break
    toy.REFUSALS.clear()
    return job_id


async def state_of(node: Node, job_id: str) -> Any:
    (row,) = await rows(node, "SELECT * FROM job WHERE id = $1", job_id)
    return row


async def test_a_dead_letter_says_what_and_why_and_nothing_of_what_stood_in_it(clinic: Node, admin: Caller) -> None:
    job_id = await bury(clinic, toy.Errand(to=CANARY))
    page = await admin.call("job.list")
    (only,) = page["rows"]
    assert (only["id"], only["name"], only["problem"]) == (job_id, "toy.errand", "bad_number")
    assert only["replayable"]
    assert "4711" not in str(page)


async def test_a_replayed_letter_is_done_and_looks_first(clinic: Node, admin: Caller) -> None:
    job_id = await bury(clinic, toy.Errand(to=CANARY))
    assert (await admin.call("job.replay", job_id=job_id))["state"] == "open"
    assert await clinic.runner.executor.run_one((await state_of(clinic, job_id))["id"])
    done = await state_of(clinic, job_id)
    assert (done["state"], done["payload"]) == ("done", None)
    assert [trip.doubtful for trip in toy.OUTSIDE] == [False, True]
    with pytest.raises(JobNotDead):
        await admin.call("job.replay", job_id=job_id)


async def test_a_secret_is_never_replayed(clinic: Node, admin: Caller) -> None:
    job_id = await bury(clinic, toy.Ping(counter_id=uuid4(), text="poison"))
    assert not (await admin.call("job.list"))["rows"][0]["replayable"]
    with pytest.raises(SecretWiped):
        await admin.call("job.replay", job_id=job_id)
    assert (await state_of(clinic, job_id))["state"] == "dead"


async def test_a_discarded_letter_keeps_nothing_and_leaves_the_list(clinic: Node, admin: Caller) -> None:
    job_id = await bury(clinic, toy.Errand(to=CANARY))
    assert (await admin.call("job.discard", job_id=job_id))["state"] == "discarded"
    assert (await state_of(clinic, job_id))["payload"] is None
    assert (await admin.call("job.list"))["rows"] == []
    assert [row["id"] for row in (await admin.call("job.list", state="discarded"))["rows"]] == [job_id]


async def test_what_is_not_dead_is_neither_replayed_nor_discarded(clinic: Node, admin: Caller) -> None:
    job_id = await leave(clinic, toy.Errand(to=CANARY))
    for command in ("job.replay", "job.discard"):
        with pytest.raises(JobNotDead):
            await admin.call(command, job_id=job_id)
        with pytest.raises(NotFound):
            await admin.call(command, job_id=uuid4())


async def test_only_an_admin_looks_at_jobs(clinic: Node) -> None:
    for who in (people.DESK, people.VIKRAM, people.PRIYA, people.PHARMACIST):
        with pytest.raises(Forbidden):
            await as_person(clinic, who).call("job.list")
    with pytest.raises(Unauthenticated):
        await Caller(clinic).call("job.list")


async def test_pages_of_dead_letters_go_on_where_they_ended(clinic: Node, admin: Caller) -> None:
    buried = [await bury(clinic, toy.Errand(to=CANARY)) for _ in range(3)]
    first = await admin.call("job.list", limit=2)
    second = await admin.call("job.list", limit=2, cursor=first["cursor"])
    assert [row["id"] for row in first["rows"] + second["rows"]] == buried[::-1]
    assert second["cursor"] is None
