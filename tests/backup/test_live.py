"""A restore under a live gateway, as its clients live through it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from carewire.client import Event, Lost, Refused, Snapshot
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity import demo
from tests.backup.conftest import Deployment
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in, make_counter


async def test_who_keeps_the_login_starts_over_from_the_snapshot_of_the_backup(
    deployment: Deployment, settings: Settings, db: Database, connect: Connect
) -> None:
    counter = await make_counter(settings, db)
    cw = await connect()
    await log_in(cw, demo.PRIYA.phone)
    heard = aiter(await cw.subscribe(f"toy:{counter}"))
    assert isinstance(await anext(heard), Snapshot)
    await cw.command("toy.add", counter_id=counter)
    path = await deployment.back_up()
    await cw.command("toy.add", counter_id=counter, times=3)
    told = [await anext(heard) for _ in range(4)]
    assert [change.offset for change in told] == [1, 2, 3, 4]
    await db.close()
    said = await deployment.run("restore", path, "--replace", "--force", "--drop-old", "--keep-logins")
    assert said.status == 0, said
    async with asyncio.timeout(PATIENCE_S):
        change = await anext(heard)
    assert isinstance(change, Snapshot)
    assert (change.offset, change.value["value"], change.resync) == (1, 1, True)
    await cw.command("toy.add", counter_id=counter)
    change = await anext(heard)
    assert isinstance(change, Event)
    assert (change.offset, change.data["value"]) == (2, 2)


async def drained(changes: AsyncIterator[Snapshot | Event]) -> None:
    async for _ in changes:
        pass


async def test_otherwise_the_socket_is_closed_and_neither_token_opens_another(
    deployment: Deployment, settings: Settings, db: Database, connect: Connect, tmp_path: Path
) -> None:
    counter = await make_counter(settings, db)
    tokens: list[tuple[str, str]] = []
    cw = await connect(tokens_changed=lambda access, refresh: tokens.append((access, refresh)))
    await log_in(cw, demo.PRIYA.phone)
    path = await deployment.back_up()
    heard = aiter(await cw.subscribe(f"toy:{counter}"))
    assert isinstance(await anext(heard), Snapshot)
    await db.close()
    said = await deployment.run("restore", path, "--replace", "--force", "--drop-old")
    assert "1 logins ended" in said.err, said
    with pytest.raises(Lost, match="4104"):
        await asyncio.wait_for(drained(heard), PATIENCE_S)
    stranger = await connect()
    with pytest.raises(Refused, match="unauthenticated"):
        await stranger.call("auth.authenticate", access_token=tokens[-1][0])
    with pytest.raises(Refused, match="unauthenticated"):
        await stranger.call("auth.refresh", refresh_token=tokens[-1][1])
    await log_in(stranger, demo.PRIYA.phone)
