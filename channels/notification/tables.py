"""The table of `0021_notification.sql` and `0092` as Piccolo sees it; a test compares the two."""

from piccolo.columns import UUID, ForeignKey, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE
from channels.identity.tables import Account


class Notification(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=OnDelete.no_action, on_update=OnUpdate.no_action)
    fact = Text(required=True)
    ref_id = UUID(null=True, default=None)
    about = Text(null=True, default=None)
    title = Text(required=True)
    body = Text(required=True)
    created_at = Timestamptz(required=True, default=None)
    read_at = Timestamptz(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)
    occasion = Text(default="")
    happens_at = Timestamptz(null=True, default=None)
    zone = Text(null=True, default=None)
