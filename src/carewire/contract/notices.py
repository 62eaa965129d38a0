"""What the server says of the connection itself: notifications that belong to no topic and carry no offset.

The gateway and the hub write them by hand; a test holds these shapes against what they really send.
"""

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """How much one socket may ask for; beyond it answers are refusals, far beyond it the socket is closed."""

    frame_bytes: int
    """The largest frame the server reads; a larger one closes the socket (1009)."""
    depth: int
    """How deep arrays and objects may nest."""
    batch: int
    """Members of one batch."""
    id_bytes: int
    """The longest request id."""
    in_flight: int
    """Calls that may run at once; more are `overloaded`."""
    subscriptions: int
    """Topics one socket may listen to."""
    queue_bytes: int
    """Bytes that may wait for a reader who does not read; beyond it close 4102."""


class Welcome(Struct, frozen=True, kw_only=True):
    """The first message on every socket."""

    version: str
    """The server's release; for people, not for decisions."""
    node: str
    """Which node this is; quote it when something is wrong."""
    epoch: str
    """The life of this database's record. Offsets count within it; hand it to `socket.resume`."""
    heartbeat_s: int
    """Silence longer than twice this means the connection is dead."""
    server_time: datetime
    """Real time: dates idempotency keys (UUIDv7)."""
    product_time: datetime
    """The clinic's clock: dates everything in the product."""
    clock_rate: float
    """How fast the clinic's clock runs; 1 outside demonstrations."""
    limits: Limits


class Moving(Struct, frozen=True, kw_only=True):
    """This node stops. Open a socket elsewhere after `after_ms`, resume there, then let this one go."""

    after_ms: int
    grace_ms: int
    """How long this socket still answers."""


class Expiring(Struct, frozen=True, kw_only=True):
    """The access token of this socket runs out soon: call `auth.refresh` on it."""

    expires_at: datetime
    closes_at: datetime
    """When the socket is closed with 4101 if nothing was renewed."""


class TopicEnded(Struct, frozen=True, kw_only=True):
    """The right to hear this topic is gone; nothing more of it comes."""

    topic: str
    why: Literal["right"]
    """`right`: what you may hear has changed."""


class TopicResync(Struct, frozen=True, kw_only=True):
    """The topic cannot go on without a gap, so it stopped: subscribe again and start from the snapshot."""

    topic: str
    why: Literal["overflow", "overtaken", "unhealed", "epoch"]
    """`overflow`: too much came while joining; `overtaken`: what came while joining was told to others before the
    answer was ready; `unhealed`: a missing event was not found in time; `epoch`: the record's life is another one."""


NOTICES: Final[dict[str, type[Struct]]] = {
    "auth:expiring": Expiring,
    "socket:moving": Moving,
    "socket:welcome": Welcome,
    "topic:ended": TopicEnded,
    "topic:resync": TopicResync,
}
