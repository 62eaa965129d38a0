"""The demo clinic: each domain's `demo.seed`, in the order the domains stand in, in one transaction."""

import importlib
import importlib.util
from datetime import UTC, datetime

from carewire.settings import Settings
from carewire.store.db import Database
from channels import ORDER


class NotInProduction(RuntimeError):
    """The demo clinic has known phone numbers and a known password."""


async def seed(database_url: str, settings: Settings) -> None:
    """Put the demo clinic into a migrated database. Running it again changes nothing."""
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
