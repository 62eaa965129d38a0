"""The database that is meant: the configured one, or the embedded one, started for as long as it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from carewire.embedded import EmbeddedError, Postgres
from carewire.settings import Settings

from .archive import Progress
from .errors import BackupError

NAME: Final = "carewire-backup"
SESSION: Final = {
    "application_name": NAME,
    "timezone": "UTC",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
AWAY: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)


@asynccontextmanager
async def database(settings: Settings, progress: Progress, *, make: bool = False) -> AsyncIterator[str]:
    """The URL of the deployment's database. `make`: an embedded one may be created."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = Postgres(settings.data, say=progress)
    url = server.running_url()
    if url is not None and await answers(url):
        yield url
        return
    if not make and not server.cluster.exists():
        raise BackupError("no database", "set CAREWIRE_DATABASE_URL, or CAREWIRE_DATA to the folder of `carewire up`")
    try:
        async with Postgres(settings.data, say=progress) as server:
            progress(f"PostgreSQL in {server.cluster} runs for as long as this takes")
            yield server.url
    except EmbeddedError as exc:
        raise BackupError(exc.message, exc.mend) from exc


async def answers(url: str) -> bool:
    try:
        await (await asyncpg.connect(url, timeout=10)).close()
    except AWAY:
        return False
    return True


@asynccontextmanager
async def connected(url: str, name: str | None = None) -> AsyncIterator[Any]:
    """A connection without the short patience of a gateway's; `name` is another database of the same server.

    Raises `BackupError` when there is no connection; a database that does not exist is `InvalidCatalogNameError`.
    """
    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings=SESSION, database=name)
    except asyncpg.InvalidCatalogNameError:
        raise
    except AWAY as exc:
        raise BackupError(
            f"the database cannot be reached: {type(exc).__name__}: {exc}", "start it, or correct CAREWIRE_DATABASE_URL"
        ) from exc
    try:
        yield connection
    finally:
        connection.terminate() if connection.is_in_transaction() else await connection.close()
