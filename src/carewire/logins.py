"""Who comes with a token: looked up together, so that a crowd at the door does not take the commands' connections.

After a node died thousands of sockets open within seconds. Each alone would ask for a connection of the pool; here at
most `WORKERS_MAX` connections serve all that wait.
"""

import asyncio
from typing import Final

import asyncpg

from carewire.actor import Actor, Identity
from carewire.clock import Clock
from carewire.errors import Overloaded, Refusal, Unavailable
from carewire.gather import Gather
from carewire.store.constraints import translate
from carewire.store.db import Database

WORKERS_MAX: Final = 2
BATCH_MAX: Final = 64
QUIET_S: Final = 0.0005
"""uvloop counts milliseconds: with this a batch waits for one turn of the loop in which nobody new has come."""
WAITING_MAX: Final = 2_000
"""More at the door are told to come back: whoever waits there holds a socket."""
FULL_AFTER_MS: Final = 2_000

_Ask = tuple[str, "asyncio.Future[Actor]"]


class Logins:
    """Collects tokens and looks them up in batches."""

    def __init__(self, *, db: Database, identity: Identity, clock: Clock) -> None:
        self._db, self._identity, self.clock = db, identity, clock
        self._waiting: list[_Ask] = []
        self._workers: set[asyncio.Task[None]] = set()
        self._gather = Gather(self._start, lambda: len(self._waiting), enough=BATCH_MAX, quiet_s=lambda: QUIET_S)

    def authenticate(self, token: str) -> "asyncio.Future[Actor]":
        """The actor of an access token. Ends with `Unauthenticated`, or why the database could not say."""
        answer: asyncio.Future[Actor] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= WAITING_MAX:
            answer.set_exception(Overloaded("Too many log in at once", after_ms=FULL_AFTER_MS))
        else:
            self._waiting.append((token, answer))
            self._hire()
        return answer

    def _hire(self) -> None:
        if len(self._workers) < WORKERS_MAX:
            self._gather.ask()

    def _start(self) -> None:
        worker = asyncio.create_task(self._work(), name="logins")
        self._workers.add(worker)
        worker.add_done_callback(self._done)

    def _done(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        if self._waiting and not worker.cancelled():
            self._hire()

    async def _work(self) -> None:
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        self._gather.served(len(batch))
        if self._waiting:
            self._hire()
        if batch:
            await self._try([ask for ask in batch if not ask[1].done()])

    async def _try(self, batch: list[_Ask]) -> None:
        try:
            # Each answer may be of its own moment: no round trips for a common one.
            async with self._db.alone("login") as tx:
                found = await self._identity.authenticate(tx, [token for token, _ in batch], self.clock.real_now())
            for (_, answer), who in zip(batch, found, strict=True):
                if isinstance(who, Refusal):
                    _fail(answer, who)
                elif not answer.done():
                    answer.set_result(who)
        except Exception as error:
            left = [ask for ask in batch if not ask[1].done()]
            if isinstance(error, asyncpg.PostgresError) and len(batch) > 1:
                # One token that the database chokes on must not cost the others their login.
                for ask in left:
                    await self._try([ask])
                return
            if isinstance(error, asyncpg.PostgresError):
                error = translate(error) or Unavailable(after_ms=500)
            for _, answer in left:
                _fail(answer, error)


def _fail(answer: "asyncio.Future[Actor]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
