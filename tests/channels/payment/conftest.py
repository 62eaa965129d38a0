"""Money is taken for what the appointments' people book, at a counter and through Stripe."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from carewire.node import Node
from carewire.settings import Settings
from tests.channels.appointment.conftest import Doctor, desk, doctor, make_session, priya, stranger, time_, vikram
from tests.channels.callers import Caller
from tests.channels.payment.till import Till
from tests.providers.stripe_fake import FakeStripe

__all__ = ["desk", "doctor", "make_session", "priya", "stranger", "time_", "vikram"]


@pytest_asyncio.fixture
async def stripe() -> AsyncIterator[FakeStripe]:
    """The other side."""
    fake = FakeStripe()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def clinic(request: pytest.FixtureRequest, seeded: None, settings: Settings) -> AsyncIterator[Node]:
    """The demo clinic; with Stripe its jobs are done by hand."""
    if "stripe" in request.fixturenames:
        fake: FakeStripe = request.getfixturevalue("stripe")
        node = Node(await fake.start(settings), work="none")
    else:
        node = Node(settings)
    await node.start()
    yield node
    await node.stop()


@pytest.fixture
def till(stripe: FakeStripe, clinic: Node, priya: Caller, vikram: Doctor) -> Till:
    """She pays online."""
    return Till(clinic, stripe, priya, vikram)
