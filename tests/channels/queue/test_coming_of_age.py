"""A mother follows her son's token when he comes of age: within a second she hears nothing more (PRODUCT 2)."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest

from carewire.client import Refused, Subscription
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.directory.demo import DOCTOR_VIKRAM
from channels.identity.demo import ARJUN_PATIENT, ASHA, PRIYA
from channels.seed import seed
from tests.conftest import PROMPTLY_S, Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

POLL_S = 0.5
"""A job that nobody in this process enqueued is found by looking, twice a second."""


async def ends(heard: Subscription) -> float:
    """When the server ended the subscription."""
    with contextlib.suppress(Refused):
        async for _ in heard:
            pass
    return time.monotonic()


@pytest.mark.alone
async def test_the_timed_job_cuts_off_a_guardian_who_listens_and_the_doors_were_shut_before(
    gateway: server.Running, settings: Settings, db: Database, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    owner, priya = await connect(), await connect()
    await log_in(owner, ASHA.phone)
    await log_in(priya, PRIYA.phone)
    starts = datetime.now(UTC) + timedelta(minutes=30)
    sitting = await owner.command(
        "session.create",
        doctor_id=DOCTOR_VIKRAM,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        remote_join=True,
    )
    token = await priya.command("queue.join", session_id=sitting["id"], patient_id=ARJUN_PATIENT)
    topics = (f"token:{token['id']}", f"line:{sitting['id']}")
    listening = [await priya.subscribe(topic) for topic in topics]
    for heard in listening:
        await anext(heard)
    ending = [asyncio.create_task(ends(heard)) for heard in listening]
    async with db.transaction() as tx:  # the day has come, the job has not
        await tx.execute(
            "UPDATE guardianship SET since = since - interval '20 years', lapses_at = now() - interval '1 ms'"
            " WHERE patient_id = $1",
            ARJUN_PATIENT,
        )
    for method in ("queue.leave",):
        with pytest.raises(Refused, match="not_found"):
            await priya.call(method, token_id=token["id"])
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO job (name, payload, due_at) VALUES ('guardianship.come_of_age', '{}', now())")
    due = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        at = await asyncio.gather(*ending)
    assert max(at) - due < PROMPTLY_S + POLL_S
    for topic in topics:
        with pytest.raises(Refused, match="not_found"):
            await anext(await priya.subscribe(topic))
