"""The tables of `migrations/0116_request.sql` as Piccolo sees them; references to others stand in the migration."""

from piccolo.columns import UUID, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from carewire.store.db import ENGINE


class Request(Table, db=ENGINE, tablename="request"):
    """What a patient asks for."""

    id = UUID(primary_key=True)
    patient_id = UUID(null=False, default=None)
    account_id = UUID(null=False, default=None)
    kind = Text()
    state = Text()
    revision = Integer()
    fulfilment = Text()
    contact_name = Text()
    contact_phone = Text(null=True)
    address = Text(null=True)
    postal_code = Text()
    notes = Text(null=True)
    prescription_id = UUID(null=True, default=None)
    shared = Boolean()
    admin_id = UUID(null=True, default=None)
    accepted_at = Timestamptz(null=True)
    reader_place_id = UUID(null=True, default=None)
    read_by = UUID(null=True, default=None)
    read_at = Timestamptz(null=True)
    bill_id = UUID(null=True, default=None)
    payment_mode = Text(null=True)
    chosen_by = UUID(null=True, default=None)
    chosen_at = Timestamptz(null=True)
    confirmed_at = Timestamptz(null=True)
    payment_id = UUID(null=True, default=None)
    paid_at = Timestamptz(null=True)
    reason = Text(null=True)
    created_at = Timestamptz()
    changed_at = Timestamptz()


class Bill(Table, db=ENGINE, tablename="bill"):
    """An answer with prices."""

    id = UUID(primary_key=True)
    request_id = UUID(null=False, default=None)
    version = Integer()
    state = Text()
    currency = Text()
    total = BigInt()
    message = Text(null=True)
    valid_until = Timestamptz()
    made_by = UUID(null=False, default=None)
    made_at = Timestamptz()
    substitutes = Boolean()
    substitutes_accepted = Boolean()
    confirmed_at = Timestamptz(null=True)
