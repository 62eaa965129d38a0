"""One's own clock and quiet hours: said by oneself, shown to oneself (PRODUCT 9)."""

from collections.abc import Callable
from typing import Any

import pytest

from carewire.errors import InvalidParams, Unauthenticated
from carewire.node import Node
from channels.identity.demo import PRIYA
from tests.channels.callers import Caller, told


async def test_nights_are_quiet_until_one_says_otherwise(clinic: Node, caller: Callable[..., Caller]) -> None:
    with pytest.raises(Unauthenticated):
        await caller().call("profile.set_quiet_hours", quiet=None)
    priya = caller()
    await priya.log_in(PRIYA.phone)
    profile = await priya.call("profile.get")
    assert (profile["zone"], profile["quiet"]) == (None, {"begins": "22:00:00", "ends": "07:00:00"})
    early = {"begins": "20:30:00", "ends": "06:00:00"}
    assert (await priya.call("profile.set_quiet_hours", quiet=early))["quiet"] == early
    assert (await priya.call("profile.update", zone="Asia/Dubai"))["zone"] == "Asia/Dubai"
    assert (await priya.call("profile.set_quiet_hours", quiet=None))["quiet"] is None
    name, data = (await told(clinic, f"account:{PRIYA.account_id}"))[-1]
    assert (name, data["profile"]["zone"], data["profile"]["quiet"]) == ("profile:updated", "Asia/Dubai", None)


@pytest.mark.parametrize(
    ("command", "params"),
    [
        ("profile.set_quiet_hours", {"quiet": {"begins": "22:00:00", "ends": "22:00:00"}}),
        ("profile.set_quiet_hours", {"quiet": {"begins": "22:00:30", "ends": "07:00:00"}}),
        ("profile.set_quiet_hours", {"quiet": {"begins": "22:00:00Z", "ends": "07:00:00"}}),
        ("profile.set_quiet_hours", {"quiet": {"begins": "22:00:00"}}),
        ("profile.update", {"zone": "Asia/Bangalore"}),
    ],
)
async def test_hours_and_clocks_that_are_none_are_refused(
    caller: Callable[..., Caller], command: str, params: dict[str, Any]
) -> None:
    priya = caller()
    await priya.log_in(PRIYA.phone)
    with pytest.raises(InvalidParams):
        await priya.call(command, **params)
