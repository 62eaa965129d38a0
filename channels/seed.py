"""The demo clinic: each domain's `demo.seed`, in the order the domains stand in, in one transaction."""

import importlib
import importlib.util
from datetime import UTC, datetime

from carewire.settings import Settings
from carewire.store.db import Database
from channels import ORDER
from channels.identity import demo


class NotInProduction(RuntimeError):
    """The demo clinic has known phone numbers and a known password."""


async def seed(database_url: str, settings: Settings) -> str:
    """Put the demo clinic into a migrated database; answers what to type first. Running it again changes nothing."""
    if settings.mode == "production":
        raise NotInProduction("the demo clinic is for development: it holds logins that everybody knows")
    database = Database(database_url, pool_max=2)
    await database.open()
    try:
        async with database.transaction() as tx:
            now = datetime.now(UTC)
            for domain in ORDER:
                name = f"channels.{domain}.demo"
                if importlib.util.find_spec(f"channels.{domain}") and importlib.util.find_spec(name):
                    await importlib.import_module(name).seed(tx, now)
    finally:
        await database.close()
    return hint(settings)


def hint(settings: Settings) -> str:
    """Who lives in the demo clinic, and how to log in as one of them by hand."""
    desk = demo.DESK.phone
    people = "\n".join(f"        {person.phone}  {person.name}" for person in demo.PEOPLE)
    return f"""  demo  numbers to log in with (codes are read with dev.mailbox):
{people}
        {demo.ADMIN_EMAIL}  {demo.ADMIN_PASSWORD}
  type  websockets {settings.public_ws}
  then  {{"jsonrpc":"2.0","id":1,"method":"auth.otp_send","params":{{"phone":"{desk}"}}}}
        {{"jsonrpc":"2.0","id":2,"method":"dev.mailbox","params":{{"to":"{desk}","limit":1}}}}
        {{"jsonrpc":"2.0","id":3,"method":"auth.otp_verify","params":{{"phone":"{desk}","code":"…"}}}}"""
