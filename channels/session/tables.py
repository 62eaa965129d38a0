"""The table of `migrations/0004_session.sql` as Piccolo sees it; references to other domains stand in the migration."""

from piccolo.columns import UUID, Boolean, DoublePrecision, Integer, Text, Timestamptz
from piccolo.table import Table

from carewire.store.db import ENGINE


class Session(Table, db=ENGINE, tablename="session"):
    """A doctor's sitting at a place."""

    id = UUID(primary_key=True)
    doctor_id = UUID(null=False, default=None)
    place_id = UUID(null=False, default=None)
    room_id = UUID(null=True, default=None)
    zone = Text()
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    opens_at = Timestamptz()
    capacity = Integer(null=True)
    booked_quota = Integer(null=True)
    walk_in_quota = Integer(null=True)
    remote_join = Boolean()
    multi_room = Boolean()
    average_minutes = DoublePrecision()
    grace_minutes = Integer()
    back_after = Integer()
    state = Text()
    started_at = Timestamptz(null=True)
    delayed_until = Timestamptz(null=True)
    paused_reason = Text(null=True)
    paused_at = Timestamptz(null=True)
    resumes_at = Timestamptz(null=True)
    ended_at = Timestamptz(null=True)
    created_at = Timestamptz()
