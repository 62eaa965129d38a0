"""Which bus and which client a URL asks for: one server, or a cluster (`redis+cluster://`)."""

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import redis.asyncio
import structlog

from carewire.bus.broker import Broker
from carewire.bus.cluster import SUFFIX, ClusterBroker, split_url
from carewire.bus.memory import MemoryBroker
from carewire.bus.redis import RedisBroker

log = structlog.get_logger("carewire.bus")

WARM_AGAIN_S: Final = 2.0

Client = redis.asyncio.Redis | redis.asyncio.RedisCluster


def is_cluster(url: str) -> bool:
    """Does this URL name a cluster?"""
    return url.partition("://")[0].endswith(SUFFIX)


def open_broker(url: str | None) -> Broker:
    """The bus at this URL, not started; without one a bus within the process."""
    if url is None:
        return MemoryBroker()
    return ClusterBroker(url) if is_cluster(url) else RedisBroker(url)


def open_client(url: str, **options: Any) -> Client:
    """redis-py's client for everything else: shared limits, health. Nothing is connected yet."""
    if not is_cluster(url):
        return redis.asyncio.Redis.from_url(url, **options)
    first, *others = split_url(url)
    nodes = [redis.asyncio.cluster.ClusterNode(*_place(other)) for other in others]
    return redis.asyncio.RedisCluster.from_url(first, startup_nodes=nodes or None, **options)


async def warm(client: Client | None) -> None:
    """Have a cluster's client learn its map, however long that takes: who asks it has a tenth of a second."""
    while isinstance(client, redis.asyncio.RedisCluster):
        try:
            await client.initialize()
            return
        except Exception as error:  # it is away: everything works without it, more slowly
            log.warning("cluster_map_unknown", error=type(error).__name__)
            await asyncio.sleep(WARM_AGAIN_S)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "localhost", parts.port or 6379
