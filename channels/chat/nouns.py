"""The closed lists of this domain, and its limits. A test holds the lists against the database."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from channels.identity import Duty


class Author(StrEnum):
    """As whom somebody writes."""

    PATIENT = "patient"
    GUARDIAN = "guardian"
    """Who acts for the patient."""
    DOCTOR = "doctor"
    DESK = "desk"
    """Somebody who works there, for the place. Who it was, only staff are told."""

    @property
    def side(self) -> "Side":
        """Whose messages these are."""
        return Side.PATIENT if self in (Author.PATIENT, Author.GUARDIAN) else Side.PROVIDER


class Side(StrEnum):
    """A thread has two sides; each has one read mark, whoever of it has read."""

    PATIENT = "patient"
    PROVIDER = "provider"

    @property
    def other(self) -> "Side":
        """The one across."""
        return Side.PROVIDER if self is Side.PATIENT else Side.PATIENT


ANSWERS: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.NURSE, Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that read and answer for their place."""
SHOWN: Final = 30
"""Messages in the topic's snapshot; older ones by `chat.history`."""
INBOX_MAX: Final = 100
"""Threads with something unread in an inbox."""

Said = Annotated[str, Meta(max_length=4000, description="What is said; may be empty beside files")]
Seq = Annotated[int, Meta(ge=1, le=2**31 - 1, description="A message's number in its thread")]
Messages = Annotated[int, Meta(ge=1, le=50, description="How many messages at most")]
