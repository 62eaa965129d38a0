"""The tables of `0003_directory.sql` and `0070`/`0071` as Piccolo sees them; a test compares the two."""

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    Boolean,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    OnUpdate,
    SmallInt,
    Text,
    Timestamptz,
)
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
    approval = Text(default="pending")
    closed_at = Timestamptz(null=True, default=None)
    address = Text(null=True, default=None)
    state = Text(null=True, default=None)
    postal_code = Text(null=True, default=None)
    country = Text(default="IN")
    latitude = DoublePrecision(null=True, default=None)
    longitude = DoublePrecision(null=True, default=None)
    description = Text(null=True, default=None)
    email = Text(null=True, default=None)
    website = Text(null=True, default=None)
    licence = Text(null=True, default=None)
    departments = Array(Text())
    services = Array(Text())
    hospital_id = UUID(null=True, default=None)
    """Another place; the reference itself stands in the migration."""
    served_postal_codes = Array(Text())
    delivery_fee = BigInt(null=True, default=None)
    delivery_currency = Text(null=True, default=None)
    orders_paused_until = Timestamptz(null=True, default=None)
    folded = Text(null=True, default=None)
    """The words it is found by; triggers keep them. So with the next two, and with those of specialties and doctors."""
    folded_more = Text(null=True, default=None)
    folded_where = Text(null=True, default=None)


class Room(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    place_id = ForeignKey(Place, null=False, on_delete=KEEP, on_update=KEPT)
    name = Text(required=True)


class Specialty(Table, db=ENGINE):
    slug = Text(primary_key=True)
    name = Text(required=True, unique=True)
    aliases = Array(Text())
    folded = Text(null=True, default=None)


class Doctor(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = UUID(required=True, unique=True, default=None)
    """The account in identity; the reference itself stands in the migration."""
    name = Text(required=True)
    specialty = ForeignKey(Specialty, null=False, on_delete=KEEP, on_update=KEPT)
    registration = Text(null=True, default=None)
    languages = Array(Text())
    created_at = Timestamptz(required=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    council = Text(null=True, default=None)
    qualification = Text(null=True, default=None)
    practising_since = SmallInt(null=True, default=None)
    bio = Text(null=True, default=None)
    fee = BigInt(null=True, default=None)
    fee_currency = Text(null=True, default=None)
    teleconsult = Boolean(default=False)
    zone = Text(default="Asia/Kolkata")
    rating_sum = BigInt(default=0)
    rating_count = Integer(default=0)
    folded = Text(null=True, default=None)


class Affiliation(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    doctor_id = ForeignKey(Doctor, null=False, on_delete=KEEP, on_update=KEPT)
    place_id = ForeignKey(Place, null=False, on_delete=KEEP, on_update=KEPT)
    state = Text(required=True)
    offered_at = Timestamptz(required=True, default=None)
    since = Timestamptz(null=True, default=None)
    until = Timestamptz(null=True, default=None)
    department = Text(null=True, default=None)
    is_primary = Boolean(default=False)


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
