"""What everybody sees of a sitting, and the forms of its settings."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.command import Ctx
from carewire.errors import Field, InvalidParams
from channels.session.access import Session
from channels.session.jobs import KEY, SessionPlanned
from channels.session.lifecycle import PauseReason, SessionState

Quota = Annotated[int, Meta(ge=0, le=2000)]
Seats = Annotated[int, Meta(ge=1, le=2000)]
Minutes = Annotated[float, Meta(ge=0.5, le=240)]
Grace = Annotated[int, Meta(ge=0, le=120)]
Turns = Annotated[int, Meta(ge=0, le=50)]

OPENS_BEFORE: Final = timedelta(hours=12)
"""Without an opening time of its own a sitting takes arrivals this long before it starts."""
LONGEST: Final = timedelta(hours=24)


class SessionView(Struct, frozen=True, kw_only=True):
    """A sitting as everybody with a login sees it."""

    id: UUID
    doctor_id: UUID
    place_id: UUID
    room_id: UUID | None
    zone: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    capacity: int | None
    booked_quota: int | None
    walk_in_quota: int | None
    remote_join: bool
    multi_room: bool
    average_minutes: float
    grace_minutes: int
    back_after: int
    state: SessionState
    started_at: datetime | None
    delayed_until: datetime | None
    paused_reason: PauseReason | None
    resumes_at: datetime | None
    ended_at: datetime | None


def view(session: Session) -> SessionView:
    """The public part."""
    return SessionView(**{name: getattr(session, name) for name in SessionView.__struct_fields__})


def check_times(starts_at: datetime, ends_at: datetime, opens_at: datetime) -> None:
    """A sitting ends after it starts, within a day, and opens no later than it starts."""
    if any(moment.tzinfo is None for moment in (starts_at, ends_at, opens_at)):
        raise InvalidParams(fields=(Field("$.starts_at", "needs a time zone offset"),))
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise InvalidParams(fields=(Field("$.ends_at", "must be after starts_at, by 24 hours at most"),))
    if opens_at > starts_at:
        raise InvalidParams(fields=(Field("$.opens_at", "must not be after starts_at"),))


def planned(ctx: Ctx, place_id: UUID) -> None:
    """Tell the domains to the right, after the commit, that this place's plan changed."""
    ctx.enqueue(SessionPlanned(place_id=place_id), key=KEY.format(place_id=place_id))
