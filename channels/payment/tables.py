"""The tables of `0087_payment.sql`, `0159_counter_refund.sql` and `0170_online_payment.sql` as Piccolo sees them."""

from piccolo.columns import UUID, BigInt, Bytea, Text, Timestamptz
from piccolo.table import Table

from carewire.store.db import ENGINE


class Payment(Table, db=ENGINE, tablename="payment"):
    """One payment that succeeded."""

    id = UUID(primary_key=True)
    about_noun = Text()
    about_id = UUID(null=False, default=None)
    patient_id = UUID(null=True, default=None)
    place_id = UUID(null=False, default=None)
    amount = BigInt()
    currency = Text()
    means = Text()
    taken_by = UUID(null=False, default=None)
    taken_at = Timestamptz()


class CounterRefund(Table, db=ENGINE, tablename="counter_refund"):
    """Money of a counter payment that goes back, or has gone."""

    id = UUID(primary_key=True)
    payment_id = UUID(null=False, default=None)
    place_id = UUID(null=False, default=None)
    patient_id = UUID(null=True, default=None)
    number = Text()
    amount = BigInt()
    reason = Text()
    due_at = Timestamptz()
    handed_by = UUID(null=True, default=None)
    handed_at = Timestamptz(null=True, default=None)
    handed_means = Text(null=True, default=None)


class OnlinePayment(Table, db=ENGINE, tablename="online_payment"):
    """An attempt to pay through a gateway."""

    id = UUID(primary_key=True)
    about_noun = Text()
    about_id = UUID(null=False, default=None)
    patient_id = UUID(null=False, default=None)
    payer_id = UUID(null=False, default=None)
    amount = BigInt()
    currency = Text()
    gateway = Text()
    state = Text()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    intent = Text(null=True, default=None)
    checkout = Bytea(null=True, default=None)
    heard_at = Timestamptz(null=True, default=None)
    problem = Text(null=True, default=None)
    received = BigInt(null=True, default=None)
    received_currency = Text(null=True, default=None)
    completed_at = Timestamptz(null=True, default=None)
    refund_reason = Text(null=True, default=None)
    refunded = BigInt()
