"""B with the product's real command: patients join doctors' lines, each once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from carewire.ids import uuid7
from channels.directory import demo as places
from channels.queue.demo import ZONE
from load.bench import plan
from load.bench.client import Setup, running_client
from load.bench.servers import Server
from load.bench.stage import AT_ONCE, Figures, Stage

LANE = "queue.join"
ASK = '{"jsonrpc":"2.0","id":{id},"method":"queue.join","params":{"session_id":"{queue}","idempotency_key":"{key}"}}'
LINES = {plan.HOT: 1, plan.SPREAD: 1000}
SHED_MAX = 0.02
"""A node that says "come back in a moment" to so few does what it should under more than it can carry."""
PATIENTS_PER_LINE_MAX = 2000
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

_used: dict[Path, int] = {}
"""Accounts of a run that joined already: three active tokens a day are all that one may have."""


async def join(stage: Stage, server: Server, figures: Figures) -> None:
    """Joins per second, as many under way at once as commands in the closed loop."""
    ground = stage.ground
    tokens = ground.tokens.read_text().splitlines()
    async with asyncpg.create_pool(ground.postgres.url, min_size=1, max_size=1) as pool, pool.acquire() as connection:
        await make_patients(connection)
        for name, lines in LINES.items():
            begin = _used.get(ground.folder, 0)
            mine = [tokens[n % len(tokens)] for n in range(begin, begin + stage.sizes.joins)]
            _used[ground.folder] = begin + stage.sizes.joins
            who, where = ground.folder / "joining.txt", ground.folder / "lines.txt"
            who.write_text("\n".join(mine) + "\n")
            where.write_text("\n".join(str(line) for line in await make_lines(connection, lines)) + "\n")
            setup = Setup(contender=server.contender, port=server.port, tokens=who, queues=where, ask=ASK)
            async with running_client(stage.program, setup, stage.config(), None) as client:
                await client.open("L", stage.sizes.joins, AT_ONCE)
                server.mark_cpu()
                answer = await client.requests(f"once {stage.sizes.commanders}", shed_max=SHED_MAX)
                figures[plan.commands(name), LANE] = value = answer.answered / answer.seconds
                stage.note_cpu(f"{name}, {LANE}", f"{value:,.0f}/s, p99 {answer.p99:.0f} ms", server, answer)


async def make_patients(connection: Connection) -> None:
    """Every account's own patient, once."""
    now = datetime.now(UTC)
    await connection.execute(
        """WITH made AS (
               SELECT a.id AS account_id, uuidv7() AS patient_id, a.name FROM account a
                WHERE NOT EXISTS (SELECT FROM guardianship g WHERE g.account_id = a.id)
           ), born AS (
               INSERT INTO patient (id, name, created_at) SELECT patient_id, name, $1 FROM made
           )
           INSERT INTO guardianship (account_id, patient_id, kind, since)
           SELECT account_id, patient_id, 'self', $1 FROM made""",
        now,
    )


async def make_lines(connection: Connection, count: int) -> list[UUID]:
    """Sittings of the demo clinic that begin in an hour and may be joined from afar now."""
    starts_at = datetime.now(UTC) + timedelta(hours=1)
    ids = [uuid7() for _ in range(count)]
    await connection.execute(
        """INSERT INTO session (id, doctor_id, place_id, zone, starts_at, ends_at, opens_at, capacity, remote_join)
           SELECT id, $2, $3, $4, $5, $6, $7, $8, true FROM unnest($1::uuid[]) AS s (id)""",
        ids,
        places.DOCTOR_VIKRAM,
        places.CLINIC,
        ZONE.key,
        starts_at,
        starts_at + timedelta(hours=8),
        starts_at - timedelta(hours=2),
        PATIENTS_PER_LINE_MAX,
    )
    return ids
