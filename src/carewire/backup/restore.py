"""Restoring: a database is filled beside the living one and takes its place by a rename, or nothing happens.

Beside, because `pg_restore --single-transaction` into the living one would lock everybody out for as long as it takes,
would have to empty it first, and could not run migrations inside. The two renames are one transaction: at any moment,
also after `kill -9`, the name means either the old database whole or the new one whole.
"""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
from msgspec import Struct

from carewire.settings import Settings
from carewire.store.migrate import MigrationError, files, migrate

from .archive import Manifest, Progress, fingerprint_of, read_manifest, size_text, verify
from .errors import BackupError
from .folder import kept
from .reach import AWAY, connected, database
from .take import Outlives
from .target import State, create, examine, quoted, refuse_unless_ready, sessions
from .tools import find_tools, with_database

ENDING_S: Final = 0.1
VERSIONS_AHEAD: Final = 1 << 40
"""Conflated versions given out after the backup are surely below this; JavaScript's 2^53 is far."""


class Past(Struct, frozen=True, kw_only=True):
    """Where a restored database comes from."""

    taken_at: datetime
    """The moment the backup is of."""
    outlived: list[Any]
    """What must hold all the same: told by the database that is replaced, and by newer backups beside this one."""
    settings: Settings
    keep_logins: bool


Restored = Callable[[Any, Past], Awaitable[list[str]]]
"""What the product does to a restored database before anybody sees it. Answers what to tell."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What the operator allowed."""

    force: bool = False
    """Throw out who is connected."""
    replace: bool = False
    """Take the place of a database that is not empty."""
    foreign: bool = False
    """Of another deployment."""
    drop_old: bool = False
    """Do not keep the database that was replaced."""
    keep_logins: bool = False
    """Whoever was logged in then is again, also who was thrown out since."""


async def restore(
    settings: Settings,
    path: Path,
    wishes: Wishes,
    progress: Progress,
    *,
    restored: Restored | None,
    into: str | None,
    outlives: Outlives | None = None,
) -> None:
    """Bring a backup back, with a new epoch. Raises `BackupError`; then the old database is as it was."""
    manifest = verify(path, progress)
    refuse_newer(manifest)
    progress(f"a backup of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, deployment {manifest.deployment}")
    if manifest.secret != fingerprint_of(settings.secret):
        progress(
            "warning: it was taken under another CAREWIRE_SECRET: sealed jobs will not open, nobody stays logged in"
        )
    async with contextlib.AsyncExitStack() as stack:
        url = into if into is not None else await stack.enter_async_context(database(settings, progress, make=True))
        async with maintenance(url) as admin:
            state = await examine(admin, url)
            refuse_unless_ready(state, manifest, wishes.replace, wishes.foreign)
            if not wishes.force:
                refuse_while_in_use(await sessions(admin, state.name))
            async with alone(admin, state):
                past = Past(
                    taken_at=manifest.taken_at,
                    outlived=await outlived(settings, path, manifest, url, state, outlives),
                    settings=settings,
                    keep_logins=wishes.keep_logins,
                )
                await swap_in(settings, path, manifest, url, admin, state, wishes, progress, restored, past)


async def outlived(
    settings: Settings, path: Path, manifest: Manifest, url: str, state: State, outlives: Outlives | None
) -> list[Any]:
    """What the living database and newer backups say must hold also in this one. Each that knows it says it again."""
    found: list[Any] = []
    if outlives is not None and state.deployment == manifest.deployment:
        async with connected(url) as connection:
            found += await outlives(connection)
    for folder in {path.parent, settings.backup_folder}:
        for other in kept(folder):
            with contextlib.suppress(BackupError):  # a torn one says nothing
                told = read_manifest(other)
                if told.deployment == manifest.deployment:
                    found += told.outlives
    return found


def refuse_newer(manifest: Manifest) -> None:
    """Forward only: this code cannot work with a schema it does not know."""
    ours = {file.stem for file in files()}
    unknown = [name for name in manifest.migrations if name not in ours]
    if unknown:
        raise BackupError(
            f"the backup is newer than this program: it has {', '.join(unknown)}",
            f"install Carewire {manifest.carewire} or newer",
        )


def refuse_while_in_use(found: dict[str, int]) -> None:
    gateways = found.get("carewire", 0)
    others = sum(found.values()) - gateways
    if found:
        who = [f"{gateways} connections of gateways"] * bool(gateways) + [f"{others} of other programs"] * bool(others)
        raise BackupError(f"the database is in use: {' and '.join(who)}", "stop them, or --force to cut them off")


@asynccontextmanager
async def maintenance(url: str) -> AsyncIterator[Any]:
    """A connection to the server that is not one to the database itself."""
    for name in ("postgres", "template1"):
        try:
            async with connected(url, name) as admin:
                yield admin
                return
        except asyncpg.InvalidCatalogNameError:
            continue
    raise BackupError("the server has no database called postgres to work from", "CREATE DATABASE postgres")


@asynccontextmanager
async def alone(admin: Any, state: State) -> AsyncIterator[None]:
    """One restore of a database at a time; what a killed one left behind goes."""
    number = int.from_bytes(hashlib.sha256(f"carewire restore {state.name}".encode()).digest()[:8], signed=True)
    if not await admin.fetchval("SELECT pg_try_advisory_lock($1)", number):
        raise BackupError("another restore of this database runs", "wait for it, or stop it")
    await admin.execute(f"DROP DATABASE IF EXISTS {quoted(state.beside)} WITH (FORCE)")
    try:
        yield
    finally:
        with contextlib.suppress(*AWAY):
            await admin.execute(f"DROP DATABASE IF EXISTS {quoted(state.beside)} WITH (FORCE)")


async def swap_in(
    settings: Settings,
    path: Path,
    manifest: Manifest,
    url: str,
    admin: Any,
    state: State,
    wishes: Wishes,
    progress: Progress,
    restored: Restored | None,
    past: Past,
) -> None:
    tools = find_tools(settings, manifest.server // 10_000)
    began = time.monotonic()
    try:
        await create(admin, state)
        beside = with_database(url, state.beside)

        def watch() -> None:
            progress(f"  still restoring after {time.monotonic() - began:.0f} s")

        progress(f"pg_restore {tools.major} fills {state.beside}")
        await tools.run("pg_restore", ["--exit-on-error", "--no-owner", "--no-privileges", str(path)], beside, watch)
        await migrate(beside, progress=lambda name: progress(f"  migration {name}"))
        async with connected(beside) as connection:
            epoch, told = await make_new(connection, restored, past)
        old = await take_place(admin, state, force=wishes.force)
    except MigrationError as exc:
        raise BackupError(str(exc), "install the Carewire the backup is from") from exc
    except asyncpg.InsufficientPrivilegeError as exc:
        raise BackupError(f"the role may not do that: {exc}", f"ALTER ROLE {state.role} CREATEDB") from exc
    except asyncpg.PostgresError as exc:
        raise BackupError(f"nothing was restored: {exc}", "see the server's log") from exc
    progress(f"restored in {time.monotonic() - began:.1f} s; the epoch was {manifest.epoch}, it is {epoch}")
    for line in told:
        progress(line)
    if old is not None:
        await part_with(admin, old, state, wishes, progress)


async def make_new(connection: Any, restored: Restored | None, past: Past) -> tuple[str, list[str]]:
    """What was true of the old database only: its epoch, the numbers it gave out, its transaction ids."""
    async with connection.transaction():
        epoch = await new_epoch(connection)
        await connection.execute(
            f"SELECT setval('conflated_version', (SELECT last_value FROM conflated_version) + {VERSIONS_AHEAD})"
        )
        # Ids of another server's transactions lie in this one's future: each sweep would find these events anew.
        await connection.execute("UPDATE event SET xid = '3' WHERE xid >= pg_current_xact_id()")
        # The audit's chain goes on behind its old rows, whatever their transaction ids were.
        await connection.execute("UPDATE deployment SET audit_era = audit_era + 1")
        await connection.execute("SELECT carewire_partitions(), carewire_audit_partitions()")
        told = await restored(connection, past) if restored is not None else []
    await connection.execute("ANALYZE")
    return epoch, told


async def new_epoch(connection: Any) -> str:
    """Make the database one whose offsets nobody knows; answers its epoch.

    Never a count: one backup restored twice would twice count to the same number, and clients of the first time would
    take the second for theirs.
    """
    await connection.execute("UPDATE deployment SET restores = $1", secrets.randbits(62))
    epoch: str = await connection.fetchval("SELECT carewire_epoch()")
    return epoch


async def renew(settings: Settings, progress: Progress) -> tuple[str, str]:
    """Give the deployment's database a new epoch as it stands; answers the old one and the new one."""
    async with database(settings, progress) as url:
        try:
            async with connected(url) as connection:
                was = await connection.fetchval("SELECT carewire_epoch()")
                return was, await new_epoch(connection)
        except asyncpg.PostgresError as exc:
            raise BackupError(f"the epoch stays: {exc}", "correct CAREWIRE_DATABASE_URL, or carewire migrate") from exc


async def take_place(admin: Any, state: State, *, force: bool) -> str | None:
    """Both renames in one transaction; answers the old database's new name.

    The first rename lets nobody new in and waits 5 s for who is there to go; with `force` they are sent away meanwhile.
    """
    old = f"{state.name[:40]}_before_{datetime.now(UTC):%Y%m%dT%H%M%SZ}" if state.exists else None

    async def send_away() -> None:
        async with connected(state.admin_url, state.admin_name) as other:
            while True:
                await other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = $1 AND backend_type <> 'autovacuum worker'",
                    state.name,
                )
                await asyncio.sleep(ENDING_S)

    sender = asyncio.create_task(send_away()) if force and state.exists else None
    try:
        async with admin.transaction():
            if old is not None:
                await admin.execute(f"ALTER DATABASE {quoted(state.name)} RENAME TO {quoted(old)}")
            await admin.execute(f"ALTER DATABASE {quoted(state.beside)} RENAME TO {quoted(state.name)}")
    except asyncpg.ObjectInUseError as exc:
        raise BackupError(
            "somebody connected to the database meanwhile; it is as it was", "stop the gateways, or --force"
        ) from exc
    finally:
        if sender is not None:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
    return old


async def part_with(admin: Any, old: str, state: State, wishes: Wishes, progress: Progress) -> None:
    """The database that was replaced: kept until somebody says it can go, unless it was empty."""
    if wishes.drop_old or not state.tables:
        await admin.execute(f"DROP DATABASE {quoted(old)} WITH (FORCE)")
    else:
        size = size_text(await admin.fetchval("SELECT pg_database_size($1::name)", old))
        progress(
            f"the database as it was is kept as {old} ({size}); when it is not needed: DROP DATABASE {quoted(old)}"
        )
