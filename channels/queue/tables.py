"""The tables of `migrations/0005_queue.sql` as Piccolo sees them; a test compares the two.

References, constraints and triggers stand in the migration only.
"""

from piccolo.columns import (
    UUID,
    Array,
    BigInt,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    OnUpdate,
    Text,
    Timestamptz,
)
from piccolo.columns.defaults.uuid import UUID7
from piccolo.table import Table

from carewire.store.db import ENGINE

KEEP = OnDelete.no_action
KEPT = OnUpdate.no_action


class Token(Table, db=ENGINE):
    """One patient's place in one line."""

    id = UUID(primary_key=True, default=UUID7())
    session_id = UUID(default=None)
    patient_id = UUID(default=None)
    account_id = UUID(null=True, default=None)
    kind = Text()
    state = Text()
    joined_at = Timestamptz(default=None)
    due_at = Timestamptz(null=True, default=None)
    number = Integer(null=True, default=None)
    place = BigInt(null=True, default=None)
    arrived_at = Timestamptz(null=True, default=None)
    returned_at = Timestamptz(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    announced_at = Timestamptz(null=True, default=None)
    calls = Integer()
    begun_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    room_id = UUID(null=True, default=None)
    room = Text(null=True, default=None)
    priority = Text(null=True, default=None)
    hold = Integer(null=True, default=None)
    hold_rank = DoublePrecision()
    reason = Text(null=True, default=None)
    offer_id = UUID(null=True, default=None)
    finished_id = UUID(null=True, default=None)
    alert_before = Integer(null=True, default=None)
    alert_minutes = Integer(null=True, default=None)
    near_at = Timestamptz(null=True, default=None)
    near_before = Integer(null=True, default=None)
    told_low = Timestamptz(null=True, default=None)
    told_mid = Timestamptz(null=True, default=None)
    told_high = Timestamptz(null=True, default=None)


class Line(Table, db=ENGINE):
    """What a line has learnt and last told."""

    session_id = UUID(primary_key=True, default=None)
    calls = Integer()
    last_number = Integer()
    curve = Bytea()
    score = Bytea()
    due_at = Timestamptz(null=True, default=None)
    timer_at = Timestamptz(null=True, default=None)


class Pace(Table, db=ENGINE):
    """How long a doctor's last visits took."""

    doctor_id = UUID(primary_key=True, default=None)
    minutes = Array(DoublePrecision())


class TokenMove(Table, db=ENGINE, tablename="token_move"):
    """Who did what to a token."""

    id = UUID(primary_key=True, default=UUID7())
    token_id = ForeignKey(Token, null=False, on_delete=KEEP, on_update=KEPT)
    at = Timestamptz(default=None)
    what = Text()
    actor_id = UUID(null=True, default=None)
    from_state = Text(null=True, default=None)
    to_state = Text()
    priority = Text(null=True, default=None)


class ArrivalCode(Table, db=ENGINE, tablename="arrival_code"):
    """The secret on a place's wall."""

    place_id = UUID(primary_key=True, default=None)
    code = Text()
    since = Timestamptz(default=None)


class Slip(Table, db=ENGINE):
    """A printed slip's key."""

    digest = Bytea(primary_key=True)
    token_id = ForeignKey(Token, null=False, on_delete=KEEP, on_update=KEPT)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)


class Display(Table, db=ENGINE):
    """A screen in a waiting room."""

    id = UUID(primary_key=True, default=UUID7())
    state = Text()
    secret_digest = Bytea(unique=True)
    code_digest = Bytea(null=True, default=None)
    code_expires_at = Timestamptz(null=True, default=None)
    asked_network = Text(null=True, default=None)
    asked_at = Timestamptz(default=None)
    label = Text(null=True, default=None)
    board = Bytea(null=True, default=None)
    place_id = UUID(null=True, default=None)
    approved_by = UUID(null=True, default=None)
    approved_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)


class DisplayScope(Table, db=ENGINE, tablename="display_scope"):
    """For which room or doctor a display was approved."""

    id = UUID(primary_key=True, default=UUID7())
    display_id = ForeignKey(Display, null=False, on_delete=KEEP, on_update=KEPT)
    room_id = UUID(null=True, default=None)
    doctor_id = UUID(null=True, default=None)
