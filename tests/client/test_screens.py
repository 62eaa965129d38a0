"""A screen opens with one call and lives on like topics followed one by one; what only passes leaves nothing behind."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.actor import KNOWN
from carewire.client import Client, Event, Refused, Snapshot
from carewire.command import command
from carewire.store.db import Database
from tests import toy
from tests.client.conftest import change, offsets_until, until
from tests.client.proxy import Proxy


async def test_a_screen_follows_what_one_may_hear_and_leaves_out_the_rest(
    priya: Client, second: Client, counter: UUID
) -> None:
    opened = await second.open_screen("toy.screen", counter_id=str(counter), other_id=str(uuid4()))
    assert list(opened) == [f"toy:{counter}"]
    (topic,) = opened.values()
    first = await change(topic)
    assert isinstance(first, Snapshot)
    assert first.value == {"counter_id": str(counter), "value": 0}
    await priya.command("toy.add", counter_id=counter)
    told = await change(topic)
    assert isinstance(told, Event)
    assert told.data["value"] == 1


async def test_what_the_query_refuses_and_what_is_no_screen_is_refused(second: Client, counter: UUID) -> None:
    with pytest.raises(Refused, match="not_found"):
        await second.open_screen("toy.screen", counter_id=str(uuid4()), other_id=str(counter))
    for query in ("toy.get", "toy.add", "no.such"):
        with pytest.raises(Refused, match="invalid_params"):
            await second.open_screen(query, counter_id=str(counter))
    with pytest.raises(Refused, match="invalid_params"):
        await second.open_screen("toy.screen", counter_id=str(counter))


async def test_a_screen_outlives_a_lost_line_without_a_gap(
    priya: Client, second: Client, proxy: Proxy, counter: UUID
) -> None:
    opened = await second.open_screen("toy.screen", counter_id=str(counter), other_id=str(uuid4()))
    topic = opened[f"toy:{counter}"]
    assert isinstance(await change(topic), Snapshot)
    await priya.command("toy.add", counter_id=counter)
    await offsets_until(topic, 1)
    proxy.refusing = True
    proxy.cut()
    await priya.command("toy.add", counter_id=counter, times=3)
    proxy.refusing = False
    assert await offsets_until(topic, 4) == [2, 3, 4]


async def test_a_passing_command_is_heard_and_kept_nowhere(second: Client, counter: UUID, db: Database) -> None:
    async def kept() -> Any:
        async with db.snapshot() as tx:
            return await tx.fetchval(
                "SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM receipt) + (SELECT count(*) FROM event)"
            )

    heard = await second.subscribe(f"toy_typing:{counter}")
    assert isinstance(await change(heard), Snapshot)
    before = await kept()
    await second.call("toy.hint", counter_id=str(counter))
    await until(lambda: heard.pending() > 0)
    assert isinstance(told := await change(heard), Event)
    assert told.data["who"] == "somebody"
    assert await kept() == before


def test_a_command_that_is_not_only_passing_does_not_say_so() -> None:
    for more in ({"receipt": False}, {"receipt": False, "emits": {toy.Counted}}, {"emits": {toy.Wiggled}}):
        with pytest.raises(TypeError, match="is passing"):

            @command("toy.wrong", allow={KNOWN}, passing=True, **more)  # type: ignore[arg-type]
            async def wrong(ctx: Any) -> None:
                """Not passing."""
