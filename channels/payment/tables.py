"""The table of `migrations/0087_payment.sql` as Piccolo sees it; references stand in the migration."""

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
