"""The table of `migrations/0117_order.sql` as Piccolo sees it; references to others stand in the migration."""

from piccolo.columns import UUID, BigInt, Integer, SmallInt, Text, Timestamptz
from piccolo.table import Table

from carewire.store.db import ENGINE


class Order(Table, db=ENGINE, tablename="orders"):
    """What one provider is to deliver."""

    id = UUID(primary_key=True)
    number = Text()
    patient_id = UUID(null=False, default=None)
    account_id = UUID(null=False, default=None)
    place_id = UUID(null=False, default=None)
    kind = Text()
    source = Text()
    request_id = UUID(null=True, default=None)
    prescription_id = UUID(null=True, default=None)
    state = Text()
    revision = Integer()
    fulfilment = Text()
    contact_name = Text()
    contact_phone = Text(null=True)
    address = Text(null=True)
    postal_code = Text()
    notes = Text(null=True)
    currency = Text()
    delivery_fee = BigInt()
    payment_mode = Text()
    pay_by = Timestamptz(null=True)
    payment_id = UUID(null=True, default=None)
    paid = BigInt(null=True)
    paid_at = Timestamptz(null=True)
    paid_place_id = UUID(null=True, default=None)
    refunded = BigInt()
    hold_id = UUID(null=True, default=None)
    offered_at = Timestamptz(null=True)
    offers = SmallInt()
    accept_by = Timestamptz(null=True)
    alarmed_at = Timestamptz(null=True)
    code_round = SmallInt()
    code_tries = SmallInt()
    spend_ref = UUID(null=True, default=None)
    ended_at = Timestamptz(null=True)
    reason = Text(null=True)
    created_at = Timestamptz()
    changed_at = Timestamptz()
