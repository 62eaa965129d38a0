"""The tables of `migrations/0086_content.sql` as Piccolo sees them; a test compares the two."""

from piccolo.columns import UUID, Array, BigInt, Boolean, ForeignKey, Integer, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.columns import UUID as UUIDColumn
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE
from channels.directory.tables import Place


class Treatment(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    name = Text(required=True)
    category = Text(null=True, default=None)
    description = Text(null=True, default=None)
    duration_days = Integer(null=True, default=None)
    is_global = Boolean(default=True)
    is_active = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class HospitalTreatment(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    place_id = ForeignKey(Place, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    treatment_id = ForeignKey(Treatment, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    description = Text(null=True, default=None)
    duration_days = Integer(null=True, default=None)
    success_basis_points = Integer(null=True, default=None)
    inclusions = Array(base_column=Text(), default=list)
    exclusions = Array(base_column=Text(), default=list)
    is_available = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class Package(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    name = Text(required=True)
    country = Text(required=True)
    description = Text(null=True, default=None)
    duration_days = Integer(required=True)
    inclusions = Array(base_column=Text(), default=list)
    hospital_ids = Array(base_column=UUIDColumn(), default=list)
    treatment_ids = Array(base_column=UUIDColumn(), default=list)
    flights_included = Boolean(default=False)
    accommodation_included = Boolean(default=False)
    transfers_included = Boolean(default=False)
    currency = Text(required=True)
    amount = BigInt(required=True)
    is_active = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class InsuranceProvider(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    name = Text(required=True)
    country = Text(null=True, default=None)
    phone = Text(null=True, default=None)
    email = Text(null=True, default=None)
    website = Text(null=True, default=None)
    coverage = Array(base_column=Text(), default=list)
    is_active = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class Faq(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    question = Text(required=True)
    answer = Text(required=True)
    category = Text(null=True, default=None)
    display_order = Integer(default=0)
    is_published = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class WebsitePage(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    slug = Text(required=True)
    title = Text(required=True)
    content = Text(required=True)
    description = Text(null=True, default=None)
    keywords = Array(base_column=Text(), default=list)
    is_published = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)


class Translation(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    noun = Text(required=True)
    entry_id = Text(required=True)
    field = Text(required=True)
    locale = Text(required=True)
    text = Text(required=True)
    is_auto = Boolean(required=True)
    is_stale = Boolean(default=False)
    updated_at = Timestamptz(required=True, default=None)
