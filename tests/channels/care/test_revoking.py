"""Who listens when a right ends, on whichever node, hears nothing more within a second (DESIGN 5.8). PRODUCT 5."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from carewire.app import create_app
from carewire.client import Client, Refused, Snapshot, Subscription
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, LABORATORY
from channels.identity.demo import DESK, KAMLA_PATIENT, PRIYA, TECHNICIAN, VIKRAM
from channels.seed import seed
from tests.conftest import PROMPTLY_S, Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

LOOKS_S = 0.5
"""A job whose time has come is found by looking, twice a second."""
TICK_S = 0.05
SUMMARY = f"summary:{KAMLA_PATIENT}"


@pytest_asyncio.fixture
async def second_node(gateway: server.Running, settings: Settings) -> AsyncIterator[server.Running]:
    """Another gateway on the same database and bus."""
    other = msgspec.structs.replace(settings, node=f"{settings.node}-b")
    running = await server.start(create_app(other), other)
    yield running
    await running.stop()


async def ends(heard: Subscription) -> float:
    """When the server ended the subscription."""
    with contextlib.suppress(Refused):
        async for _ in heard:
            pass
    return time.monotonic()


async def follow(client: Client, topic: str = SUMMARY) -> asyncio.Task[float]:
    heard = await client.subscribe(topic)
    assert isinstance(await anext(heard), Snapshot)
    return asyncio.create_task(ends(heard))


@pytest.mark.alone
async def test_consent_relationship_and_break_glass_end_on_both_nodes_within_a_second(
    gateway: server.Running, second_node: server.Running, settings: Settings, db: Database, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    priya, desk = await connect(), await connect()
    here, there = await connect(), await connect(second_node.url)
    await log_in(priya, PRIYA.phone)
    await log_in(desk, DESK.phone)
    await log_in(here, VIKRAM.phone)
    await log_in(there, TECHNICIAN.phone)
    kamla = str(KAMLA_PATIENT)

    async def grant(seconds: float, **to: Any) -> Any:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        return await priya.command(
            "consent.grant", patient_id=kamla, records=["summary"], purpose="testing", until=until, **to
        )

    async def end_on_both(act: Any) -> None:
        listening = [await follow(client) for client in (here, there)]
        begun = time.monotonic()
        await act()
        async with asyncio.timeout(PATIENCE_S):
            at = await asyncio.gather(*listening)
        assert max(at) - begun < PROMPTLY_S
        for client in (here, there):
            with pytest.raises(Refused, match="not_found"):
                await anext(await client.subscribe(SUMMARY))
            with pytest.raises(Refused, match="not_found"):
                await client.query("summary.get", patient_id=kamla)

    both = [await grant(600, doctor_id=DOCTOR_VIKRAM), await grant(600, place_id=LABORATORY)]

    async def revoke() -> None:
        for given in both:
            await priya.command("consent.revoke", consent_id=given["id"])

    await end_on_both(revoke)

    # By time alone: nobody does anything when it is over.
    over = time.monotonic() + 2
    for to in ({"doctor_id": DOCTOR_VIKRAM}, {"place_id": LABORATORY}):
        await grant(over - time.monotonic(), **to)
    listening = [await follow(client) for client in (here, there)]
    async with asyncio.timeout(PATIENCE_S):
        at = await asyncio.gather(*listening)
    assert min(at) >= over - TICK_S
    assert max(at) - over < PROMPTLY_S + LOOKS_S
    for client in (here, there):
        with pytest.raises(Refused, match="not_found"):
            await client.query("summary.get", patient_id=kamla)

    # A relationship that she ends; a break-glass that the doctor ends.
    starts = datetime.now(UTC) - timedelta(minutes=1)
    sitting = await desk.command(
        "session.create", place_id=CLINIC, doctor_id=DOCTOR_VIKRAM, starts_at=starts,
        ends_at=starts + timedelta(hours=2), remote_join=True,
    )  # fmt: skip
    await priya.command("queue.join", session_id=sitting["id"], patient_id=kamla)
    listens = await follow(here)
    relation = (await priya.query("relation.list", patient_id=kamla))[0]["id"]
    begun = time.monotonic()
    await priya.command("relation.end", relation_id=relation)
    async with asyncio.timeout(PATIENCE_S):
        assert await listens - begun < PROMPTLY_S
    opened = await here.command(
        "break_glass.open", patient_id=kamla, place_id=CLINIC, reason="Unconscious in the waiting room"
    )
    listening = [await follow(here), await follow(here, f"background:{kamla}")]
    begun = time.monotonic()
    await here.command("break_glass.end", break_glass_id=opened["id"])
    async with asyncio.timeout(PATIENCE_S):
        assert max(await asyncio.gather(*listening)) - begun < PROMPTLY_S
