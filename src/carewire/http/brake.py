"""How many HTTP requests one address may make, counted for all nodes. Frames on sockets have limits of their own.

Far above what a clinic's screens and phones behind one address ask for, and low enough that nobody scrapes us.
"""

import math
from typing import Any, Final

from litestar import Request, Response

from carewire.command import Rate
from carewire.errors import RateLimited

REQUESTS: Final = Rate(burst=600, per_minute=600, shared=True)
OWN_LIMIT: Final = "own_limit"
"""A handler with this `opt` counts who calls it by itself."""
ALWAYS: Final = ("/api/v1/health", "/metrics")
"""Asked by balancers and monitors, as often as they like."""


async def slow_down(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Refuse with 429 and `Retry-After` what is too much; None: go on."""
    if request.url.path.startswith(ALWAYS) or request.client is None or OWN_LIMIT in request.route_handler.opt:
        return None
    try:
        await request.app.state.node.limits.take("http", REQUESTS, request.client.host)
    except RateLimited as refusal:
        wait_s = math.ceil((refusal.after_ms or 1_000) / 1000)
        return Response({"error": refusal.to_wire()}, status_code=429, headers={"retry-after": str(wait_s)})
    return None
