"""The Python client: one socket that survives what sockets suffer. For users: docs/guide/client.md.

    async with Client("ws://127.0.0.1:8000/ws") as cw:
        await cw.login_with_code(phone, code)
        line = await cw.subscribe(f"line:{session_id}")
        token = await cw.command("queue.join", session_id=session_id)
        async for change in line:          # Snapshot first, then Events in order; a Snapshot again after a resync
            ...

What it does for its user:
- `command` gives every command an idempotency key and sends it again, on another socket if need be, until there is a
  final answer: its effect happens once. `query` is sent again freely. `call` is sent once and never again.
- It comes back with jittered back-off, logs in again with its tokens (renewed in band before they run out), resumes all
  topics from their offsets in one round trip, and drops what it has seen before.
- Told to move (`socket:moving`), it opens the new socket first and closes the old when its replies have come.
"""

from carewire.client.client import Client
from carewire.client.refused import Lost, Refused
from carewire.client.subscription import Event, Snapshot, Subscription

__all__ = ["Client", "Event", "Lost", "Refused", "Snapshot", "Subscription"]
