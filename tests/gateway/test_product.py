"""The real product over real sockets: log in, ask, listen, come back (ledger: ws.gateway H-007, H-063)."""

import pytest_asyncio

from carewire.client import Snapshot
from carewire.gateway import server
from carewire.settings import Settings
from channels.identity import demo
from channels.seed import seed
from tests.conftest import Connect
from tests.people import log_in


@pytest_asyncio.fixture
async def clinic(gateway: server.Running, settings: Settings) -> server.Running:
    """A gateway with the demo clinic."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    return gateway


async def test_a_patient_logs_in_with_a_code_and_sees_her_family(clinic: server.Running, connect: Connect) -> None:
    cw = await connect()
    account = await log_in(cw, demo.PRIYA.phone)
    assert account == str(demo.PRIYA.account_id)
    patients = (await cw.query("patient.list"))["rows"]
    assert len(patients["rows"] if isinstance(patients, dict) else patients) == 3
    topic = await cw.subscribe(f"account:{account}")
    first = await anext(topic)
    assert isinstance(first, Snapshot)
