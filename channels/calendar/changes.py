"""Who wants to know that other slots of a doctor are offered than before, or on other terms."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from carewire.command import Ctx
from channels.directory import Subject, on_bookable_changed

Hook = Callable[[Ctx, UUID], Awaitable[None]]
"""Told the doctor, in the transaction that changes it. It may enqueue; events it emits would have to be declared by
every command that changes hours."""

_HOOKS: list[Hook] = []


def on_slots_changed(hook: Hook) -> Hook:
    """Hear of every doctor whose hours, leave, places or terms become others by somebody's word."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


async def slots_changed(ctx: Ctx, doctor_id: UUID) -> None:
    """What is offered of this doctor may be something else from now on."""
    for hook in _HOOKS:
        await hook(ctx, doctor_id)


async def slots_changed_at(ctx: Ctx, place_id: UUID) -> None:
    """`slots_changed` for everybody who said that she is there at this place."""
    rows = await ctx.tx.fetch(
        "SELECT doctor_id FROM doctor_window WHERE place_id = $1"
        " UNION SELECT doctor_id FROM doctor_extra WHERE place_id = $1 ORDER BY doctor_id",
        place_id,
    )
    for row in rows:
        await slots_changed(ctx, row["doctor_id"])


@on_bookable_changed
async def _follow(ctx: Ctx, subject: Subject, subject_id: UUID) -> None:
    await (slots_changed(ctx, subject_id) if subject is Subject.DOCTOR else slots_changed_at(ctx, subject_id))
