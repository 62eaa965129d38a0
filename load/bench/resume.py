"""F: a thousand clients come back at once, each with its offsets; ours alone, because no peer can do it."""

import json
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
from websockets.asyncio.client import ClientConnection, connect

from load.bench import plan
from load.bench.client import Setup
from load.bench.contenders import EVENT_BYTES, Contender
from load.bench.machine import LOAD_CORE, SERVER_CORE
from load.bench.stage import AT_ONCE, Figures, Stage

EVENTS_A_CALL = 100
ROLE = "carewire"
RESUME = '{"jsonrpc":"2.0","id":{id},"method":"socket.resume","params":'


async def resume(stage: Stage, contender: Contender, figures: Figures) -> None:
    """Sockets that are logged in send `socket.resume` for three topics, all at once; one of them missed events.

    The statements are those pg_stat_statements counts from the first resume to the last answer, other work of the
    node included.
    """
    url = stage.ground.postgres.url
    token = stage.ground.tokens.read_text().split("\n", 1)[0]
    await stage.ground.run_sql(ROLE, f"ALTER ROLE {ROLE} SET pg_stat_statements.track = 'top'")
    try:
        async with AsyncExitStack() as stack:
            server = await stage.server(stack, contender, SERVER_CORE)
            header = {"Authorization": f"Bearer {token}"}
            socket = await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{server.port}/ws", additional_headers=header, compression=None, proxy=None)
            )
            for missed in stage.sizes.missed:
                topics = [contender.topic(f"f{missed}.{part}") for part in ("many", "quiet", "idle")]
                standing = await stand(socket, topics, missed)
                ask = RESUME + json.dumps(standing, separators=(",", ":")) + "}"
                setup = Setup(contender=contender, port=server.port, tokens=stage.ground.tokens, ask=ask)
                client = await stage.client(stack, setup, LOAD_CORE)
                await client.open("L", stage.sizes.resumes, AT_ONCE)
                counted = await count_statements(url)
                server.mark_cpu()
                answer = await client.requests(f"once {stage.sizes.resumes}")
                spent = (await count_statements(url) - counted) / answer.answered
                value = answer.answered / answer.seconds
                figures[plan.resumes(missed), ""] = value
                figures[plan.statements(missed), ""] = spent
                stage.note_cpu(f"{missed} missed", f"{value:,.0f}/s, {spent:.3f} statements each", server, answer)
                await client.order("close L")
    finally:
        await stage.ground.run_sql(ROLE, f"ALTER ROLE {ROLE} SET pg_stat_statements.track = 'none'")


async def stand(socket: ClientConnection, topics: list[str], missed: int) -> dict[str, Any]:
    """Where a client stood that has missed that many events of the first topic since."""
    places, epoch = {}, ""
    for topic in topics:
        answer = await call(socket, "topic.subscribe", {"topic": topic})
        places[topic], epoch = answer["offset"], answer["epoch"]
        await call(socket, "topic.unsubscribe", {"topic": topic})
    for start in range(0, missed, EVENTS_A_CALL):
        count = min(EVENTS_A_CALL, missed - start)
        await call(socket, "bench.emit", {"topic": topics[0], "n": count, "bytes": EVENT_BYTES})
    return {"epoch": epoch, "topics": places}


async def call(socket: ClientConnection, method: str, params: dict[str, Any]) -> Any:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while True:
        answer = json.loads(await socket.recv())
        if answer.get("id") == method:
            return answer["result"]


async def count_statements(url: str) -> int:
    """Statements so far; the question itself is not tracked long enough to matter (one)."""
    connection = await asyncpg.connect(url, server_settings={"pg_stat_statements.track": "none"})
    try:
        return int(await connection.fetchval("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"))
    finally:
        await connection.close()
