"""The command of work B as an asyncpg programmer writes it: one transaction, prepared statements, a pool of ten."""

import asyncio
from typing import Any

import asyncpg

PAD = "x" * 80
_pool: "asyncio.Future[asyncpg.Pool] | None" = None


async def pool() -> asyncpg.Pool:
    """Made at the first use, in the server's loop; the address comes from PGHOST and its like."""
    global _pool
    if _pool is None:
        _pool = asyncio.ensure_future(asyncpg.create_pool(min_size=10, max_size=10))
    return await _pool


async def take(queue: str) -> int:
    async with (await pool()).acquire() as connection, connection.transaction():
        counter = await connection.fetchval("SELECT counter FROM bench_queue WHERE id = $1 FOR UPDATE", queue)
        number: int = counter + 1
        await connection.execute("UPDATE bench_queue SET counter = $2 WHERE id = $1", queue, number)
        await connection.execute("INSERT INTO bench_ticket (queue_id, number) VALUES ($1, $2)", queue, number)
    return number


def topic_of(queue: str) -> str:
    return f"queue.{queue}"


def event_of(queue: str, number: int, sent_at: str) -> dict[str, Any]:
    return {"name": "taken", "queue": queue, "number": number, "sent_at": sent_at, "pad": PAD}
