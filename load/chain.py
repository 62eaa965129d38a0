"""What the audit costs to prove: so many rows written, sealed and verified on a PostgreSQL of its own.

python -m load.chain [ROWS]
"""

import asyncio
import os
import resource
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from carewire.actor import Actor
from carewire.audit import entry
from carewire.audit.entry import Keys, Sheet
from carewire.audit.sealer import Sealer
from carewire.audit.verify import verify
from carewire.clock import Clock
from carewire.embedded import Postgres
from carewire.store.db import Database
from carewire.store.migrate import migrate

AT_ONCE = 1_000


async def measure(rows: int) -> None:
    """Write, seal, verify; print how long each took."""
    keys = Keys("a secret of no importance at all, long enough")
    with tempfile.TemporaryDirectory(prefix="cw-chain-") as name:
        folder = Path(name)
        os.chmod(folder, 0o755)  # the server runs as another user
        async with Postgres(folder, fsync=False) as server:
            await migrate(server.url)
            db = Database(server.url, pool_max=2)
            await db.open()
            began = time.perf_counter()
            for _ in range(0, rows, AT_ONCE):
                await write(db, keys)
            tell("written", rows, began)
            began = time.perf_counter()
            sealed = await Sealer(db=db, clock=Clock(), keys=keys).seal()
            tell("sealed", sealed, began)
            await db.close()
            connection = await asyncpg.connect(server.url)
            began, cpu = time.perf_counter(), time.process_time()
            report = await verify(connection, [keys], {})
            tell("verified", report.rows, began)
            size, chain = await connection.fetchrow(
                "SELECT sum(pg_total_relation_size(inhrelid)), pg_total_relation_size('audit_seal')"
                " FROM pg_inherits WHERE inhparent = 'audit'::regclass"
            )
            await connection.close()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            spent = time.process_time() - cpu
            print(f"{spent:.1f} s of CPU here, at most {peak:.0f} MiB, {len(report.findings)} findings")
            print(f"{size / rows:.0f} bytes a row with its indexes, {chain / rows:.0f} of its seal")


async def write(db: Database, keys: Keys) -> None:
    """A thousand writes of two hundred people."""
    now = datetime.now(UTC)
    people = [Actor(id=uuid4(), login_id=uuid4(), capacities=frozenset(), expires_at=now) for _ in range(AT_ONCE // 5)]
    moment = entry.Moment(now)
    hex_ = secrets.token_hex
    made = [
        moment.entry("write", people[n % len(people)], "queue.join", "session", uuid4(), uuid4(), None, None, 1,
                     hex_(32), hex_(16), hex_(16))
        for n in range(AT_ONCE)
    ]  # fmt: skip
    async with db.transaction() as tx:
        await entry.write(tx, Sheet.of(made, keys))


def tell(what: str, rows: int, began: float) -> None:
    """One line."""
    took = time.perf_counter() - began
    print(f"{rows:,} rows {what} in {took:.1f} s ({rows / took:,.0f}/s)", flush=True)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
