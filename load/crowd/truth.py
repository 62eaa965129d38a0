"""The crowd's logs against the database, when all is quiet."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from load.crowd.member import Member

QUIET_S: Final = 20.0


async def heads(database_url: str) -> dict[str, int]:
    """Where every topic stands."""
    connection = await asyncpg.connect(database_url)
    try:
        return dict(await connection.fetch('SELECT topic, "offset" FROM topic_head'))
    finally:
        await connection.close()


async def check_logs(database_url: str, members: Iterable[Member], within_s: float = QUIET_S) -> list[str]:
    """Everybody has heard everything, each event once and in order; who has not gets `within_s` to hear it."""
    members = list(members)
    told = {name.encode(): head for name, head in (await heads(database_url)).items()}
    deadline = time.monotonic() + within_s

    def behind() -> list[str]:
        return [
            f"{topic.decode()}: told up to {offset} of {told.get(topic, 0)}"
            for member in members
            for topic, offset in member.offsets.items()
            if offset != told.get(topic, 0)
        ]

    while behind() and time.monotonic() < deadline:  # noqa: ASYNC110 - thousands of logs have no one event
        await asyncio.sleep(0.1)
    return [problem for member in members for problem in member.problems] + behind()


async def names_told(database_url: str, members: Sequence[Member]) -> dict[Member, list[str]]:
    """The names each member's account has had, as its events tell them in order."""
    connection = await asyncpg.connect(database_url)
    try:
        topics = {f"account:{member.person.account}": member for member in members}
        rows = await connection.fetch(
            'SELECT topic, payload FROM event WHERE topic = ANY($1) ORDER BY topic, "offset"', list(topics)
        )
    finally:
        await connection.close()
    told: dict[Member, list[str]] = {member: [] for member in members}
    for row in rows:
        body: Any = msgspec.json.decode(row["payload"])
        told[topics[row["topic"]]].append(body["profile"]["name"])
    return told
