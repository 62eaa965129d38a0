"""Token buckets: here, shared through a real Valkey, and here again when that is away."""

import asyncio

import pytest
import redis.asyncio

from carewire import command
from carewire.command import Command, Rate
from carewire.embedded import Valkey
from carewire.errors import RateLimited
from carewire.gateway import limits
from carewire.gateway.limits import Buckets


def limited(rate: Rate) -> Command:
    """A command with this rate."""
    import msgspec

    return msgspec.structs.replace(next(iter(command.REGISTRY.values())), name="test.limited", rate=rate)


class Now:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_caller_who_spent_the_burst_waits_as_long_as_told_and_no_other_does() -> None:
    clock = Now()
    buckets, asked = Buckets(clock=clock), limited(Rate(burst=2, per_minute=60))
    await buckets.spend(asked, "a")
    await buckets.spend(asked, "a")
    with pytest.raises(RateLimited) as refused:
        await buckets.spend(asked, "a")
    assert refused.value.after_ms == 1_000
    await buckets.spend(asked, "b")
    clock.now += 1.0
    await buckets.spend(asked, "a")
    with pytest.raises(RateLimited):
        await buckets.spend(asked, "a")


async def test_a_bucket_never_holds_more_than_the_burst() -> None:
    clock = Now()
    buckets, asked = Buckets(clock=clock), limited(Rate(burst=1, per_minute=60))
    await buckets.spend(asked, "a")
    clock.now += 3_600
    await buckets.spend(asked, "a")
    with pytest.raises(RateLimited):
        await buckets.spend(asked, "a")


async def test_full_buckets_are_forgotten_and_spent_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUCKETS_MAX", 10)
    clock = Now()
    buckets, asked = Buckets(clock=clock), limited(Rate(burst=1, per_minute=60))
    for number in range(9):
        await buckets.spend(asked, f"old{number}")
    clock.now += 60
    await buckets.spend(asked, "spent")
    await buckets.spend(asked, "one more")
    assert len(buckets._buckets) == 2
    with pytest.raises(RateLimited):
        await buckets.spend(asked, "spent")


async def test_shared_buckets_are_one_for_all_nodes(valkey: Valkey) -> None:
    asked = limited(Rate(burst=3, per_minute=6, shared=True))
    async with redis.asyncio.from_url(valkey.url) as client:
        nodes = [Buckets(client), Buckets(client)]
        outcomes = await asyncio.gather(
            *(node.spend(asked, "one caller") for node in nodes * 4), return_exceptions=True
        )
        refused = [o for o in outcomes if isinstance(o, RateLimited)]
        assert (len(outcomes), len(refused)) == (8, 5)
        assert all(8_000 < (r.after_ms or 0) <= 10_000 for r in refused)


async def test_without_redis_a_shared_bucket_is_kept_here_and_redis_is_not_asked_again_at_once(valkey: Valkey) -> None:
    clock = Now()
    asked = limited(Rate(burst=1, per_minute=60, shared=True))
    async with redis.asyncio.from_url("redis://127.0.0.1:1") as away:
        buckets = Buckets(away, clock=clock)
        await buckets.spend(asked, "a")
        assert buckets._rest_until > clock.now
        with pytest.raises(RateLimited):
            await buckets.spend(asked, "a")
