"""Who wants to know that a doctor or a place can be booked at other times than before; a domain to the right does."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from carewire.command import Ctx
from channels.directory.nouns import Subject

Hook = Callable[[Ctx, Subject, UUID], Awaitable[None]]
"""Told in the transaction that changes it, before or after it is written. It may enqueue; events it emits would have to
be declared by every command that changes what can be booked."""

Closing = Callable[[Ctx, UUID], Awaitable[int]]
"""Told the place, in the transaction in which its holidays are said; answers how many visits fall into them."""

_HOOKS: list[Hook] = []
_CLOSING: list[Closing] = []


def on_bookable_changed(hook: Hook) -> Hook:
    """Hear of every doctor and place whose clock, holidays, approval or affiliation become others."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def bookable_changed(ctx: Ctx, subject: Subject, subject_id: UUID) -> None:
    """This doctor or place may be booked at other times from now on."""
    for hook in _HOOKS:
        await hook(ctx, subject, subject_id)


def on_holidays(hook: Closing) -> Closing:
    """Be asked what falls into a place's holidays. It may enqueue what becomes of it."""
    if hook not in _CLOSING:
        _CLOSING.append(hook)
    return hook


async def fall_into_holidays(ctx: Ctx, place_id: UUID) -> int:
    """How many visits fall into the place's holidays as they are now."""
    return sum([await hook(ctx, place_id) for hook in _CLOSING])
