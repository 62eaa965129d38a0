"""The catalogues of `migrations/0110_stock.sql` as Piccolo sees them; a test compares the two."""

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE
from channels.directory.tables import Place


class Medicine(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    pharmacy_id = ForeignKey(Place, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    name = Text(required=True)
    generic = Text(null=True, default=None)
    brand = Text(null=True, default=None)
    form = Text(required=True)
    strength = Text(null=True, default=None)
    pack_size = Integer(default=1)
    amount = BigInt(required=True)
    currency = Text(required=True)
    tax_basis_points = Integer(default=0)
    schedule = Text(required=True)
    barcode = Text(null=True, default=None)
    is_available = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    folded = Text(null=True, default=None)
    """The words it is found by; a trigger keeps them."""
    folded_more = Text(null=True, default=None)


class PharmacyService(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    pharmacy_id = ForeignKey(Place, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    name = Text(required=True)
    description = Text(null=True, default=None)
    amount = BigInt(null=True, default=None)
    currency = Text(null=True, default=None)
    is_active = Boolean(default=True)
    created_at = Timestamptz(required=True, default=None)
