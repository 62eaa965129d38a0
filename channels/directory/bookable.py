"""Who wants to know that a doctor or a place can be booked at other times than before; a domain to the right does."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from carewire.command import Ctx
from channels.directory.nouns import Subject

Hook = Callable[[Ctx, Subject, UUID], Awaitable[None]]
"""Told in the transaction that changes it, before or after it is written. It may enqueue; events it emits would have to
be declared by every command that changes what can be booked."""

_HOOKS: list[Hook] = []


def on_bookable_changed(hook: Hook) -> Hook:
    """Hear of every doctor and place whose clock, holidays, approval or affiliation become others."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def bookable_changed(ctx: Ctx, subject: Subject, subject_id: UUID) -> None:
    """This doctor or place may be booked at other times from now on."""
    for hook in _HOOKS:
        await hook(ctx, subject, subject_id)
