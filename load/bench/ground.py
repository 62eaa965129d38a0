"""What all contenders stand on: a PostgreSQL with fsync on, a Valkey, our schema and accounts, the peers' tables."""

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg

from carewire.embedded import Postgres, Valkey
from carewire.ids import uuid7
from carewire.settings import Settings
from carewire.store.migrate import migrate
from channels.identity.principal import Claims, sign_access
from channels.seed import seed
from load.bench.machine import Unfit, pin

OWN_DATABASE, PEERS_DATABASE = "carewire", "peers"
QUEUES = 1000
DAY_S = 86_400
PEERS_TABLES = """
CREATE TABLE bench_queue (id text COLLATE "C" PRIMARY KEY, counter bigint NOT NULL DEFAULT 0);
CREATE TABLE bench_ticket (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    queue_id   text COLLATE "C" NOT NULL REFERENCES bench_queue,
    number     bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (queue_id, number)
);
"""


class Ground:
    """Running servers and what is in them."""

    def __init__(self, folder: Path, postgres: Postgres, valkey: Valkey, settings: Settings) -> None:
        self.folder = folder
        self.postgres = postgres
        self.valkey = valkey
        self.settings = settings
        self.tokens = folder / "tokens.txt"
        self.queues = folder / "queues.txt"
        self.hot_queue = folder / "hot.txt"

    @property
    def redis_socket(self) -> Path:
        return Path(self.valkey.url.removeprefix("unix://"))

    def place(self, core: int | None) -> None:
        """Database and bus beside the load client, or anywhere."""
        pin(self.postgres.pid, core)
        pin(self.valkey.pid, core)

    def peer_env(self) -> dict[str, str]:
        """How the peers find the servers; both drivers read PGHOST and its like."""
        url = urlsplit(self.postgres.url_of(PEERS_DATABASE))
        query = parse_qs(url.query)
        return {
            "PGHOST": query["host"][0],
            "PGPORT": query["port"][0],
            "PGUSER": url.username or "",
            "PGDATABASE": PEERS_DATABASE,
            "REDIS_SOCKET": str(self.redis_socket),
        }

    async def empty_queues(self, database: str) -> None:
        """The queues as on the first day. Ours are made by the server's first start."""
        await self.run_sql(
            database,
            "DO $$ BEGIN IF to_regclass('bench_ticket') IS NOT NULL THEN"
            " TRUNCATE bench_ticket; UPDATE bench_queue SET counter = 0; END IF; END $$",
            "CHECKPOINT",
        )

    async def check_queues(self, database: str) -> None:
        """Every counter tells its tickets, or the server was fast and wrong. Raises `Unfit`."""
        query = """SELECT count(*) FROM bench_queue q WHERE counter <>
                   (SELECT count(*) FROM bench_ticket t WHERE t.queue_id = q.id)"""
        connection = await asyncpg.connect(self.postgres.url_of(database))
        try:
            wrong = await connection.fetchval(query)
        finally:
            await connection.close()
        if wrong:
            raise Unfit(f"{wrong} queues do not tell their tickets")

    async def run_sql(self, database: str, *statements: str) -> None:
        connection = await asyncpg.connect(self.postgres.url_of(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def standing_ground(accounts: int) -> AsyncIterator[Ground]:
    """Fresh servers in a folder of their own, gone afterwards."""
    async with AsyncExitStack() as stack:
        folder = make_folder()
        stack.callback(rmtree, folder, ignore_errors=True)
        postgres = await stack.enter_async_context(
            Postgres(folder, settings={"shared_preload_libraries": "pg_stat_statements"})
        )
        valkey = await stack.enter_async_context(Valkey(folder))
        settings = Settings(
            data=folder,
            database_url=postgres.url,
            redis_url=valkey.url,
            secret=secrets.token_urlsafe(48),
            access_ttl_s=DAY_S,
        )
        ground = Ground(folder, postgres, valkey, settings)
        await migrate(postgres.url)
        await seed(postgres.url, settings)
        await ground.run_sql(
            OWN_DATABASE,
            f"CREATE DATABASE {PEERS_DATABASE}",
            "CREATE EXTENSION pg_stat_statements",
            "ALTER ROLE carewire SET pg_stat_statements.track = 'none'",
        )
        names = [f"q{number:04d}" for number in range(QUEUES)]
        await ground.run_sql(
            PEERS_DATABASE,
            PEERS_TABLES,
            f"INSERT INTO bench_queue (id) SELECT 'q' || lpad(n::text, 4, '0') FROM generate_series(0, {QUEUES - 1}) n",
        )
        ground.queues.write_text("\n".join(names) + "\n")
        ground.hot_queue.write_text(names[0] + "\n")
        ground.tokens.write_text("\n".join(await log_in(postgres.url, settings, accounts)) + "\n")
        yield ground


def make_folder() -> Path:
    """The database may run as another user and must reach it."""
    folder = Path(tempfile.mkdtemp(prefix="cw-bench-"))
    folder.chmod(0o755)
    return folder


async def log_in(url: str, settings: Settings, count: int) -> list[str]:
    """Accounts of patients, each with a live login; answers their access tokens."""
    now = datetime.now(UTC)
    expires_at = (now + timedelta(seconds=DAY_S)).replace(microsecond=0)
    claims = [Claims(uuid7(), uuid7(), uuid4(), expires_at) for _ in range(count)]
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO account (id, phone, name, created_at)"
                " SELECT id, '+9170' || lpad(n::text, 8, '0'), 'Patient ' || n, $2"
                " FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)",
                [claim.account_id for claim in claims],
                now,
            )
            await connection.execute(
                "INSERT INTO account_capacity (account_id, capacity, state, since)"
                " SELECT id, 'patient', 'active', $2 FROM unnest($1::uuid[]) AS a (id)",
                [claim.account_id for claim in claims],
                now,
            )
            await connection.execute(
                "INSERT INTO login (id, account_id, access_jti, access_expires_at, created_at)"
                " SELECT l, a, j, $4, $5 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t (l, a, j)",
                [claim.login_id for claim in claims],
                [claim.account_id for claim in claims],
                [claim.jti for claim in claims],
                expires_at,
                now,
            )
        await connection.execute("ANALYZE account, account_capacity, login")
    finally:
        await connection.close()
    return [sign_access(settings, claim, now) for claim in claims]
