"""Who acts in the calendar's tests."""

import pytest_asyncio

from carewire.node import Node
from tests.channels.directory.conftest import enter, newcomer

__all__ = ["enter", "newcomer"]


@pytest_asyncio.fixture
async def clinic(clinic: Node) -> Node:
    """The demo clinic before anybody said what a visit there costs, or on what terms."""
    async with clinic.db.transaction() as tx:
        await tx.execute("DELETE FROM consultation_fee")
        await tx.execute("DELETE FROM appointment_terms")
    return clinic
