"""What a command can be refused with: what it declares, and what the way to it can give.

The contract lists it, and the dispatcher holds every refusal against it: one that is not in the contract is a bug of
ours, logged and counted, although the caller still gets its typed answer.
"""

from functools import cache
from typing import Final

import msgspec
from msgspec import inspect as kinds

from carewire import errors
from carewire.actor import ANYONE, KNOWN
from carewire.command import Command
from carewire.errors import Refusal

COMMON: Final[tuple[type[Refusal], ...]] = (
    errors.InvalidParams,
    errors.RateLimited,
    errors.Busy,
    errors.Overloaded,
    errors.Unavailable,
    errors.Internal,
)
"""Every command can be answered with these; the database alone can be busy, out of connections or away."""
_RECEIPT: Final[tuple[type[Refusal], ...]] = (errors.KeyConflict, errors.KeyExpired, errors.InFlight)


def of_command(command: Command) -> list[type[Refusal]]:
    """Everything this command can be refused with, the particular ones first."""
    found = set(COMMON)
    if ANYONE not in command.allow:
        found.add(errors.Unauthenticated)
        if KNOWN not in command.allow:
            found.add(errors.Forbidden)
        if not command.owing:
            found.add(errors.TermsDue)
    if command.kind == "command":
        found.add(errors.OutcomeUnknown)
    if command.receipt:
        found.update(_RECEIPT)
    if _takes_an_id(command.params):
        found.add(errors.NotFound)
    own = sorted(command.errors, key=lambda e: (e.code, e.reason))
    return own + sorted(found - command.errors, key=lambda e: (e.code, e.reason))


def is_declared(command: Command, refusal: Refusal) -> bool:
    """Does the contract name this refusal for this command?"""
    return isinstance(refusal, (*command.errors, *of_command(command)))


@cache
def _takes_an_id(params: type[msgspec.Struct]) -> bool:
    info = kinds.type_info(params)
    assert isinstance(info, kinds.StructType)
    return any(
        isinstance(part, kinds.UUIDType)
        for field in info.fields
        if field.name != "idempotency_key"
        for part in (field.type.types if isinstance(field.type, kinds.UnionType) else (field.type,))
    )
