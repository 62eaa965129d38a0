"""A line that can be bad: a TCP proxy that understands websocket frames, so that it can break at the worst moment."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Literal

from tests.patience import PATIENCE_S

Verdict = Literal["pass", "drop", "cut", "pass_and_cut"]
Judge = Callable[[str], Verdict]


def judge_all(text: str) -> Verdict:
    """An honest line."""
    return "pass"


class Pipe:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._client, self._server = client, server

    def cut(self) -> None:
        """The line goes without a word."""
        self._client.transport.abort()
        self._server.transport.abort()

    def inject(self, text: str) -> None:
        """Say something to the client in the server's name (RFC 6455, section 5.2: one unmasked text frame)."""
        payload = text.encode()
        assert len(payload) < 65_536
        size = bytes((len(payload),)) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2, "big")
        self._client.write(b"\x81" + size + payload)

    def close_as_server(self, code: int) -> None:
        """A close frame in the server's name."""
        self._client.write(b"\x88\x02" + code.to_bytes(2, "big"))


class Proxy:
    """Listens on `url`; what passes is judged by `up` (from the client) and `down` (from the server)."""

    def __init__(self, port: int) -> None:
        self.target_port = port
        self.up: Judge = judge_all
        self.down: Judge = judge_all
        self.delay_s = 0.0
        self.refusing = False
        self.pipes: list[Pipe] = []
        self.said: list[str] = []
        """Everything the clients sent that reached the server."""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._came = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server

    async def start(self) -> None:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}/ws"

    async def stop(self) -> None:
        self._listening.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """All lines go without a word."""
        for pipe in self.pipes:
            pipe.cut()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    async def accepted(self, number: int) -> Pipe:
        """Wait for the n-th connection (from 1)."""
        async with asyncio.timeout(PATIENCE_S), self._came:
            await self._came.wait_for(lambda: len(self.pipes) >= number)
        return self.pipes[number - 1]

    def count(self, method: str) -> int:
        """How often the server was asked for this."""
        return sum(f'"{method}"' in text for text in self.said)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        pipe = Pipe(writer, to_server)
        self.pipes.append(pipe)
        async with self._came:
            self._came.notify_all()
        ways = [
            asyncio.get_running_loop().create_task(self._carry(pipe, reader, to_server, up=True)),
            asyncio.get_running_loop().create_task(self._carry(pipe, from_server, writer, up=False)),
        ]
        self._tasks.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._tasks.difference_update(ways)
            writer.close()
            to_server.close()

    async def _carry(self, pipe: Pipe, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, up: bool) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            sink.write(await source.readuntil(b"\r\n\r\n"))
            while True:
                raw, text = await read_frame(source)
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await self._flowing.wait()
                verdict = "pass" if text is None else (self.up if up else self.down)(text)
                if verdict in ("pass", "pass_and_cut"):
                    if up and text is not None:
                        self.said.append(text)
                    sink.write(raw)
                    await sink.drain()
                if verdict == "pass_and_cut":
                    sink.write_eof()  # what was written still arrives
                    return
                if verdict == "cut":
                    pipe.cut()
                    return


async def read_frame(source: asyncio.StreamReader) -> tuple[bytes, str | None]:
    """One frame as it came, and its text when it is a text frame."""
    head = await source.readexactly(2)
    size, masked = head[1] & 0x7F, head[1] & 0x80
    more = await source.readexactly({126: 2, 127: 8}.get(size, 0))
    size = int.from_bytes(more, "big") if more else size
    mask = await source.readexactly(4) if masked else b""
    payload = await source.readexactly(size)
    raw = head + more + mask + payload
    if head[0] & 0x0F != 1:
        return raw, None
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return raw, payload.decode()


def once(pattern: str, verdict: Verdict) -> Judge:
    """The first text that matches gets this verdict; all others pass."""
    left = [re.compile(pattern)]

    def judge(text: str) -> Verdict:
        if left and left[0].search(text):
            left.clear()
            return verdict
        return "pass"

    return judge


class ReplyTo:
    """Judges the replies to the first requests of one method: `up` looks for the ids, `down` for their answers."""

    def __init__(self, method: str, verdict: Verdict, times: int = 1) -> None:
        self._method, self._verdict, self._asks = method, verdict, times
        self._ids: set[str] = set()

    def up(self, text: str) -> Verdict:
        """Remember the ids of requests."""
        if self._asks and f'"method":"{self._method}"' in text and (found := re.search(r'"id":(\d+)', text)):
            self._asks -= 1
            self._ids.add(found[1])
        return "pass"

    def down(self, text: str) -> Verdict:
        """Judge the answers."""
        found = re.search(r'"id":(\d+)', text)
        if '"method"' not in text[:40] and found and found[1] in self._ids:
            self._ids.discard(found[1])
            return self._verdict
        return "pass"
