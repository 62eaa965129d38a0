"""What a change of a sitting leaves for the domains to its right."""

from typing import Final
from uuid import UUID

from carewire.jobs.job import Job


class SessionPlanned(Job, name="session.planned"):
    """A sitting of this place was created, moved or cancelled; those who show its sittings look again."""

    place_id: UUID


KEY: Final = "boards:{place_id}"
"""One open job per place: ten new sittings are one look."""
