"""The catalogue of `migrations/0105_lab.sql` as Piccolo sees it; a test compares the two."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, ForeignKey, Integer, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE
from channels.directory.tables import Place


class LabCatalog(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    laboratory_id = ForeignKey(Place, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    code = Text(required=True)
    name = Text(required=True)
    category = Text(null=True, default=None)
    sample = Text(required=True)
    amount = BigInt(required=True)
    currency = Text(required=True)
    turnaround_hours = Integer(required=True)
    preparation = Text(null=True, default=None)
    home_collection = Boolean(default=False)
    is_available = Boolean(default=True)
    analytes = JSONB()
    created_at = Timestamptz(required=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
