"""What every work stands on: the servers, the load client, and how a figure is told."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from load.bench.client import Answer, LoadClient, Setup, running_client
from load.bench.contenders import Contender
from load.bench.ground import Ground
from load.bench.plan import Figure, Sizes
from load.bench.servers import Server, running

AT_ONCE = 50
"""Handshakes under way at the same time."""
CLIENT_BUSY, SERVER_IDLE = 0.97, 0.9

Figures = dict[tuple[Figure, str], float]
"""By figure and, for ours, the lane; '' where there is one way only."""


class Stage:
    """What a work needs, and where it says what it sees."""

    def __init__(self, ground: Ground, home: Path, program: Path, sizes: Sizes, say: Callable[[str], None]) -> None:
        self.ground = ground
        self.home = home
        self.program = program
        self.sizes = sizes
        self.say = say
        self.remarks: list[str] = []
        self._configs = 0

    def config(self) -> Path:
        self._configs += 1
        return self.ground.folder / f"client-{self._configs}.conf"

    async def client(self, stack: AsyncExitStack, setup: Setup, core: int | None) -> LoadClient:
        return await stack.enter_async_context(running_client(self.program, setup, self.config(), core))

    async def server(self, stack: AsyncExitStack, contender: Contender, core: int | None) -> Server:
        return await stack.enter_async_context(running(contender, self.ground, self.home, core))

    def note_cpu(self, what: str, value: str, server: Server, answer: Answer) -> None:
        """One line per figure; it says so when the client may have been what limited it."""
        cpu = server.cpu()
        limited = answer.cpu > CLIENT_BUSY and cpu < SERVER_IDLE
        if limited:
            self.remarks.append(f"{server.contender.title}, {what}: {value}, and the load client was the limit")
        told = f"server {cpu:.0%}, client {answer.cpu:.0%} of a core{'; the CLIENT was the limit' if limited else ''}"
        self.say(f"{what}: {value} ({told})")
