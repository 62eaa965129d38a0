"""What processes tell each other about jobs through Redis: ids, and that there are new ones. Losing it loses no job."""

from typing import Any, Final

WAKE: Final = b"wake"
FIELD: Final = "__data__"
"""Where FastStream looks for the body of an entry."""
LENGTH_MAX: Final = 10_000
"""About how many entries are kept: ten times what may wait unread."""


def stream_name(deployment: str) -> str:
    """The stream of one deployment; several may share a server."""
    return f"carewire:{deployment}:jobs"


async def wake(client: Any, deployment: str) -> None:
    """Tell the workers that rows were left just now. Raises what redis-py raises when the server is away."""
    await client.xadd(stream_name(deployment), {FIELD: WAKE}, maxlen=LENGTH_MAX, approximate=True)
