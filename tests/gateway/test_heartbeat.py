"""Heartbeats over a real port: who answers stays, who does not goes, and who went is forgotten."""

import asyncio

import pytest
import uvicorn

from carewire.gateway.heartbeat import SLOTS, Wheel
from tests.gateway.peer import Peer, frame, serve_echo


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose heart beats five times a second."""
    make = uvicorn.Config.__init__

    def quicker(self: uvicorn.Config, *args: object, **options: object) -> None:
        make(self, *args, **{**options, "ws_ping_interval": 0.2, "ws_ping_timeout": 0.2})  # type: ignore[arg-type]

    monkeypatch.setattr(uvicorn.Config, "__init__", quicker)


async def next_ping(peer: Peer) -> bytes:
    opcode, payload = await peer.read_frame()
    assert opcode == 9
    return payload


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("detached", [False, True])
async def test_who_answers_stays_and_who_answers_something_else_is_closed(detached: bool) -> None:
    async with serve_echo(detached=detached) as echo, echo.connect() as good, echo.connect() as bad:
        seen = set()
        for _ in range(5):
            payload = await next_ping(good)
            seen.add(payload)
            good.send(frame(10, payload))
        assert len(seen) == 5, "a payload nobody can guess and that is never the same"
        await next_ping(bad)
        bad.send(frame(10, b"lie!"))
        assert await bad.read_close() == 1011
        assert await echo.ends.get() == 1011


class Visited:
    """A socket that keeps when it was visited."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.at: list[float] = []
        self.frames: list[bytes] = []
        self._loop = loop
        self.twice = asyncio.Event()

    def beat(self, frame: bytes, payload: bytes) -> None:
        self.at.append(self._loop.time())
        self.frames.append(frame)
        if len(self.at) == 2:
            self.twice.set()


async def test_a_wheel_visits_everybody_once_a_round_spread_over_it_and_stands_still_when_empty() -> None:
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop, 0.4)
    sockets = [Visited(loop) for _ in range(3 * SLOTS)]
    slots = [wheel.add(socket) for socket in sockets]
    assert max(map(slots.count, slots)) <= 6
    for socket in sockets:
        await socket.twice.wait()
        assert socket.at[1] - socket.at[0] >= 0.35
    assert len({socket.frames[0] for socket in sockets}) <= SLOTS, "one frame for all who are visited together"
    for socket, slot in zip(sockets, slots, strict=True):
        wheel.remove(socket, slot)
    assert wheel.is_still
