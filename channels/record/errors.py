"""How records say no."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class RecordKept(Refusal, code=409, reason="record_kept"):
    """A provider wrote it: it is kept for the legal time, and only shared or not."""


class TooManyRecords(Refusal, code=409, reason="too_many_records"):
    """A patient has as many records as may be; delete some of her own."""


refuse("medical_record_kept", RecordKept)
