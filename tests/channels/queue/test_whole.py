"""The whole way, over real sockets: a screen is paired and approved, a patient called, the screen revoked."""

import asyncio
from typing import Any

import pytest

from carewire.client.refused import Lost
from carewire.client.subscription import Event, Snapshot, Subscription
from carewire.settings import Settings
from channels.directory import demo as places
from channels.identity import demo as people
from channels.seed import seed
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in


async def until(subscription: Subscription, wanted: Any) -> Any:
    """The data of the first event (or snapshot) that is wanted."""
    async with asyncio.timeout(PATIENCE_S):
        async for change in subscription:
            data = change.value if isinstance(change, Snapshot) else change.data
            if wanted(change, data):
                return data
    raise AssertionError("the topic ended")


async def test_a_screen_is_paired_sees_a_call_and_goes_dark_when_revoked(settings: Settings, connect: Connect) -> None:
    assert settings.database_url is not None
    await seed(settings.database_url, settings)
    screen, desk = await connect(), await connect()
    pairing = await screen.call("display.pair")
    await screen.authenticate(pairing["secret"])
    board = await screen.subscribe(f"board:{pairing['display_id']}")
    assert (await until(board, lambda change, _: isinstance(change, Snapshot)))["state"] == "pending"

    await log_in(desk, people.DESK.phone)
    await desk.call(
        "display.approve",
        place_id=str(places.CLINIC),
        code=pairing["code"],
        label="Entrance",
        doctor_ids=[str(places.DOCTOR_ASHA)],
    )
    told = await until(board, lambda change, _: isinstance(change, Event))
    session = told["board"]["sessions"][0]["session_id"]
    line = await screen.subscribe(f"line:{session}")
    first = await until(line, lambda change, _: isinstance(change, Snapshot))
    following = next(t["number"] for t in first["tokens"] if t["state"] == "waiting")

    called = await desk.call("queue.call_next", session_id=session, finish_current=True)
    heard = await until(line, lambda change, _: isinstance(change, Event))
    assert called["number"] == following
    assert [t["number"] for t in heard["tokens"] if t["state"] == "called"] == [following]
    assert called["name"] not in str(heard)

    await desk.call("display.revoke", display_id=pairing["display_id"])
    with pytest.raises(Lost, match="4104"):  # its login is over: the socket is closed for good
        await until(line, lambda change, _: False)
