"""Real servers, once per run: PostgreSQL and Valkey from wheels; each test gets a database of its own, cloned."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest
import pytest_asyncio
import uvloop
from hypothesis import HealthCheck

from carewire import metrics
from carewire.app import create_app
from carewire.client import Client
from carewire.discovery import discover
from carewire.embedded import Postgres, Valkey
from carewire.gateway import server
from carewire.settings import Settings
from carewire.store.db import Database
from carewire.store.migrate import migrate
from channels.queue.demo import ZONE
from channels.seed import seed
from tests import toy
from tests.privacy.ear import Ear

discover("channels")

for profile, chance in (("gate", False), ("search", True)):
    hypothesis.settings.register_profile(
        profile,
        derandomize=not chance,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
hypothesis.settings.load_profile("gate")
"""The gate tries the same examples every time, however slow the machine; `--hypothesis-profile=search` tries others."""

EAR = Ear()
EAR.listen()

SECRET = "a secret for tests that is long enough to be taken"
ALONE = (
    "browser/",
    "faults/",
    "load/",
    "jobs/",
    "channels/identity/test_deactivations.py",
    "channels/identity/test_passwords.py",
    "gateway/test_limits.py",
    "gateway/test_workers.py",
    "platform/test_audit",
    "platform/test_cluster_bus.py",
    "platform/test_gate.py",
    "platform/test_redis_bus.py",
)
"""See `alone` in pyproject.toml."""
PROMPTLY_S = 3.0
"""What is promised within a second, seen on a machine that does other things at the same time."""
LONGEST = timedelta(seconds=90)
"""No test with a database lasts longer."""
FRESH = timedelta(minutes=10)
"""So old may a demo clinic be before it is made anew: one of its sittings begins twenty minutes after it was made."""
_numbers = itertools.count(1)


MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30
LIGHT = {"max_connections": 200, "wal_level": "minimal", "max_wal_senders": 0, "autovacuum": "off"}
"""A server that clones a database for each test, and forgets them all."""


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder outside the test tree: servers run as another user and sockets need short paths. In memory where there
    is room, for a database is a thousand files."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    folder = Path(tempfile.mkdtemp(prefix="cw-test-", dir=MEMORY if roomy else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session")
async def postgres(server_folder: Path) -> AsyncIterator[Postgres]:
    """The server all tests share. Tests that kill servers start their own."""
    async with Postgres(server_folder, fsync=False, settings=LIGHT) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def valkey(server_folder: Path) -> AsyncIterator[Valkey]:
    """The bus all tests share; nodes of different tests use different databases, so their topics differ by id."""
    async with Valkey(server_folder) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def template(postgres: Postgres) -> str:
    """A migrated database with the toy domain's table, to be cloned."""
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute("CREATE DATABASE template_of_tests")
    finally:
        await connection.close()
    url = postgres.url_of("template_of_tests")
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(toy.TABLES)
    finally:
        await connection.close()
    return "template_of_tests"


@pytest.fixture(scope="session")
def seeded_template(postgres: Postgres, template: str) -> Callable[[], Awaitable[str]]:
    """The same with the demo clinic in it, as it is now: made anew when a day has begun since at the clinic, and before
    the sitting that begins soon should have begun, however slow the machine."""
    made: list[tuple[datetime, str]] = []

    async def of_now() -> str:
        now = datetime.now(ZONE)
        if not made or made[-1][0].date() != now.date() or now - made[-1][0] > FRESH:
            name = f"seeded_{len(made)}"
            connection = await asyncpg.connect(postgres.url)
            try:
                await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            finally:
                await connection.close()
            url = postgres.url_of(name)
            await seed(url, Settings(secret=SECRET, database_url=url))
            made.append((now, name))
        return made[-1][1]

    return of_now


async def be_within_a_day() -> None:
    """A test that begins just before midnight, at the clinic or of the servers, begins after it: what is due on a day
    is asked of clocks that are turned, never of the hour at which the tests happen to run."""
    for zone in (ZONE, UTC):
        now = datetime.now(zone)
        left = datetime.combine(now.date() + timedelta(days=1), time(), zone) - now
        if left < LONGEST:
            await asyncio.sleep(left.total_seconds() + 0.1)


@pytest.fixture
def seeded() -> None:
    """Ask for it before `settings`, and the test's database holds the demo clinic."""


async def be_another_deployment(url: str) -> None:
    """A clone is a deployment of its own: its epoch and its shared limits are not those of the others."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE deployment SET id = uuidv7()")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def database_url(
    postgres: Postgres,
    template: str,
    seeded_template: Callable[[], Awaitable[str]],
    request: pytest.FixtureRequest,
) -> AsyncIterator[str]:
    """A fresh database, with the demo clinic when the test asks for `seeded`; no midnight is near."""
    await be_within_a_day()
    name = f"test_{next(_numbers)}"
    source = await seeded_template() if "seeded" in request.fixturenames else template
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        await be_another_deployment(postgres.url_of(name))
        yield postgres.url_of(name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


LANES_ON_AND_OFF = pytest.mark.parametrize("batch", [64, 0], ids=["lanes", "alone"], indirect=True)
"""Put it on a suite that has to hold whether batched commands share transactions or not."""


@pytest.fixture
def batch(request: pytest.FixtureRequest) -> int:
    """Most members of a batch."""
    return int(getattr(request, "param", 64))


@pytest.fixture
def settings(database_url: str, valkey: Valkey, tmp_path: Path, batch: int) -> Settings:
    """A node's settings on this test's database."""
    return Settings(
        secret=SECRET,
        database_url=database_url,
        redis_url=valkey.url,
        data=tmp_path,
        pool=10,
        batch=batch,
        node=f"test-{next(_numbers)}",
    )


@pytest_asyncio.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The test's database, open."""
    database = Database(database_url, pool_max=4)
    await database.open()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def gateway(settings: Settings) -> AsyncIterator[server.Running]:
    """The whole product on a real port: `gateway.url` is its socket, `gateway.http_url` its pages."""
    running = await server.start(create_app(settings), settings)
    yield running
    await running.stop()


Connect = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture
async def connect(gateway: server.Running) -> AsyncIterator[Connect]:
    """Open clients on the gateway; they are closed after the test."""
    clients: list[Client] = []

    async def open_client(url: str | None = None, **options: Any) -> Client:
        client = Client(url or gateway.url, **options)
        await client.open()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.close()


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, object]:
    """Tests run on the loop the server runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that would take a busy machine for a broken product."""
    for item in items:
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        if place.startswith(ALONE):
            item.add_marker(pytest.mark.alone)


def _undeclared() -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.REFUSALS_UNDECLARED.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }


@pytest.fixture(autouse=True)
def nothing_is_refused_against_the_contract() -> Iterator[None]:
    """Whatever a test is about: a refusal that the contract does not name for its command is a bug."""
    before = _undeclared()
    yield
    assert _undeclared() == before


@pytest.fixture(autouse=True)
def nobody_is_named_in_a_log() -> Iterator[None]:
    """Whatever a test is about: a log line that names one of its people is a leak."""
    EAR.named.clear()
    yield
    assert EAR.named == []
