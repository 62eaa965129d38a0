"""One link of the world as a TCP proxy that can cut, freeze, delay and, where it carries hints, mix them up."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from typing import Final

CHUNK: Final = 1 << 16
THIN_CHUNK: Final = 1 << 12

Address = str | int
"""Where the link leads: the path of a unix socket, or a local port."""


class Mischief:
    """What happens to hints just now: chances, and the longest delay."""

    __slots__ = ("delay_s", "drop", "late", "twice")

    def __init__(self, *, drop: float = 0, twice: float = 0, late: float = 0, delay_s: float = 0) -> None:
        self.drop, self.twice, self.late, self.delay_s = drop, twice, late, delay_s


class Proxy:
    """Listens on `port`. `hints=True`: what comes from the far end is RESP, and its messages suffer `mischief`.
    `thin=True`: it holds little itself, so that a peer that does not read is soon felt at the far end."""

    def __init__(
        self, name: str, target: Callable[[], Address], rng: random.Random, *, hints: bool = False, thin: bool = False
    ) -> None:
        self.name = name
        self.port = 0
        self.mischief: Mischief | None = None
        self.counted: dict[str, int] = {"dropped": 0, "twice": 0, "late": 0}
        self._target = target
        self._rng = rng
        self._hints = hints
        self._thin = thin
        self._chunk = THIN_CHUNK if thin else CHUNK
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False

    async def start(self) -> None:
        listening = socket.create_server(("127.0.0.1", self.port))
        if self._thin:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, THIN_CHUNK)
        self._server = await asyncio.start_server(self._accept, sock=listening, limit=self._chunk)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.thaw()
        self.cut()
        for pump in list(self._pumps):
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    # --- faults ------------------------------------------------------------------------------------------------------
    def cut(self) -> None:
        """Reset every open connection."""
        for writer in list(self._open):
            writer.transport.abort()

    def refuse(self, refusing: bool) -> None:
        """Take no new connections (they are reset at once)."""
        self._refusing = refusing

    def freeze(self) -> None:
        """Bytes stay where they are; nobody is told."""
        self._passing.clear()

    def thaw(self) -> None:
        self._passing.set()

    # --- passing -----------------------------------------------------------------------------------------------------
    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self._refusing:
                return
            target = self._target()
            if isinstance(target, int):
                far_reader, far = await asyncio.open_connection(sock=await self._dial(target), limit=self._chunk)
            else:
                far_reader, far = await asyncio.open_unix_connection(target, limit=CHUNK)
            self._open.add(far)
            back = self._mixing if self._hints else self._plain
            pumps = [asyncio.create_task(self._plain(reader, far)), asyncio.create_task(back(far_reader, writer))]
            self._pumps.update(pumps)
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                self._pumps.difference_update(pumps)
        except OSError:
            pass
        finally:
            for side in (writer, far):
                if side is not None:
                    self._open.discard(side)
                    side.transport.abort()

    async def _dial(self, port: int) -> socket.socket:
        line = socket.socket()
        line.setblocking(False)
        if self._thin:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, THIN_CHUNK)
        try:
            await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
        except BaseException:
            line.close()
            raise
        return line

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._thin:
            writer.transport.set_write_buffer_limits(0)
        with contextlib.suppress(OSError):
            while data := await reader.read(self._chunk):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
            # The rest of a farewell (a close frame, an error message) leaves before the abort.
            await asyncio.sleep(0.01)

    async def _mixing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        kept = b""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passing.wait()
                replies, kept = split(kept + data)
                for reply in replies:
                    mischief = self.mischief
                    if mischief is None or not is_message(reply):
                        writer.write(reply)
                        continue
                    if self._rng.random() < mischief.drop:
                        self.counted["dropped"] += 1
                        continue
                    copies = 1
                    if self._rng.random() < mischief.twice:
                        self.counted["twice"] += 1
                        copies = 2
                    for _ in range(copies):
                        if self._rng.random() < mischief.late:
                            self.counted["late"] += 1
                            loop.call_later(self._rng.random() * mischief.delay_s, _write, writer, reply)
                        else:
                            writer.write(reply)
                await writer.drain()


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.transport.is_closing():
        writer.write(data)


def is_message(reply: bytes) -> bool:
    """A published message, as a subscriber gets it (RESP2)."""
    return reply.startswith(b"*3\r\n$7\r\nmessage\r\n")


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole RESP replies, byte for byte, and what is left of an unfinished one."""
    replies, start = [], 0
    while (end := _end(data, start)) is not None:
        replies.append(data[start:end])
        start = end
    return replies, data[start:]


def _end(data: bytes, start: int) -> int | None:
    line = data.find(b"\r\n", start)
    if line < 0:
        return None
    kind, after = data[start : start + 1], line + 2
    if kind == b"$":
        size = int(data[start + 1 : line])
        if size < 0:
            return after
        return after + size + 2 if len(data) >= after + size + 2 else None
    if kind == b"*":
        end: int | None = after
        for _ in range(max(0, int(data[start + 1 : line]))):
            end = _end(data, end)
            if end is None:
                return None
        return end
    return after
