"""The table of sittings."""

from piccolo.columns import UUID, Boolean, DoublePrecision, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from carewire.store.db import ENGINE
from channels.directory.tables import Doctor, Place, Room


class Session(Table, db=ENGINE, tablename="session"):
    """A doctor's sitting at a place."""

    id = UUID(primary_key=True)
    doctor_id = ForeignKey(Doctor, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action, null=False)
    place_id = ForeignKey(Place, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action, null=False)
    room_id = ForeignKey(Room, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action, null=True)
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
