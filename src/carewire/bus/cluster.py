"""The bus over a Redis Cluster: sharded pub/sub, one broker per shard, each topic on the shard that owns its slot.

A shard is the classic broker with other words (SSUBSCRIBE, SPUBLISH), so it survives, reconnects and subscribes again
in the same way. What is new stands here: who owns which slot, and what happens when that changes. The map is read again
when a shard says MOVED, drops a subscription, or cannot be reached; topics then move to their new shard, and the hub is
told, because hints of the meantime are gone. A shard that is away costs its own topics only: they heal by the sweep.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import urlsplit

import hiredis
import redis.asyncio
import structlog
from redis.crc import key_slot

from carewire import metrics
from carewire.bus.broker import Receive
from carewire.bus.redis import CONNECT_TIMEOUT_S, Link, RedisBroker, confirmed, pack
from carewire.tasks import end

log = structlog.get_logger("carewire.bus")

SLOTS: Final = 16_384
LOOK_TIMEOUT_S: Final = 1.0
LOOK_PAUSE_S: Final = 0.2
"""The map is read at most this often, however many shards complain."""
LOOK_EVERY_S: Final = 30.0
FORGIVEN: Final = ("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN")
"""Errors that speak of one slot; the connection is as good as before."""
SUFFIX: Final = "+cluster"

Address = tuple[str, int]


def split_url(url: str) -> list[str]:
    """`redis+cluster://user:password@one:7000,two:7000` as one ordinary URL per node. Raises `ValueError`."""
    parts = urlsplit(url)
    if not parts.scheme.endswith(SUFFIX):
        raise ValueError("not the URL of a cluster")
    credentials, at, hosts = parts.netloc.rpartition("@")
    scheme = parts.scheme.removesuffix(SUFFIX)
    return [f"{scheme}://{credentials}{at}{host}" for host in hosts.split(",") if host]


class Shard(RedisBroker):
    """One master: the classic broker in the words of sharded pub/sub."""

    SUBSCRIBE, UNSUBSCRIBE, PUBLISH = b"SSUBSCRIBE", b"SUNSUBSCRIBE", b"SPUBLISH"
    SUBSCRIBED, MESSAGE = b"ssubscribe", b"smessage"

    def __init__(self, url: str, *, prefix: str, changed: Callable[[str | None], None]) -> None:
        super().__init__(url, prefix=prefix)
        self._changed = changed
        """Called when the map may be old; with the topic that this shard no longer serves, if it is one."""

    def slot(self, channel: str) -> int:
        """The slot of a topic, of 16,384."""
        return key_slot(self._prefix + channel.encode())

    def _ask(self, link: Link, channels: list[str]) -> bool:
        # One command may name topics of one slot only.
        asked = b"".join(pack(self.SUBSCRIBE, self._prefix + channel.encode()) for channel in channels)
        return self._await_answers(channels) if link.say(asked) else False

    async def _listen(self) -> None:
        try:
            await super()._listen()
        finally:
            self._changed(None)

    def _forgives(self, error: hiredis.ReplyError) -> bool:
        return str(error).startswith(FORGIVEN)

    def _heard(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            self._refused_to_subscribe(str(reply))
        elif isinstance(reply, list) and reply[0] == b"sunsubscribe" and reply[1] is not None:
            name = reply[1][len(self._prefix) :].decode()
            # Not our own farewell: the slot went to another shard.
            if name in self._channels and name not in self._asked:
                self._confirmed.discard(name)
                self._changed(name)
        else:
            super()._heard(reply)

    def _refused_to_subscribe(self, error: str) -> None:
        """`MOVED 3999 127.0.0.1:6381`: whoever waits for a topic of that slot waits in vain."""
        words = error.split()
        if len(words) < 2 or not words[1].isdecimal():
            self._changed(None)
            return
        for name in [name for name in self._asked if self.slot(name) == int(words[1])]:
            del self._asked[name]
            if (confirmation := self._waiting.pop(name, None)) is not None and not confirmation.done():
                confirmation.set_result(None)
            self._changed(name)

    def _spoken(self, reply: Any) -> None:
        super()._spoken(reply)
        if isinstance(reply, hiredis.ReplyError):
            self._changed(None)


class ClusterBroker:
    """See `carewire.bus.broker.Broker`. The URL names nodes to ask for the map; any of them will do."""

    def __init__(self, url: str, *, prefix: str = "cw:") -> None:
        self._seeds = split_url(url)
        self._prefix = prefix
        self._shards: dict[Address, Shard] = {}
        self._owners: list[Shard | None] = [None] * SLOTS
        self._channels: dict[str, Shard | None] = {}
        self._receive: Receive = lambda channel, hint: None
        self._reconnected: Callable[[], None] = lambda: None
        self._stale = asyncio.Event()
        self._first = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connected = False
        """All shards answer."""

    async def start(self, receive: Receive, reconnected: Callable[[], None]) -> None:
        self._receive, self._reconnected = receive, reconnected
        self._spawn(self._keep_map())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), CONNECT_TIMEOUT_S)

    async def subscribe(self, *channels: str) -> None:
        by_shard: dict[Shard, list[str]] = {}
        for channel in channels:
            shard = self._channels[channel] = self._owner(channel)
            if shard is not None:
                by_shard.setdefault(shard, []).append(channel)
        await confirmed([answer for shard, its in by_shard.items() for answer in shard.request(*its)])

    def hears(self, channel: str) -> bool:
        shard = self._channels.get(channel)
        return shard is not None and shard.hears(channel)

    def unsubscribe(self, channel: str) -> None:
        shard = self._channels.pop(channel, None)
        if shard is not None:
            shard.unsubscribe(channel)

    def publish(self, channel: str, hint: bytes) -> None:
        shard = self._owner(channel)
        if shard is None:
            metrics.HINTS_UNSENT.inc()
        else:
            shard.publish(channel, hint)

    async def close(self) -> None:
        await end(*self._tasks)
        await asyncio.gather(*(shard.close() for shard in self._shards.values()))
        self.connected = False

    def _owner(self, channel: str) -> Shard | None:
        return self._owners[key_slot(self._prefix.encode() + channel.encode())]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="bus-cluster")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what shards tell -------------------------------------------------------------------------------------------

    def _changed(self, channel: str | None) -> None:
        if channel is not None and channel in self._channels:
            self._channels[channel] = None  # so that it is asked for anew, also where it was
        self._count()
        self._stale.set()

    def _back(self) -> None:
        """A shard is connected (again): hints of the meantime are gone."""
        self._count()
        self._reconnected()

    def _count(self) -> None:
        self.connected = bool(self._shards) and all(shard.connected for shard in self._shards.values())
        metrics.BUS_CONNECTED.set(self.connected)
        if self.connected:
            self._first.set()

    # --- the map ----------------------------------------------------------------------------------------------------

    async def _keep_map(self) -> None:
        while True:
            self._stale.clear()
            try:
                self._apply(await self._look())
            except Exception as error:  # whatever it is, a node must not stay without its bus
                log.warning("bus_map_unknown", error=type(error).__name__)
                self._stale.set()
            await asyncio.sleep(random.uniform(1.0, 1.5) * LOOK_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), LOOK_EVERY_S)

    async def _look(self) -> list[tuple[int, int, Address]]:
        """First and last slot with the address of their master, from the first node that answers."""
        known = [self._url_of(address) for address in self._shards]
        random.shuffle(known)
        problem: Exception = ConnectionError("no node is named")
        for url in dict.fromkeys([*known, *self._seeds]):
            client = redis.asyncio.Redis.from_url(
                url, socket_timeout=LOOK_TIMEOUT_S, socket_connect_timeout=LOOK_TIMEOUT_S
            )
            try:
                slots = await client.execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
                here = str(urlsplit(url).hostname)  # a node that does not know its own name says nothing
                found = [(first, last, ((at[0] or b"").decode() or here, at[1])) for first, last, at, *_ in slots]
                if found:
                    return found
                problem = ConnectionError("no slot is assigned")
            except Exception as error:
                problem = error
            finally:
                await client.aclose()
        raise problem

    def _url_of(self, address: Address) -> str:
        """The URL of a node that the cluster named, with the credentials of those that we were told."""
        parts = urlsplit(self._seeds[0])
        credentials, at, _ = parts.netloc.rpartition("@")
        host, port = address
        return f"{parts.scheme}://{credentials}{at}{f'[{host}]' if ':' in host else host}:{port}"

    def _apply(self, found: list[tuple[int, int, Address]]) -> None:
        addresses = {address for _, _, address in found}
        for address in addresses - self._shards.keys():
            shard = Shard(self._url_of(address), prefix=self._prefix, changed=self._changed)
            self._shards[address] = shard
            self._spawn(shard.start(self._receive, self._back))
        self._owners = [None] * SLOTS
        for first, last, address in found:
            self._owners[first : last + 1] = [self._shards[address]] * (last + 1 - first)
        moved = {channel: shard for channel, shard in self._channels.items() if shard is not self._owner(channel)}
        for channel, old in moved.items():
            if old is not None:
                old.unsubscribe(channel)
            self._channels[channel] = self._owner(channel)
        gone = [self._shards.pop(address) for address in self._shards.keys() - addresses]
        if moved or gone:
            log.info("bus_map_changed", topics=len(moved), shards=len(self._shards))
            self._spawn(self._settle(list(moved), gone))
        self._count()

    async def _settle(self, moved: list[str], gone: list[Shard]) -> None:
        """Subscribe where the topics are now, then look for what was said meanwhile."""
        await self.subscribe(*(channel for channel in moved if channel in self._channels))
        self._reconnected()
        await asyncio.gather(*(shard.close() for shard in gone))
