"""Patients who are gone: erased, or a record that was deleted. What is still to come of them is to be called off."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from carewire.command import Ctx

Hook = Callable[[Ctx, Sequence[UUID]], Awaitable[None]]
"""Told the patients, in the transaction in which they go. It may enqueue; events it emits would have to be declared by
every command that takes patients away."""

_HOOKS: list[Hook] = []


def on_patients_gone(hook: Hook) -> Hook:
    """Hear of every patient who is erased or whose record is deleted."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def patients_gone(ctx: Ctx, patient_ids: Sequence[UUID]) -> None:
    """These patients are not treated any more."""
    for hook in _HOOKS:
        await hook(ctx, patient_ids)
