"""The bus over Redis or Valkey: one connection per process on a RESP reader, with what is said gathered per loop tick.

Classic pub/sub. The connection survives any error of a callback; when it breaks it is opened again with back-off,
everything is subscribed again, and the hub is told, because hints of the meantime are gone. A second connection only
publishes, so that a full incoming stream never delays what this node says.
"""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

import hiredis
import structlog
from redis.asyncio.connection import parse_url

from carewire import metrics
from carewire.bus.broker import Receive
from carewire.tasks import end

log = structlog.get_logger("carewire.bus")

BACKOFF_S: Final = (0.05, 1.0)
CONNECT_TIMEOUT_S: Final = 2.0
CONFIRM_TIMEOUT_S: Final = 1.0
PING_S: Final = 2.0
"""Both connections are asked this often whether they live; one that says nothing for as long is opened again."""
BUFFER_BYTES_MAX: Final = 8 << 20
"""Hints waiting for a stuck Redis beyond this are dropped and counted; readers heal from the record."""


def pack(*words: bytes) -> bytes:
    """A command as a RESP array of bulk strings (RESP2 specification)."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


class Link(asyncio.Protocol):
    """One RESP connection: bytes in, replies to a callback."""

    def __init__(
        self, on_reply: Callable[[Any], None], forgives: Callable[[hiredis.ReplyError], bool] = lambda error: False
    ) -> None:
        self._reader = hiredis.Reader()
        self._on_reply = on_reply
        self._forgives = forgives
        self.heard = 0
        self.spoke = asyncio.Event()
        self.refused = False
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.said: list[bytes] = []
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one without being an instance

    def data_received(self, data: bytes) -> None:
        self.heard += len(data)
        self.spoke.set()
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            if isinstance(reply, hiredis.ReplyError) and not self.refused and not self._forgives(reply):
                # A wrong password, a server that still loads, a missing right: not connected, whatever the line says.
                self.refused = True
                log.error("bus_refused", reply=str(reply).split(" ", 1)[0])
                self.close()
            try:
                self._on_reply(reply)
            except Exception as error:  # a callback's fault must never cost the connection
                metrics.BUS_ERRORS.inc()
                log.error("bus_callback_failed", error=type(error).__name__)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.spoke.set()
        if not self.lost.done():
            self.lost.set_result(None)

    def say(self, command: bytes) -> bool:
        """Send a command, with all others of this turn of the loop; False when nobody listens or too much waits."""
        transport = self.transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > BUFFER_BYTES_MAX:
            return False
        if not self.said:
            self._loop.call_soon(self.flush)
        self.said.append(command)
        return True

    def flush(self) -> None:
        """Write what was said; what cannot be written stays in `said`."""
        if self.said and self.transport is not None and not self.transport.is_closing():
            said, self.said = self.said, []
            self.transport.write(b"".join(said))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()


async def confirmed(confirmations: list["asyncio.Future[None]"]) -> None:
    """Wait for all of them, but not for ever."""
    if confirmations:
        await asyncio.wait(confirmations, timeout=CONFIRM_TIMEOUT_S)


class RedisBroker:
    """See `carewire.bus.broker.Broker`. `prefix` separates deployments that share one Redis."""

    # The words of classic pub/sub; `cluster.Shard` has others.
    SUBSCRIBE, UNSUBSCRIBE, PUBLISH = b"SUBSCRIBE", b"UNSUBSCRIBE", b"PUBLISH"
    SUBSCRIBED, MESSAGE = b"subscribe", b"message"

    def __init__(self, url: str, *, prefix: str = "cw:") -> None:
        self._address = parse_url(url)
        self._prefix = prefix.encode()
        self._receive: Receive = lambda channel, hint: None
        self._reconnected: Callable[[], None] = lambda: None
        self._channels: set[str] = set()
        self._confirmed: set[str] = set()
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._asked: dict[str, int] = {}
        """SUBSCRIBEs on their way per channel: only the answer to the last one says that we are on it."""
        self._listening: Link | None = None
        self._speaking: Link | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._first = asyncio.Event()
        self.connected = False

    async def start(self, receive: Receive, reconnected: Callable[[], None]) -> None:
        self._receive, self._reconnected = receive, reconnected
        self._tasks = [
            asyncio.create_task(self._keep(self._listen), name="bus-listen"),
            asyncio.create_task(self._keep(self._speak), name="bus-speak"),
        ]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), CONNECT_TIMEOUT_S)

    async def subscribe(self, *channels: str) -> None:
        await confirmed(self.request(*channels))

    def request(self, *channels: str) -> list["asyncio.Future[None]"]:
        """Ask at once to hear these; what comes when the bus has confirmed those that it has not yet."""
        self._channels.update(channels)
        if not self.connected or self._listening is None:
            return []
        silent = [channel for channel in channels if channel not in self._confirmed]
        if new := [channel for channel in dict.fromkeys(silent) if channel not in self._waiting]:
            if not self._ask(self._listening, new):
                return []  # the line is full; what fills it is dead or dying, and the sweep stands in
            loop = asyncio.get_running_loop()
            self._waiting.update((channel, loop.create_future()) for channel in new)
        return [self._waiting[channel] for channel in silent]

    def hears(self, channel: str) -> bool:
        return channel in self._confirmed

    def unsubscribe(self, channel: str) -> None:
        self._channels.discard(channel)
        self._confirmed.discard(channel)
        # A later subscribe asks anew: the answer under way would tell of a subscription that this line ends.
        if (confirmation := self._waiting.pop(channel, None)) is not None and not confirmation.done():
            confirmation.set_result(None)
        if self._listening is not None:
            self._listening.say(pack(self.UNSUBSCRIBE, self._prefix + channel.encode()))

    def _ask(self, link: Link, channels: list[str]) -> bool:
        asked = pack(self.SUBSCRIBE, *(self._prefix + channel.encode() for channel in channels))
        return self._await_answers(channels) if link.say(asked) else False

    def _await_answers(self, channels: list[str]) -> bool:
        for channel in channels:
            self._asked[channel] = self._asked.get(channel, 0) + 1
        return True

    def publish(self, channel: str, hint: bytes) -> None:
        link = self._speaking
        if link is None or not link.say(pack(self.PUBLISH, self._prefix + channel.encode(), hint)):
            metrics.HINTS_UNSENT.inc()

    async def close(self) -> None:
        if self._speaking is not None:
            self._speaking.flush()
        await end(*self._tasks)
        for link in (self._listening, self._speaking):
            if link is not None:
                link.close()
        self.connected = False

    async def _keep(self, run: Callable[[], Any]) -> None:
        pause = BACKOFF_S[0]
        while True:
            try:
                await run()
                pause = BACKOFF_S[0]
            except Exception as error:  # whatever it is, a node must not stay without its bus
                log.warning("bus_away", error=type(error).__name__)
            await asyncio.sleep(random.uniform(0.5, 1.0) * pause)
            pause = min(pause * 2, BACKOFF_S[1])

    async def _listen(self) -> None:
        link = await self._connect(self._heard)
        self._listening = link
        try:
            self._confirmed.clear()
            channels = sorted(self._channels)
            for start in range(0, len(channels), 500):
                if not self._ask(link, channels[start : start + 500]):
                    raise ConnectionError("the bus takes no subscriptions")
            self.connected = True
            metrics.BUS_CONNECTED.set(1)
            self._first.set()
            self._reconnected()
            await self._watch(link)
        finally:
            self.connected = False
            metrics.BUS_CONNECTED.set(0)
            self._listening = None
            link.close()
            for confirmation in self._waiting.values():
                if not confirmation.done():
                    confirmation.set_result(None)
            self._waiting.clear()
            self._asked.clear()

    async def _speak(self) -> None:
        link = await self._connect(self._spoken)
        self._speaking = link
        try:
            await self._watch(link)
        finally:
            self._speaking = None
            metrics.HINTS_UNSENT.inc(sum(self.PUBLISH in command[:24] for command in link.said))
            link.close()

    @staticmethod
    async def _watch(link: Link) -> None:
        """Until the connection is lost. A line that went without a word is noticed by its silence."""
        while not link.lost.done():
            heard = link.heard
            link.say(pack(b"PING"))
            await asyncio.wait((link.lost,), timeout=PING_S)
            if not link.lost.done() and link.heard == heard:
                log.warning("bus_silent")
                return
        if link.refused:
            raise ConnectionError("the bus refused a command")  # so that the next try comes later and later

    async def _connect(self, on_reply: Callable[[Any], None]) -> Link:
        loop = asyncio.get_running_loop()
        at: Any = self._address
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            if "path" in at:
                _, link = await loop.create_unix_connection(lambda: Link(on_reply, self._forgives), at["path"])
            else:
                secure = ssl.create_default_context() if "SSL" in str(at.get("connection_class")) else None
                host, port = at.get("host", "localhost"), int(at.get("port", 6379))
                _, link = await loop.create_connection(lambda: Link(on_reply, self._forgives), host, port, ssl=secure)
        if at.get("password"):
            link.say(pack(b"AUTH", (at.get("username") or "default").encode(), at["password"].encode()))
        # A frozen server's kernel takes connections too; only a word from the server itself counts.
        link.say(pack(b"PING"))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await link.spoke.wait()
        except TimeoutError:
            link.close()
            raise
        if link.refused:
            raise ConnectionError("the bus refused us")
        return link

    def _forgives(self, error: hiredis.ReplyError) -> bool:
        """Is this error about one command only, and not about the connection?"""
        return False

    def _spoken(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            metrics.HINTS_UNSENT.inc()

    def _heard(self, reply: Any) -> None:
        if not isinstance(reply, list) or len(reply) != 3:
            return
        kind, channel = reply[0], reply[1]
        if channel is None:
            return
        name = channel[len(self._prefix) :].decode()
        if kind == self.MESSAGE:
            self._receive(name, reply[2])
        elif kind == self.SUBSCRIBED:
            left = self._asked.pop(name, 1) - 1
            if left > 0:
                self._asked[name] = left
                return
            if name in self._channels:
                self._confirmed.add(name)
            confirmation = self._waiting.pop(name, None)
            if confirmation is not None and not confirmation.done():
                confirmation.set_result(None)
