"""Real PostgreSQL and real Valkey from wheels, run as our own children, for development and tests.

    async with embedded.Postgres(folder) as pg, embedded.Valkey(folder) as vk:
        ...  # pg.url for asyncpg and Piccolo, vk.url for redis-py

Both listen on unix sockets in a private folder only: no port to be busy, no password to keep, nothing that
another user of the machine could reach. They die with the process that started them, even when it is killed.
"""

from .errors import EmbeddedError
from .postgres import Postgres
from .valkey import Valkey

__all__ = ["EmbeddedError", "Postgres", "Valkey"]
