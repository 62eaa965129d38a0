"""What a violated constraint means to the caller. The database says no; this says it in the wire's words."""

from typing import Final

import asyncpg

from carewire.errors import Busy, Conflict, Refusal, Unavailable

_BY_NAME: dict[str, type[Refusal]] = {}


def refuse(constraint: str, refusal: type[Refusal]) -> None:
    """Declare that violating this constraint (or unique index), also a deferred one, is this refusal."""
    if _BY_NAME.setdefault(constraint, refusal) is not refusal:
        raise TypeError(f"constraint {constraint!r} has two meanings")


def translate(error: asyncpg.PostgresError) -> Refusal | None:
    """The typed refusal of a database error, or None when it is a bug of ours."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return _BY_NAME.get(error.constraint_name or "", Conflict)()
    if isinstance(error, asyncpg.LockNotAvailableError | asyncpg.QueryCanceledError):
        return Busy(after_ms=200)
    if isinstance(error, asyncpg.OperatorInterventionError | asyncpg.InsufficientResourcesError):
        return Unavailable(after_ms=1000)
    return None


RECEIPT: Final = "receipt_pkey"
_RERUN: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)


def is_rerun(error: BaseException) -> bool:
    """Deadlocks, serialization failures, a schema that was migrated under a connection that knew the old one, and a
    receipt that somebody with the same key wrote a moment before: nothing is wrong with the command, run it again."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return error.constraint_name == RECEIPT
    return isinstance(error, _RERUN)
