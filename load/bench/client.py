"""The load client's other half: its configuration and the conversation with the C program."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from load.bench.contenders import EVENT_BYTES, Contender, Step
from load.bench.machine import Unfit, pinned

ANSWER_S = 600.0  # thousands of sockets of a slow server


class Answer(Struct, frozen=True, kw_only=True):
    """What the client says of one order; times in milliseconds, `cpu` as a share of one core."""

    seconds: float = 0.0
    opened: int = 0
    failed: int = 0
    delivered: int = 0
    answered: int = 0
    events: int = 0
    missing: int = 0
    odd: int = 0
    refused: int = 0
    lost: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0
    measured: int = 0
    cpu: float = 0.0
    complaint: str = ""


class Setup(Struct, frozen=True, kw_only=True):
    """What the client is told at its start."""

    contender: Contender
    port: int
    listen: Sequence[Step] = ()
    publish_port: int | None = None
    emit: str | None = None
    redis: Path | None = None
    message: bytes | None = None
    tokens: Path | None = None
    queues: Path | None = None
    ask: str | None = None
    event: str | None = None
    event_bytes_min: int = EVENT_BYTES * 2 // 3
    stamped: bool = True
    """Does the event carry its time? If not, the n-th event belongs to the n-th publication."""

    def lines(self) -> list[str]:
        """The configuration as client.h reads it."""
        wire = self.contender.wire
        found: list[tuple[str, str | bytes | None]] = []
        for group, port in (("L", self.port), ("P", self.publish_port or self.port)):
            found += [("port", f"{group} {port}"), ("path", f"{group} {wire.path}")]
            if wire.headers:
                found.append(("headers", f"{group} {wire.headers}"))
            steps = [*wire.hello, *(self.listen if group == "L" else ())]
            found += [(kind, f"{group} {text}") for kind, text in steps]
        found += [
            ("ok", wire.answered),
            ("failure", wire.failure),
            ("event", self.event or wire.event),
            ("event_bytes_min", str(self.event_bytes_min)),
            ("stamp", wire.stamp if self.stamped else None),
            ("ask", self.ask or wire.ask),
            ("emit", self.emit),
            ("redis", str(self.redis) if self.redis else None),
            ("message", self.message),
            ("tokens", str(self.tokens) if self.tokens else None),
            ("queues", str(self.queues) if self.queues else None),
        ]
        return [f"{key} {escape(value)}" for key, value in found if value is not None]

    def save(self, path: Path) -> None:
        path.write_text("\n".join(self.lines()) + "\n")


def escape(value: str | bytes) -> str:
    """Text or bytes on one line of ASCII."""
    raw = value.encode() if isinstance(value, str) else value
    return "".join("\\\\" if byte == 92 else chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw)


class LoadClient:
    """A running client. One order at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def order(self, words: str) -> Answer:
        """Give an order and wait for its end. Raises `Unfit` when the client died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{words}\n".encode())
            line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_S)
        except (TimeoutError, ConnectionError) as exc:
            raise Unfit(f"the load client does not answer to {words!r}") from exc
        if not line:
            raise Unfit(f"the load client ended at {words!r}")
        return msgspec.json.decode(line, type=Answer)

    async def open(self, group: str, count: int, at_once: int) -> Answer:
        """Open a group; every socket has to come through its steps."""
        answer = await self.order(f"open {group} {count} {at_once}")
        if answer.failed:
            raise Unfit(f"{answer.failed} of {count} sockets did not open: {answer.complaint or 'closed or silent'}")
        return answer

    async def events(self, words: str) -> Answer:
        """`fan` or `rate`; an event that got lost or came twice voids the figure."""
        answer = await self.order(words)
        if answer.missing or answer.odd or answer.refused or answer.lost:
            raise Unfit(
                f"{answer.missing} deliveries missing, {answer.odd} odd, {answer.refused} refused, "
                f"{answer.lost} sockets lost {answer.complaint}".strip()
            )
        return answer

    async def requests(self, words: str, *, shed_max: float = 0.0) -> Answer:
        """`ask`, `pace` or `once`; a refusal voids the figure, unless so small a share may be sent away."""
        answer = await self.order(words)
        if answer.refused > shed_max * answer.answered or answer.lost or not answer.answered:
            raise Unfit(f"{answer.answered} answered, {answer.refused} refused, {answer.lost} lost: {answer.complaint}")
        return answer


@asynccontextmanager
async def running_client(program: Path, setup: Setup, config: Path, core: int | None) -> AsyncIterator[LoadClient]:
    """The client, ended with the block."""
    setup.save(config)
    pipe: Any = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *pinned((program, config), core), stdin=pipe, stdout=pipe, start_new_session=True
    )
    try:
        yield LoadClient(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
