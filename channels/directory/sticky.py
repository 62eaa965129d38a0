"""The facts a verification sticks to (PRODUCT 7): whoever changes one of them says so here, and nowhere else.

What was verified with other facts is not verified: a doctor's capacity and a place's approval return to pending in the
same transaction, and everybody who must act on it hears: a domain to the right subscribes with `on_facts_changed`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

from carewire.command import Ctx
from channels.directory.bookable import bookable_changed
from channels.directory.nouns import Approval, Subject
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.events import ProfileUpdated

FACTS: Final[Mapping[Subject, frozenset[str]]] = {
    Subject.DOCTOR: frozenset({"name", "registration", "council"}),
    Subject.PLACE: frozenset({"name", "licence", "address", "city", "state", "postal_code", "country"}),
}
TELLS: Final = frozenset({ProfileUpdated})
"""What a command that changes facts emits besides its own."""

Hook = Callable[[Ctx, Subject, UUID, frozenset[str]], Awaitable[None]]
"""Told the subject and which facts changed, in the transaction that changes them, before they are written. It may
enqueue and notify; events it emits would have to be declared by every command that changes facts."""

_HOOKS: list[Hook] = []


def on_facts_changed(hook: Hook) -> Hook:
    """Hear of every verified subject whose facts change."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)
    return hook


def changed_facts(subject: Subject, before: Mapping[str, Any], given: Mapping[str, Any]) -> frozenset[str]:
    """Which of the facts would be others than before."""
    return frozenset(fact for fact in FACTS[subject] & given.keys() if given[fact] != before[fact])


async def facts_changed(ctx: Ctx, subject: Subject, subject_id: UUID, facts: frozenset[str]) -> None:
    """These facts of a doctor or a place change now. Its row is locked by the caller."""
    if not facts:
        return
    if subject is Subject.PLACE:
        await ctx.tx.execute(
            "UPDATE place SET approval = $2 WHERE id = $1 AND approval = $3",
            subject_id,
            Approval.PENDING,
            Approval.APPROVED,
        )
    else:
        account_id = await ctx.tx.fetchval("SELECT account_id FROM doctor WHERE id = $1", subject_id)
        await identity.return_to_pending(ctx, account_id, Capacity.DOCTOR)
    await bookable_changed(ctx, subject, subject_id)
    for hook in _HOOKS:
        await hook(ctx, subject, subject_id, facts)
