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
    await cw.call("auth.otp_send", phone=phone)
    login = await cw.login_with_code(phone, await read_code(cw, phone))
    return str(login["account"]["id"])


async def read_code(cw: Client, phone: str) -> str:
    """The code of the newest letter to a number."""
    async with asyncio.timeout(10):
        while not (letters := await cw.query("dev.mailbox", to=phone)):
            pass  # the letter follows the commit; each look is a round trip
    code = re.search(r"\b\d{6}\b", letters[0]["body"])
    assert code is not None
    return code[0]
