"""Token buckets per command and caller: on this node, or shared through Redis (on this node while it is away)."""

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, cast

import structlog

from carewire.command import Command, Rate
from carewire.errors import RateLimited

log = structlog.get_logger("carewire.limits")

BUCKETS_MAX: Final = 50_000
REDIS_PATIENCE_S: Final = 0.1
REDIS_REST_S: Final = 2.0
"""After a failure Redis is not asked for this long: a limit must not make every command wait."""

SPEND: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local burst, per_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] then
  tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * per_ms)
end
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / per_ms) end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_ms) + 1000)
return wait
"""


class Redis(Protocol):
    """The part of redis-py's asyncio client this needs."""

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Awaitable[Any]:
        """Run a script."""


class Bucket:
    """`burst` tokens at once, then `per_minute` more each minute."""

    __slots__ = ("at", "tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self.tokens = float(rate.burst)
        self.at = now

    def spend(self, rate: Rate, now: float) -> int:
        """Take a token: 0, or how many milliseconds until there is one."""
        per_s = rate.per_minute / 60
        self.tokens = min(float(rate.burst), self.tokens + max(0.0, now - self.at) * per_s)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0
        return math.ceil((1 - self.tokens) / per_s * 1000)


class Buckets:
    """All buckets of one node."""

    def __init__(self, redis: object | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.deployment = ""
        """Separates deployments that share one Redis."""
        self._redis = cast("Redis | None", redis)
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[Bucket, Rate]] = {}
        self._prune_at = BUCKETS_MAX
        self._rest_until = -math.inf

    async def spend(self, command: Command, who: str) -> None:
        """Take one token of this caller for this command; raises `RateLimited` with the wait."""
        await self.take(command.name, command.rate, who)

    async def take(self, name: str, rate: Rate, who: str) -> None:
        """The same for whatever has a name and a rate."""
        wait = await self._spend_shared(name, rate, who) if rate.shared else None
        if wait is None:
            wait = self._spend_here(name, rate, who)
        if wait:
            raise RateLimited(after_ms=wait)

    def spend_here(self, command: Command, who: str) -> None:
        """The same on this node alone, at once."""
        if wait := self._spend_here(command.name, command.rate, who):
            raise RateLimited(after_ms=wait)

    def _spend_here(self, name: str, rate: Rate, who: str) -> int:
        now = self._clock()
        found = self._buckets.get((name, who))
        if found is None:
            if len(self._buckets) >= self._prune_at:
                self._prune(now)
            found = self._buckets[name, who] = (Bucket(rate, now), rate)
        return found[0].spend(rate, now)

    def _prune(self, now: float) -> None:
        """Forget buckets that are full again: they say nothing. What cannot be forgotten moves the next look away."""
        self._buckets = {
            key: (bucket, rate)
            for key, (bucket, rate) in self._buckets.items()
            if bucket.tokens + (now - bucket.at) * rate.per_minute / 60 < rate.burst
        }
        self._prune_at = max(BUCKETS_MAX, 2 * len(self._buckets))

    async def _spend_shared(self, name: str, rate: Rate, who: str) -> int | None:
        """None when Redis cannot say."""
        if self._redis is None or self._clock() < self._rest_until:
            return None
        # Hashed: an address or account has no business in another store's key list.
        key = f"carewire:rate:{self.deployment}:{name}:{hashlib.blake2b(who.encode(), digest_size=12).hexdigest()}"
        try:
            async with asyncio.timeout(REDIS_PATIENCE_S):
                return int(await self._redis.eval(SPEND, 1, key, rate.burst, rate.per_minute / 60_000))
        except Exception as error:
            self._rest_until = self._clock() + REDIS_REST_S
            log.warning("shared_limits_away", error=type(error).__name__)
            return None
