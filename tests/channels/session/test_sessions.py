"""A sitting itself: who sees it, and which steps it takes."""

from datetime import timedelta
from typing import Any

import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from channels.directory import demo as places
from tests.channels.callers import Caller
from tests.channels.queue.conftest import MakeSession, ProductClock

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("start", {}),
    ("pause", {"reason": "break"}),
    ("resume", {}),
    ("end", {}),
    ("cancel", {}),
    ("update", {"capacity": 5}),
]


async def test_a_screen_is_told_its_sessions_and_looks_nothing_up(clinic: Node, session: str) -> None:
    screen = Caller(clinic)
    with pytest.raises(Unauthenticated):
        await screen.call("session.get", session_id=session)
    pairing = await screen.call("display.pair")
    screen.actor = await clinic.dispatcher.authenticate(pairing["secret"])
    for name, params in (("session.get", {"session_id": session}), ("session.list", {})):
        with pytest.raises(Forbidden):
            await screen.call(name, **params)


@pytest.mark.parametrize(("step", "params"), STEPS, ids=[name for name, _ in STEPS])
async def test_a_stranger_does_not_find_a_sitting_to_run(
    stranger: Caller, session: str, step: str, params: dict[str, Any]
) -> None:
    with pytest.raises(NotFound):
        await stranger.call(f"session.{step}", session_id=session, **params)
    assert (await stranger.call("session.get", session_id=session))["state"] == "live"


async def test_what_is_over_stays_over_and_says_so(desk: Caller, session: str, time: ProductClock) -> None:
    await desk.call("session.end", session_id=session)
    until = (time.now() + timedelta(hours=1)).isoformat()
    for step, params in (*STEPS[:5], ("delay", {"until": until})):
        with pytest.raises(IllegalMove, match="nothing, it is over") as refused:
            await desk.call(f"session.{step}", session_id=session, **params)
        assert refused.value.data["legal"] == []


async def test_a_sitting_takes_place_in_a_room_of_its_place(
    desk: Caller, make_session: MakeSession, time: ProductClock
) -> None:
    with pytest.raises(NotFound):
        await make_session(room_id=places.CLINIC)
    with pytest.raises(InvalidParams):
        await desk.call(
            "session.create",
            place_id=places.CLINIC,
            doctor_id=places.DOCTOR_VIKRAM,
            room_id=places.ROOM_1,
            multi_room=True,
            starts_at=time.now(),
            ends_at=time.now() + timedelta(hours=1),
        )
