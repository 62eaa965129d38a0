"""The tables of `migrations/0003_directory.sql` as Piccolo sees them; a test compares the two."""

from piccolo.columns import UUID, Array, ForeignKey, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE

KEEP = OnDelete.no_action
KEPT = OnUpdate.no_action


class Place(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    kind = Text(required=True)
    name = Text(required=True)
    zone = Text(required=True)
    city = Text(required=True)
    phone = Text(null=True, default=None)
    created_at = Timestamptz(required=True, default=None)


class Room(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    place_id = ForeignKey(Place, null=False, on_delete=KEEP, on_update=KEPT)
    name = Text(required=True)


class Specialty(Table, db=ENGINE):
    slug = Text(primary_key=True)
    name = Text(required=True, unique=True)


class Doctor(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = UUID(required=True, unique=True, default=None)
    """The account in identity; the reference itself stands in the migration."""
    name = Text(required=True)
    specialty = ForeignKey(Specialty, null=False, on_delete=KEEP, on_update=KEPT)
    registration = Text(null=True, default=None)
    languages = Array(Text())
    created_at = Timestamptz(required=True, default=None)


class Affiliation(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    doctor_id = ForeignKey(Doctor, null=False, on_delete=KEEP, on_update=KEPT)
    place_id = ForeignKey(Place, null=False, on_delete=KEEP, on_update=KEPT)
    state = Text(required=True)
    offered_at = Timestamptz(required=True, default=None)
    since = Timestamptz(null=True, default=None)
    until = Timestamptz(null=True, default=None)


class MemberInvitation(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    place_id = ForeignKey(Place, null=False, on_delete=KEEP, on_update=KEPT)
    phone = Text(required=True)
    duty = Text(required=True)
    invited_by = UUID(required=True, default=None)
    """The account in identity; the reference itself stands in the migration."""
    invited_at = Timestamptz(required=True, default=None)
    expires_at = Timestamptz(required=True, default=None)
    state = Text(default="open")
    ended_at = Timestamptz(null=True, default=None)
