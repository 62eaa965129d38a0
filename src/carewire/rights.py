"""Rights follow reality within a second: the internal event every hub heeds."""

from uuid import UUID

from carewire.event import Event


class RightsChanged(Event, name="rights:changed", topic="rights:{actor_id}"):
    """What this principal may do has changed. Internal: no socket can subscribe to it."""

    actor_id: UUID
