"""Who sees what is not published, and who writes: administrators with the scope `content`."""

from collections.abc import Awaitable, Callable

from carewire.command import Ctx
from channels.identity import Scope
from channels.identity import access as identity


def unless_editor(published: str) -> Callable[[Ctx], Awaitable[str | None]]:
    """Everybody sees what is published; who writes it sees all of it."""

    async def sees(ctx: Ctx) -> str | None:
        return None if await identity.has_scope(ctx, {Scope.CONTENT}) else published

    return sees
