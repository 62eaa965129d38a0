"""The tables of `migrations/0087_payment.sql` and `0159_counter_refund.sql` as Piccolo sees them."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz
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
