"""The tables of `migrations/0080_media.sql` as Piccolo sees them; a test compares the two."""

from piccolo.columns import UUID, BigInt, Bytea, ForeignKey, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE
from channels.identity.tables import Account


class Media(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    kind = Text(required=True)
    name = Text(required=True)
    mime = Text(required=True)
    size = BigInt(required=True)
    sha256 = Bytea(required=True)
    path = Text(required=True)
    about_noun = Text(null=True, default=None)
    about_id = UUID(null=True, default=None)
    attached_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(required=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)
