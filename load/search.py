"""How long a search takes among many doctors: `python -m load.search [--doctors 100000]`.

A server and a generated directory of its own. Each question is asked twice: as a client's command through a node (its
dispatcher, without a socket), and once more with an eye on the server process: how long it was on a processor, planning
included. On a machine that others use as well the second is the honest figure. Exits 1 when its p95 is above the limit.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from carewire.command import REGISTRY, Ctx, Peer
from carewire.discovery import discover
from carewire.embedded import Postgres
from carewire.node import Node
from carewire.params import decode_params
from carewire.settings import Settings
from carewire.store.db import Tx
from carewire.store.migrate import migrate
from channels.large import Dice, seed_large
from channels.large_words import CITIES, SPECIALTIES

LIMIT_MS: Final = 20.0
ASKED: Final = 40
"""Questions of each kind."""

Question = dict[str, Any]


class Measured(Tx):
    """A transaction that adds up the processor time of its server process."""

    __slots__ = ("ms", "stat")

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx.connection)
        self.ms = 0.0
        self.stat = Path(f"/proc/{self.connection.get_server_pid()}/schedstat")

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        before = self._spent()
        try:
            return await super().fetch(sql, *values)
        finally:
            self.ms += self._spent() - before

    async def fetchrow(self, sql: str, *values: Any) -> Any | None:
        before = self._spent()
        try:
            return await super().fetchrow(sql, *values)
        finally:
            self.ms += self._spent() - before

    def _spent(self) -> float:
        """Milliseconds on a processor since the process began; it sleeps whenever we look."""
        return int(self.stat.read_text().split()[0]) / 1e6


def questions(dice: Dice) -> Iterator[tuple[str, Question]]:
    """What people look for, by kind."""
    throw = random.Random(7)
    for _ in range(ASKED):
        script = throw.choice(("en", "en", "hi", "ar"))
        first, last = throw.choice(dice.first[script]), throw.choice(dice.last[script])
        slug, name, aliases = throw.choice(SPECIALTIES)
        city = throw.choice(CITIES)
        yield "name", {"search": f"{first} {last}"}
        yield "half a name", {"search": last[: max(3, len(last) // 2)]}
        yield "a slip", {"search": slip(throw, throw.choice(dice.last["en"]))}
        yield "name and city", {"search": last, "city": city.name}
        yield "specialty", {"search": throw.choice((name, *aliases))}
        yield "specialty and city in words", {"search": f"{throw.choice((name, *aliases))} {city.name}"}
        yield "filters by fee", {"specialty": slug, "city": city.name, "fee_max": 100_000, "order": "fee"}
        yield "filters by rating", {"specialty": slug, "rating_min": 4, "language": "hi", "order": "rating"}
        yield "experience", {"city": city.name, "experience_min": 10, "teleconsult": True, "order": "experience"}
        yield "everybody by name", {"order": "name"}


def slip(throw: random.Random, word: str) -> str:
    """The word with a letter left out, or two changed over."""
    at = throw.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 :] if throw.random() < 0.5 else word[:at] + word[at : at + 2][::-1] + word[at + 2 :]


async def ask(node: Node, question: Question) -> tuple[float, float, dict[str, Any]]:
    """Milliseconds at the node, of the server's processor, and the page."""
    raw = msgspec.json.encode({**question, "limit": 20})
    began = time.perf_counter()
    outcome = await node.dispatcher.run("doctor.list", raw, None, Peer())
    whole = (time.perf_counter() - began) * 1000
    command = REGISTRY["doctor.list"]
    async with node.db.snapshot() as tx:
        measured = Measured(tx)
        now = node.clock.now()
        ctx = Ctx(tx=measured, now=now, real_now=now, settings=node.settings, command=command)
        params = decode_params(command, raw)
        await command.handler(ctx, **{name: getattr(params, name) for name in params.__struct_fields__})
    page: dict[str, Any] = msgspec.json.decode(outcome.result)
    return whole, measured.ms, page


async def measure(url: str, seed: int) -> bool:
    """Ask all questions, each also for its second page; print a table. True within the limit."""
    node = Node(Settings(secret="x" * 64, database_url=url, pool=4, jobs="apart"))
    await node.start()
    kinds: dict[str, list[tuple[float, float]]] = {}
    empty = 0
    try:
        for kind, question in questions(Dice(seed)):
            whole, server, page = await ask(node, question)
            kinds.setdefault(kind, []).append((whole, server))
            empty += not page["rows"]
            if page["cursor"] is not None:
                whole, server, _ = await ask(node, {**question, "cursor": page["cursor"]})
                kinds.setdefault("second pages", []).append((whole, server))
    finally:
        await node.stop()
    print("| | asked | server CPU p50 | p95 | node p50 | p95 |\n|---|---|---|---|---|---|")
    for kind, taken in [*kinds.items(), ("all", [pair for pairs in kinds.values() for pair in pairs])]:
        cells = [
            f"{share(column, at):.1f}" for column in zip(*[(s, w) for w, s in taken], strict=True) for at in (50, 95)
        ]
        print(f"| {kind} | {len(taken)} | {' | '.join(cells)} |")
    print(f"{empty} questions found nobody")
    return share([server for pairs in kinds.values() for _, server in pairs], 95) <= LIMIT_MS


def share(values: Any, at: int) -> float:
    """A percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[at - 1]


async def run(doctors: int, seed: int, url: str | None) -> bool:
    discover("channels")
    if url is not None:
        return await measure(url, seed)
    with tempfile.TemporaryDirectory(prefix="cw-search-") as folder:
        place = Path(folder)
        os.chmod(place, 0o755)
        async with Postgres(place, fsync=False, settings={"shared_buffers": "256MB"}) as server:
            await migrate(server.url)
            began = time.perf_counter()
            settings = Settings(secret="x" * 64, database_url=server.url, mode="development")
            print(await seed_large(server.url, settings, doctors=doctors, seed=seed), file=sys.stderr)
            print(f"in {time.perf_counter() - began:.0f} s", file=sys.stderr)
            return await measure(server.url, seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doctors", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", help="a database that `carewire seed --size large` filled with this seed")
    args = parser.parse_args()
    return 0 if asyncio.run(run(args.doctors, args.seed, args.url)) else 1


if __name__ == "__main__":
    sys.exit(main())
