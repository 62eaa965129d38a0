"""Deploys nobody notices: a stopping node asks its sockets to move, a few at a time, before it closes any.

DESIGN §5.9: not ready, no new sockets, then `socket:moving {after_ms, grace_ms}` to each, paced and jittered.
The client opens its new socket elsewhere, resumes there and closes the old one when its replies have come. Who
has not moved when the grace is over is closed with 4000: come back at once.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from carewire import metrics
from carewire.bus.channel import Listener
from carewire.errors import Close

log = structlog.get_logger("carewire.drain")

NOTICE_S: Final = 1.0
"""Readiness is red this long before anybody is told to move, so that balancers have looked."""
PER_S: Final = 400
"""Sockets told per second at most."""
UNDER_WAY_MAX: Final = 400
"""No more are told while so many were told and are still here: the others take in as fast as they can."""
WINDOW_S: Final = 20.0
"""Everybody has been told by then, however many there are and however slowly they go."""
JITTER_MS: Final = 500
GRACE_S: Final = 5.0
"""How long a socket may stay after it was told."""
TICK_S: Final = 0.05


async def drain(
    sockets: Callable[[], set[Listener]],
    *,
    close_door: Callable[[], None] = lambda: None,
    notice_s: float = NOTICE_S,
    grace_s: float = GRACE_S,
) -> None:
    """Move everybody away; returns when no socket is left. `sockets` answers who is connected now.

    `close_door` is called when balancers have had `notice_s` to see that this node is not ready: no new sockets.
    """
    if sockets():
        await asyncio.sleep(notice_s)
    close_door()
    loop = asyncio.get_running_loop()
    waiting = list(sockets())
    random.shuffle(waiting)
    at_least = len(waiting) / WINDOW_S
    log.info("draining", sockets=len(waiting), at_least_per_s=round(at_least))
    told: dict[Listener, float] = {}
    started = loop.time()
    while waiting or (sockets() & told.keys()):
        passed = loop.time() - started
        due, overdue = int(passed * max(PER_S, at_least)) + 1, int(passed * at_least) + 1
        room = UNDER_WAY_MAX - len(sockets() & told.keys())
        while waiting and len(told) < due and (room > 0 or len(told) < overdue):
            room -= 1
            socket = waiting.pop()
            told[socket] = loop.time()
            socket.notify(
                "socket:moving",
                msgspec.json.encode({"after_ms": random.randrange(JITTER_MS), "grace_ms": int(grace_s * 1000)}),
            )
            metrics.SOCKETS_MOVED.inc()
        late = loop.time() - grace_s - JITTER_MS / 1000
        for socket in sockets() & told.keys():
            if told[socket] < late:
                told[socket] = loop.time() + 3600  # said once
                socket.close(Close.GOING_AWAY, "the node stops")
        if not waiting and loop.time() - started > WINDOW_S + 2 * grace_s:
            break
        await asyncio.sleep(TICK_S)
    log.info("drained", left=len(sockets()), seconds=round(loop.time() - started, 1))
