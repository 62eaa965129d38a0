"""The real product over real sockets: log in, ask, listen, come back (ledger: ws.gateway H-007, H-063)."""

import asyncio
import re

import pytest_asyncio

from carewire.client import Client, Snapshot
from carewire.gateway import server
from carewire.settings import Settings
from channels.identity import demo
from channels.seed import seed
from tests.conftest import Connect


@pytest_asyncio.fixture
async def clinic(gateway: server.Running, settings: Settings) -> server.Running:
    """A gateway with the demo clinic."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    return gateway


async def log_in(cw: Client, phone: str) -> str:
    """The way a person does it: ask for a code, read it, enter it."""
    await cw.call("auth.otp_send", phone=phone)
    async with asyncio.timeout(5):
        while not (letters := await cw.query("dev.mailbox", to=phone)):
            pass  # the letter follows the commit; each look is a round trip
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    assert code is not None
    login = await cw.login_with_code(phone, code[0])
    return str(login["account"]["id"])


async def test_a_patient_logs_in_with_a_code_and_sees_her_family(clinic: server.Running, connect: Connect) -> None:
    cw = await connect()
    account = await log_in(cw, demo.PRIYA.phone)
    assert account == str(demo.PRIYA.account_id)
    patients = (await cw.query("patient.list"))["rows"]
    assert len(patients["rows"] if isinstance(patients, dict) else patients) == 3
    topic = await cw.subscribe(f"account:{account}")
    first = await anext(topic)
    assert isinstance(first, Snapshot)
