"""The database: one pool per node, and THE transaction, opened here and nowhere else.

    async with db.transaction() as tx:       # one command
        await tx.execute("UPDATE …")
    async with db.snapshot() as tx:          # one query or subscription: read-only, repeatable

Plain SQL goes through `Tx`; Piccolo queries run inside the same transaction, because `ENGINE` finds its connection
there and has no other. A nested transaction is an error. Whatever happens, also a COMMIT that fails, the connection
goes back to the pool and nothing of the transaction stays in the context.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresEngine

from carewire import metrics
from carewire.errors import OutcomeUnknown, Overloaded, Unavailable

SESSION: Final = {
    "application_name": "carewire",
    "timezone": "UTC",
    "lock_timeout": "2s",
    "statement_timeout": "5s",
    # A node frozen before COMMIT would otherwise hold a topic's head for ever.
    "idle_in_transaction_session_timeout": "1500ms",
}
STATEMENT_PATIENCE_S: Final = 7.0
"""A statement that is not over by then (the server gives it 5 s) says that the line is dead, not that it is slow."""
ROLLBACK_S: Final = 2.0
ACQUIRE_TIMEOUT_S: Final = 2.0
POOL_EVERY: Final = 100
CONNECT_TIMEOUT_S: Final = 5.0

FRAME: Final = 2
"""BEGIN, and COMMIT or ROLLBACK."""

Reader = Literal["command", "join", "login", "query", "other"]

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)
"""What the driver raises when the connection, not the statement, is at fault. InternalClientError is what a connection
that broke half-way says when it is used once more; TimeoutError says that the line is dead."""


class Tx:
    """An open transaction: plain SQL in asyncpg's dialect (`$1`), rows as records."""

    __slots__ = ("connection", "statements")

    def __init__(self, connection: "PoolConnectionProxy[Any]") -> None:
        self.connection = connection
        self.statements = 0

    async def fetch(self, sql: str, *values: Any) -> list[Any]:
        """All rows."""
        self.statements += 1
        return await self.connection.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: Any) -> Any | None:
        """The first row, or None."""
        self.statements += 1
        return await self.connection.fetchrow(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        self.statements += 1
        return await self.connection.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> str:
        """Run a statement; answers the command tag, e.g. `UPDATE 1`."""
        self.statements += 1
        return await self.connection.execute(sql, *values)

    async def executemany(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Run a statement once per row, pipelined."""
        self.statements += len(rows)
        await self.connection.executemany(sql, rows)


class _NoConnection:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("a command that is one statement has no other transaction")


NO_TX: Final = Tx(cast("PoolConnectionProxy[Any]", _NoConnection()))
"""For who has none."""


class _Engine(PostgresEngine):
    """Piccolo's engine reduced to one rule: a query runs inside our transaction or not at all."""

    async def check_version(self) -> None:
        """`carewire doctor` checks the server; importing a table must not."""

    async def prep_database(self) -> None:
        """Extensions belong to migrations."""

    async def get_new_connection(self) -> Any:
        raise RuntimeError("a Piccolo query was run outside a transaction of carewire.store.db")


ENGINE: Final = _Engine(config={})
"""Give it to every table: `class Place(Table, db=ENGINE)`."""


class _Connection(asyncpg.Connection):
    """Returning a connection costs no round trip: our sessions change no settings and take no session locks."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """One node's pool."""

    def __init__(self, url: str, *, pool_max: int = 10) -> None:
        self.url = url
        self.pool_max = pool_max
        self.epoch = ""
        self.connects = 0
        """Connections made so far. Another number may mean that the server crashed and gives out old xids again."""
        self.on_epoch: Callable[[str], None] = lambda epoch: None
        self._pool: asyncpg.Pool[Any] | None = None
        self._spare: list[PoolConnectionProxy[Any]] = []
        """Connections of the pool that nobody uses; lent again without the pool's ceremony, a fifth of a command."""
        self._wanting = self._returned = 0

    async def open(self) -> None:
        """Connect; raises what the driver raises when the server is not there."""
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=min(2, self.pool_max),
            max_size=self.pool_max,
            server_settings=SESSION,
            connection_class=_Connection,
            init=self._greet,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_PATIENCE_S,
            max_inactive_connection_lifetime=0,
        )

    async def _greet(self, connection: Any) -> None:
        """Read the epoch at every connect: a restored or failed-over database must not pass for the old one."""
        self.connects += 1
        if await connection.fetchval("SELECT to_regclass('deployment') IS NOT NULL"):
            self.heed(await connection.fetchval("SELECT carewire_epoch()"))

    def heed(self, epoch: str) -> None:
        """This is the database's epoch now."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.on_epoch(epoch)

    async def close(self) -> None:
        """Close the pool, waiting for running transactions a few seconds."""
        if self._pool is not None:
            self._wanting += 1  # what comes back from now on is the pool's
            try:
                await self._return_spare()
                await asyncio.wait_for(self._pool.close(), 5)
            except TimeoutError:
                self._pool.terminate()
            self._wanting -= 1
            self._pool = None

    @property
    def idle(self) -> int:
        """Connections nobody uses now."""
        return self._pool.get_idle_size() + len(self._spare) if self._pool else 0

    async def renew(self) -> None:
        """Have the connections that nobody uses made anew when they are needed."""
        if self._pool is not None:
            await self._pool.expire_connections()
            await self._return_spare()

    async def ping(self) -> None:
        """One round trip, for who asks whether the database answers. Raises `Unavailable` or `Overloaded`."""
        connection = await self._acquire()
        try:
            await connection.execute("SELECT")
        except asyncio.CancelledError:
            _discard(connection)
            raise
        except LOST as lost:
            _discard(connection)
            raise Unavailable(after_ms=500) from lost
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """The transaction of one command. Raises `OutcomeUnknown` when the connection is lost while committing."""
        async with self._begin("BEGIN", "command") as tx:
            yield tx

    async def statement(self, sql: str, *values: Any) -> Any:
        """The row of a statement that is a transaction by itself. Raises `OutcomeUnknown` on a lost connection."""
        async with self.alone("command") as tx:
            return await tx.fetchrow(sql, *values)

    @asynccontextmanager
    async def alone(self, of: Reader = "other") -> AsyncIterator[Tx]:
        """For who has one statement: it is a transaction by itself, without the round trips of BEGIN and COMMIT.

        Raises `OutcomeUnknown` on a lost connection. A second statement would be another transaction.
        """
        if ENGINE.current_transaction.get() is not None:
            raise RuntimeError("a transaction is open already; one command is one transaction")
        connection = await self._acquire()
        tx = Tx(connection)
        try:
            yield tx
        except LOST as lost:
            _discard(connection)
            raise OutcomeUnknown() from lost
        except asyncio.CancelledError:
            _discard(connection)
            raise
        finally:
            metrics.STATEMENTS.labels(of).inc(tx.statements)
            await self._release(connection)

    @asynccontextmanager
    async def snapshot(self, of: Reader = "other") -> AsyncIterator[Tx]:
        """A read-only repeatable read: everything read in it is of one moment. `of` is who its statements count for."""
        async with self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", of) as tx:
            yield tx

    @asynccontextmanager
    async def _begin(
        self, begin: Literal["BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"], of: str
    ) -> AsyncIterator[Tx]:
        if ENGINE.current_transaction.get() is not None:
            raise RuntimeError("a transaction is open already; one command is one transaction")
        connection = await self._acquire()
        tx = Tx(connection)
        mark = ENGINE.current_transaction.set(tx)  # type: ignore[arg-type]  # Piccolo reads only `.connection`
        committing = False
        try:
            await connection.execute(begin)
            try:
                yield tx
            except LOST:
                raise  # there is nobody to tell to roll back
            except BaseException:
                await _roll_back(connection)
                raise
            committing = True
            if await connection.execute("COMMIT") != "COMMIT":
                # The server answers ROLLBACK, and no error, to who swallowed the error of a statement before.
                raise RuntimeError("a statement of this transaction had failed: nothing was committed")
        except LOST as lost:
            _discard(connection)
            if committing and begin == "BEGIN":
                raise OutcomeUnknown() from lost
            raise Unavailable(after_ms=500) from lost
        except asyncio.CancelledError:
            _discard(connection)
            raise
        finally:
            metrics.STATEMENTS.labels(of).inc(tx.statements + FRAME)
            ENGINE.current_transaction.reset(mark)
            await self._release(connection)

    async def _acquire(self) -> "PoolConnectionProxy[Any]":
        if self._pool is None:
            raise Unavailable("The database is not open", after_ms=500)
        while self._spare:
            with contextlib.suppress(asyncpg.InterfaceError):  # lost meanwhile: it has left the pool by itself
                if not (spare := self._spare.pop()).is_closed():
                    return spare
                await self._pool.release(spare)
        self._wanting += 1
        try:
            return await self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        except TimeoutError as full:
            raise Overloaded("All database connections are busy", after_ms=1000) from full
        except asyncpg.TooManyConnectionsError as full:
            raise Overloaded("The database takes no more connections", after_ms=1000) from full
        except (*LOST, OSError, asyncpg.InvalidCatalogNameError) as lost:
            # Its name is nobody's for the moment in which a restored one takes its place.
            raise Unavailable("The database is away", after_ms=1000) from lost
        finally:
            self._wanting -= 1

    async def _release(self, connection: "PoolConnectionProxy[Any]") -> None:
        if self._pool is None:
            return
        try:
            self._returned += 1
            # Now and then by the pool, which makes those anew that have served long.
            if self._wanting or self._returned % POOL_EVERY == 0 or connection.is_closed():
                await self._pool.release(connection)
            else:
                self._spare.append(connection)
        except LOST:
            _discard(connection)

    async def _return_spare(self) -> None:
        while self._pool is not None and self._spare:
            with contextlib.suppress(*LOST):
                await self._pool.release(self._spare.pop())


def _discard(connection: "PoolConnectionProxy[Any]") -> None:
    """Throw a connection away; one that was lost has left the pool by itself already."""
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


async def _roll_back(connection: "PoolConnectionProxy[Any]") -> None:
    try:
        # After a cancellation the driver waits, without a bound of its own, until the server has heard of it.
        async with asyncio.timeout(ROLLBACK_S):
            await connection.execute("ROLLBACK")
    except (*LOST, asyncpg.PostgresError):
        # A connection that cannot even roll back is of no use to anybody.
        _discard(connection)
