"""`carewire doctor`: checks a deployment and says, line by line, what is wrong and what mends it."""

import asyncio
import resource
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import asyncpg
import msgspec
from redis.exceptions import RedisError

from carewire.backup.folder import age_of, kept
from carewire.bus.connect import open_client
from carewire.embedded import Postgres, Valkey
from carewire.providers import storage
from carewire.providers.storage import StorageAway
from carewire.settings import Settings, SettingsError, mask_password
from carewire.store.migrate import pending
from carewire.strength import MIN_SECRET_CHARS, is_weak

WANTED_FILES = 65_536
LEAST_FILES = 1_024
WANTED_DISK = 5 << 30
LEAST_DISK = 500 << 20
TIMEOUT_S = 5
OLDEST_BACKUP_H = 26  # a daily one, a little late

Level = Literal["ok", "warn", "fail"]


class Finding(msgspec.Struct, frozen=True):
    """One checked thing; `mend` is what to type or change, empty when all is well."""

    level: Level
    what: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.level:<4}  {self.what}: {self.text}" + (f"; mend: {self.mend}" if self.mend else "")


def run() -> int:
    """Print every finding; 1 when one of them is a failure."""

    async def all_findings() -> list[Finding]:
        found = []
        async for finding in examine():
            print(finding, flush=True)
            found.append(finding)
        return found

    return int(any(finding.level == "fail" for finding in asyncio.run(all_findings())))


async def examine() -> AsyncIterator[Finding]:
    yield check_python()
    try:
        settings = Settings.from_env()
    except SettingsError as exc:
        yield Finding("fail", "settings", str(exc), f"set {exc.variable}; see src/carewire/settings.py")
        return
    yield Finding("ok", "settings", ", ".join(f"{k}={v}" for k, v in settings.redacted().items()))
    yield check_secret(settings)
    yield check_clock(settings)
    yield check_gateways(settings)
    yield check_files()
    yield check_disk(settings.data)
    for finding in await check_database(settings):
        yield finding
    yield await check_redis(settings)
    yield await check_storage(settings)
    yield check_backups(settings)


def check_python() -> Finding:
    """An older one could not have read this file; the line is for the person who compares two machines."""
    return Finding("ok", "python", ".".join(str(part) for part in sys.version_info[:3]))


def check_secret(settings: Settings) -> Finding:
    if is_weak(settings.secret):
        return Finding("warn", "secret", "short", f"CAREWIRE_SECRET with {MIN_SECRET_CHARS} random characters")
    return Finding("ok", "secret", f"{len(settings.secret)} characters")


def check_clock(settings: Settings) -> Finding:
    if settings.clock_rate != 1.0:
        return Finding("warn", "clock", f"runs {settings.clock_rate:g} times fast", "unset CAREWIRE_CLOCK_RATE")
    return Finding("ok", "clock", "real time")


def check_gateways(settings: Settings) -> Finding:
    """Those outside tell later what became of messages and money, if there is an address where they can."""
    outside = [
        name for name, is_set in (("Twilio", settings.sms_url), ("Stripe", settings.stripe_secret_key)) if is_set
    ]
    if not outside:
        return Finding("ok", "gateways", "none outside")
    if not (settings.public_url or "").startswith("https://"):
        text, mend = (
            f"{' and '.join(outside)} cannot call back",
            "CAREWIRE_PUBLIC_URL=https://…; docs/guide/gateways.md",
        )
        return Finding("warn", "gateways", text, mend)
    return Finding("ok", "gateways", f"{' and '.join(outside)} call {settings.public_http}/webhooks/…")


def check_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft} open files allowed, one for each socket"
    if soft == resource.RLIM_INFINITY or soft >= WANTED_FILES:
        return Finding("ok", "files", text)
    mend = f"ulimit -n {WANTED_FILES} (hard limit {hard})"
    return Finding("warn" if soft >= LEAST_FILES else "fail", "files", text, mend)


def check_disk(data: Path) -> Finding:
    place = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    text = f"{free / (1 << 30):.1f} GiB free at {place}"
    if free < LEAST_DISK:
        return Finding("fail", "disk", text, "free some, or move CAREWIRE_DATA")
    if free < WANTED_DISK:
        return Finding("warn", "disk", text, "free some before the day's events need it")
    return Finding("ok", "disk", text)


async def check_database(settings: Settings) -> list[Finding]:
    url = settings.database_url or Postgres(settings.data).running_url()
    if url is None:
        return [missing(settings, "database", "PostgreSQL", "CAREWIRE_DATABASE_URL")]
    try:
        connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
        try:
            number = int(await connection.fetchval("SHOW server_version_num"))
            durable = await connection.fetchval(
                "SELECT bool_and(setting = 'on') FROM pg_settings WHERE name IN ('fsync', 'full_page_writes')"
            )
            room = int(await connection.fetchval("SHOW max_connections"))
        finally:
            await connection.close()
        behind = await pending(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as exc:
        text = f"not reachable: {type(exc).__name__}: {exc}"
        return [Finding("fail", "database", text, "start it, or correct CAREWIRE_DATABASE_URL")]
    return [
        Finding("ok", "database", f"PostgreSQL {number // 10_000}.{number % 10_000}")
        if number >= 180_000
        else Finding("fail", "database", f"PostgreSQL {number // 10_000}", "use PostgreSQL 18 or newer"),
        Finding("fail", "migrations", f"{len(behind)} have not run: {', '.join(behind)}", "carewire migrate")
        if behind
        else Finding("ok", "migrations", "all ran"),
        Finding("ok", "durability", "a commit survives a power cut")
        if durable
        else Finding("fail", "durability", "a power cut loses data", "set fsync and full_page_writes to on"),
        Finding("ok", "connections", f"{room} allowed, {settings.pool} for this node")
        if room >= settings.pool + 10
        else Finding("warn", "connections", f"only {room} allowed", "raise max_connections or lower CAREWIRE_POOL"),
    ]


def check_backups(settings: Settings) -> Finding:
    """Only the folder can be looked at: backups made by other means are not seen."""
    folder = settings.backup_folder
    level: Level = "warn" if settings.mode == "production" else "ok"
    newest = next(iter(kept(folder)), None)
    mend = "carewire backup, once a day; see docs/guide/restore.md" if level == "warn" else ""
    if newest is None:
        return Finding(level, "backups", f"none in {folder}", mend)
    hours = age_of(newest).total_seconds() / 3600
    text = f"the newest is {hours:.0f} h old ({newest})"
    return Finding(level, "backups", text, mend) if hours > OLDEST_BACKUP_H else Finding("ok", "backups", text)


async def check_storage(settings: Settings) -> Finding:
    """A small file is put, read and taken away again."""
    path = f"doctor/{secrets.token_hex(8)}"

    async def pieces() -> AsyncIterator[bytes]:
        yield b"carewire doctor"

    try:
        files = storage.provider(settings)
        await files.put(path, pieces())
        whole = b"".join([piece async for piece in await files.read(path)])
        await files.delete(path)
    except (StorageAway, OSError) as exc:
        return Finding("fail", "storage", f"keeps no file: {exc}", "correct CAREWIRE_STORAGE_URL, or its rights")
    if whole != b"carewire doctor":
        return Finding("fail", "storage", "gives back another file than was put", "look at the service")
    return Finding("ok", "storage", mask_password(settings.storage_url or str(settings.data / "files")))


async def check_redis(settings: Settings) -> Finding:
    url = settings.redis_url or Valkey(settings.data).running_url()
    if url is None:
        return missing(settings, "redis", "Valkey", "CAREWIRE_REDIS_URL")
    client = open_client(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    try:
        server = await client.info("server")
    except (OSError, RedisError) as exc:
        text = f"not reachable: {type(exc).__name__}: {exc}"
        return Finding("fail", "redis", text, "start it, or correct CAREWIRE_REDIS_URL")
    finally:
        await client.aclose()
    name = server.get("server_name", "redis")
    return Finding("ok", "redis", f"{name} {server.get('valkey_version') or server.get('redis_version')}")


def missing(settings: Settings, what: str, title: str, variable: str) -> Finding:
    """No address and no embedded server: a desk that is switched off, or a deployment that cannot work."""
    if settings.mode == "production":
        return Finding("fail", what, f"{variable} is not set", f"set {variable} to a {title} server")
    return Finding("warn", what, f"embedded {title} is not running", f"make up, or set {variable}")
