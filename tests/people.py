"""People of the demo clinic on real sockets, logged in the way a person does it."""

import asyncio
import re
from uuid import UUID

from carewire.client import Client
from carewire.ids import uuid7
from carewire.settings import Settings
from carewire.store.db import Database
from channels.identity import demo
from channels.seed import seed
from tests.patience import PATIENCE_S


async def make_counter(settings: Settings, db: Database) -> UUID:
    """The demo clinic, and in it a counter of the toy domain that Priya owns."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    counter_id = uuid7()
    async with db.transaction() as tx:
        await tx.execute("INSERT INTO counter (id, owner) VALUES ($1, $2)", counter_id, demo.PRIYA.account_id)
    return counter_id


async def log_in(cw: Client, phone: str) -> str:
    """Ask for a code, read the letter, enter it; answers the account's id."""
    login = await cw.login_with_code(phone, await ask_code(cw, phone))
    return str(login["account"]["id"])


async def ask_code(cw: Client, phone: str) -> str:
    """The code of the letter that comes for the asking; those of before are known."""
    known = len(await cw.query("dev.mailbox", to=phone, limit=100))
    await cw.call("auth.otp_send", phone=phone)
    async with asyncio.timeout(PATIENCE_S):
        while len(letters := await cw.query("dev.mailbox", to=phone, limit=100)) <= known:
            pass  # the letter follows the commit; each look is a round trip
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    assert code is not None
    return code[0]
