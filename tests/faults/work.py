"""What the clients want: bookkeepers count, patients join and leave, the desk runs the line. One seeded stream each."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tests.faults.client import Client, Op, Said
from tests.faults.people import Cast, Person
from tests.faults.world import World

DEVICES: Final = 2
"""Sockets per bookkeeper and for the desk: the same key may come over both at once."""
THINK_S: Final = 0.09
FORMER_MAX: Final = 40


class Crew:
    """All clients of a trial and their work."""

    def __init__(self, world: World, cast: Cast, seed: int) -> None:
        self.cast = cast
        self._urls = [gateway.url for gateway in world.gateways]
        self._seed = seed
        self._running: list[asyncio.Task[None]] = []
        self._working: list[asyncio.Task[None]] = []
        self._shifts: list[Callable[[], Awaitable[None]]] = []
        self.clients: list[Client] = []
        ledgers = [f"ledger:{one}" for one in cast.ledgers]
        for n, person in enumerate(cast.bookkeepers):
            devices = [self._client(f"book{n}.{d}", person, ledgers) for d in range(DEVICES)]
            for client in devices:
                self._shifts.append(lambda client=client, devices=devices: self._keep_books(client, devices))
        line, queue = f"line:{cast.session}", f"queue:{cast.session}"
        desks = [self._client(f"desk.{d}", cast.desk, [queue, line]) for d in range(DEVICES)]
        for client in desks:
            self._shifts.append(lambda client=client: self._run_line(client, queue))
        for n, person in enumerate(cast.patients):
            client = self._client(f"patient{n}", person, [])
            self._shifts.append(lambda client=client: self._be_ill(client))

    def _client(self, name: str, person: Person, topics: list[str]) -> Client:
        rng = random.Random(f"{self._seed}/client/{name}")
        home = len(self.clients) % len(self._urls)
        client = Client(name, person.account, person.token, self._urls[home:] + self._urls[:home], rng)
        client.wanted = list(topics)
        self.clients.append(client)
        return client

    @property
    def ops(self) -> list[Op]:
        """Everything anybody wanted."""
        return [op for client in self.clients for op in client.ops]

    async def connect(self) -> None:
        """Everybody is on, and hears what they want to hear."""
        self._running = [asyncio.create_task(client.run(), name=client.name) for client in self.clients]
        await asyncio.gather(*(client.online.wait() for client in self.clients))

    def begin(self) -> None:
        """Go to work."""
        self._working = [asyncio.ensure_future(shift()) for shift in self._shifts]

    async def finish(self, within_s: float) -> bool:
        """No new work; what was begun is brought to its end. False when some of it was not in time."""
        for client in self.clients:
            client.tired.set()
            client.thaw()
        _, late = await asyncio.wait(self._working, timeout=within_s)
        for task in late:
            task.cancel()
        for task in self._working:
            if task not in late and (error := task.exception()) is not None:
                raise error
        return not late

    async def settle(self) -> None:
        """Wait until everybody is connected, at home."""
        for client in self.clients:
            async with asyncio.timeout(60):
                while not (client.online.is_set() and client.at_home):  # noqa: ASYNC110 - the log of a client is no signal
                    await asyncio.sleep(0.02)

    def close_books(self) -> None:
        """From now on nothing is written down."""
        for client in self.clients:
            client.writes = False

    async def leave(self) -> None:
        """Everybody goes."""
        for task in (*self._working, *self._running):
            task.cancel()
        await asyncio.gather(*self._working, *self._running, return_exceptions=True)

    # --- shifts ------------------------------------------------------------------------------------------------------
    async def _keep_books(self, client: Client, devices: list[Client]) -> None:
        rng, ledgers = client.rng, [str(one) for one in self.cast.ledgers]
        former: list[Op] = []
        while not client.tired.is_set():
            await client.rest(rng.expovariate(1 / THINK_S))
            first, second = rng.sample(ledgers, 2)
            by, dice = rng.randint(1, 9), rng.random()
            if dice < 0.06 and former:
                await client.repeat(rng.choice(former))
                continue
            method, params = "ledger.add", {"ledger_id": first, "by": by}
            if dice < 0.25:
                method, params = "ledger.move", {"source": first, "target": second, "by": by}
            elif dice < 0.35:
                method = "ledger.later"
            elif dice < 0.42:
                params["refuse"] = True
            else:
                method = ("ledger.add", "ledger.count", "ledger.tally")[round(dice * 1000) % 3]
            op = Op(client.account, method, params, marked=True, patient=dice < 0.9)
            if dice < 0.5:
                await client.perform(op, at_once=devices)
            else:
                await client.perform(op)
            if op.ok:
                former = [*former[-FORMER_MAX:], op]

    async def _run_line(self, client: Client, queue: str) -> None:
        rng, session = client.rng, str(self.cast.session)
        states: dict[str, str] = {}
        client.listen(queue, lambda said: states.update(told(said)))
        walked_in = 0
        while not client.tired.is_set():
            await client.rest(rng.expovariate(1 / (2 * THINK_S)))
            by_state: dict[str, list[str]] = {}
            for token, state in sorted(states.items()):
                by_state.setdefault(state, []).append(token)
            method, wants = rng.choice(DESK_WORK)
            if method == "queue.walk_in":
                walked_in += 1
                params = {"session_id": session, "name": f"Walk In {client.name} {walked_in}"}
            elif method == "queue.call_next":
                params = {"session_id": session, "room_id": str(rng.choice(self.cast.rooms)), "finish_current": True}
            elif by_state.get(wants):
                params = {"token_id": rng.choice(by_state[wants])}
            else:
                continue
            await client.perform(Op(client.account, method, params, patient=rng.random() < 0.95))

    async def _be_ill(self, client: Client) -> None:
        rng, session = client.rng, str(self.cast.session)
        line = f"line:{session}"
        while not client.tired.is_set():
            await client.rest(rng.expovariate(1 / (8 * THINK_S)))
            token = await client.perform(Op(client.account, "queue.join", {"session_id": session}))
            if token is None:
                await client.rest(1)
                continue
            await client.want(f"token:{token['id']}", line)
            await client.rest(rng.uniform(0.5, 5))
            # Half of them go home in the end too: then nobody may hear the line any more who gave up the token.
            if rng.random() < 0.5:
                await client.perform(Op(client.account, "queue.leave", {"token_id": token["id"]}))


DESK_WORK: Final = (
    ("queue.walk_in", ""),
    ("queue.call_next", ""),
    ("queue.call_next", ""),
    ("queue.arrive", "expected"),
    ("queue.arrive", "expected"),
    ("queue.begin", "called"),
    ("queue.begin", "called"),
    ("queue.skip", "called"),
    ("queue.back", "skipped"),
    ("queue.complete", "in_consultation"),
)


def told(said: Said) -> dict[str, str]:
    """The tokens' states that a line of the desk's log tells."""
    data: Any = said.data or {}
    if said.kind == "event":
        return {token["id"]: token["state"] for token in data["tokens"]}
    known = dict[str, str]()
    if "snapshot" in data:
        known |= {token["id"]: token["state"] for token in data["snapshot"]["tokens"]}
    for event in data.get("events", ()):
        known |= {token["id"]: token["state"] for token in event["data"]["tokens"]}
    return known
