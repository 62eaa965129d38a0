"""The demo clinic, its administrator, and a hospital beside it."""

from collections.abc import Callable
from typing import Any

import pytest_asyncio

from carewire.node import Node
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.channels.callers import Caller


@pytest_asyncio.fixture
async def admin(caller: Callable[..., Caller]) -> Caller:
    """An administrator with every scope."""
    one = caller()
    await one.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    return one


@pytest_asyncio.fixture
async def anon(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest_asyncio.fixture
async def hospital(clinic: Node, admin: Caller) -> Any:
    """A hospital that everybody may find."""
    return await admin.call(
        "hospital.create", kind="hospital", name="Sunrise Hospital", city="Pune", zone="Asia/Kolkata"
    )
