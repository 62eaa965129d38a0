"""The database a backup shall take the place of: what it is, who uses it, and the new one beside it."""

from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import asyncpg
from msgspec import Struct

from .archive import Manifest
from .errors import BackupError
from .reach import connected

TABLES: Final = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
SHAPE: Final = """
SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider::text AS provider, datcollate, datctype, datlocale,
       pg_get_userbyid(datdba) AS owner,
       (SELECT setconfig FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = 0) AS settings
  FROM pg_database d WHERE datname = $1
"""


class State(Struct, frozen=True, kw_only=True):
    """What is there now."""

    name: str
    role: str
    server: int
    exists: bool
    owner: str
    tables: int
    deployment: UUID | None
    shape: Any
    admin_url: str
    admin_name: str

    @property
    def beside(self) -> str:
        """The name of the database that is filled."""
        return f"{self.name[:40]}_restoring"


async def examine(admin: Any, url: str) -> State:
    """Look at the database the URL names, from a connection to its neighbour."""
    name, tables, deployment = unquote(urlsplit(url).path.strip("/")), 0, None
    try:
        async with connected(url) as connection:
            name = await connection.fetchval("SELECT current_database()")
            tables = await connection.fetchval(TABLES)
            if await connection.fetchval("SELECT to_regclass('deployment') IS NOT NULL"):
                deployment = await connection.fetchval("SELECT id FROM deployment")
    except asyncpg.InvalidCatalogNameError as exc:
        if not name:
            raise BackupError("the URL names no database", "end it with /carewire") from exc
    shape = await admin.fetchrow(SHAPE, name)
    role = await admin.fetchval("SELECT current_user")
    return State(
        name=name,
        role=role,
        server=int(await admin.fetchval("SHOW server_version_num")),
        exists=shape is not None,
        owner=shape["owner"] if shape else role,
        tables=tables,
        deployment=deployment,
        shape=shape,
        admin_url=url,
        admin_name=await admin.fetchval("SELECT current_database()"),
    )


def refuse_unless_ready(state: State, manifest: Manifest, replace: bool, foreign: bool) -> None:
    """Everything that can be known before anything is done."""
    if state.server // 10_000 < manifest.server // 10_000:
        raise BackupError(
            f"the backup is of PostgreSQL {manifest.server // 10_000}, this server is {state.server // 10_000}",
            "restore it to a server at least as new",
        )
    if state.owner != state.role:
        raise BackupError(
            f"{state.name} belongs to {state.owner}, and you are {state.role}", f"connect as {state.owner}"
        )
    if state.deployment is not None and state.deployment != manifest.deployment and not foreign:
        raise BackupError(
            f"the backup is of another deployment: {manifest.deployment}, here is {state.deployment}",
            "take the right file, or --foreign if this one shall become that one",
        )
    if state.tables and not replace:
        raise BackupError(f"{state.name} is not empty", "--replace, which keeps it under another name")


async def sessions(admin: Any, name: str) -> dict[str, int]:
    """Who is connected to a database: program names and how many connections. Of other roles' no type is shown."""
    rows = await admin.fetch(
        "SELECT application_name AS program, count(*)::int AS many FROM pg_stat_activity"
        " WHERE datname = $1 AND coalesce(backend_type, 'client backend') IN ('client backend', 'walsender')"
        " GROUP BY 1",
        name,
    )
    return {row["program"]: row["many"] for row in rows}


async def create(admin: Any, state: State) -> None:
    """An empty database beside, of the same encoding, collation and settings."""
    words = [f"CREATE DATABASE {quoted(state.beside)} TEMPLATE template0"]
    shape = state.shape
    if shape is not None:
        words.append(f"ENCODING {literal(shape['encoding'])}")
        words.append(f"LC_COLLATE {literal(shape['datcollate'])} LC_CTYPE {literal(shape['datctype'])}")
        if shape["provider"] == "b":
            words.append(f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(shape['datlocale'])}")
        elif shape["provider"] == "i":
            words.append(f"LOCALE_PROVIDER icu ICU_LOCALE {literal(shape['datlocale'])}")
        else:
            words.append("LOCALE_PROVIDER libc")
    await admin.execute(" ".join(words))
    for setting in (shape and shape["settings"]) or []:
        key, _, value = setting.partition("=")
        await admin.execute(f"ALTER DATABASE {quoted(state.beside)} SET {quoted(key)} TO {literal(value)}")


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"
