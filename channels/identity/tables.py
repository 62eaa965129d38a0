"""The tables of `migrations/0002_identity.sql` as Piccolo sees them; a test compares the two.

Constraints and indexes stand in the migration only: most of them are partial and Piccolo cannot say them.
"""

from datetime import time

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    OnUpdate,
    SmallInt,
    Text,
    Time,
    Timestamptz,
)
from piccolo.table import Table

from carewire.ids import uuid7
from carewire.store.db import ENGINE

KEEP = OnDelete.no_action
KEPT = OnUpdate.no_action


class Account(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    phone = Text(null=True, default=None, unique=True)
    email = Text(null=True, default=None, unique=True)
    email_verified_at = Timestamptz(null=True, default=None)
    name = Text(required=True)
    password_hash = Text(null=True, default=None, secret=True)
    locale = Text(default="en")
    state = Text(default="active")
    rights_version = BigInt(default=0)
    created_at = Timestamptz(required=True, default=None)
    zone = Text(null=True, default=None)
    quiet_from = Time(null=True, default=time(22))
    quiet_until = Time(null=True, default=time(7))


class AccountCapacity(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    capacity = Text(required=True)
    state = Text(required=True)
    since = Timestamptz(required=True, default=None)


class Patient(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    name = Text(required=True)
    phone = Text(null=True, default=None)
    birth_year = SmallInt(null=True, default=None)
    birth_date = Date(null=True, default=None)
    sex = Text(null=True, default=None)
    place_id = UUID(null=True, default=None)
    created_at = Timestamptz(required=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)
    deleted_by = ForeignKey(Account, null=True, on_delete=KEEP, on_update=KEPT)


class Guardianship(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    patient_id = ForeignKey(Patient, null=False, on_delete=KEEP, on_update=KEPT)
    kind = Text(required=True)
    since = Timestamptz(required=True, default=None)
    until = Timestamptz(null=True, default=None)
    lapses_at = Timestamptz(null=True, default=None)
    merged = Boolean(default=False)
    claim_id = UUID(null=True, default=None)
    """The claim it came from; the reference itself stands in the migration."""
    invited_by = ForeignKey(Account, null=True, on_delete=KEEP, on_update=KEPT)


class PatientClaim(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    patient_id = ForeignKey(Patient, null=False, on_delete=KEEP, on_update=KEPT)
    into_id = ForeignKey(Patient, null=True, on_delete=KEEP, on_update=KEPT)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    claimed_at = Timestamptz(required=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undone_by = ForeignKey(Account, null=True, on_delete=KEEP, on_update=KEPT)


class GuardianInvitation(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    patient_id = ForeignKey(Patient, null=False, on_delete=KEEP, on_update=KEPT)
    phone = Text(required=True)
    kind = Text(required=True)
    invited_by = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    invited_at = Timestamptz(required=True, default=None)
    expires_at = Timestamptz(required=True, default=None)
    state = Text(default="open")
    ended_at = Timestamptz(null=True, default=None)


class Membership(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    place_id = UUID(required=True, default=None)
    duty = Text(required=True)
    since = Timestamptz(required=True, default=None)
    until = Timestamptz(null=True, default=None)


class Login(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    device = Text(null=True, default=None)
    access_jti = UUID(required=True, default=None)
    access_expires_at = Timestamptz(required=True, default=None)
    created_at = Timestamptz(required=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Text(null=True, default=None)
    fact_due = Boolean(default=False)


class RefreshToken(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    login_id = ForeignKey(Login, null=False, on_delete=KEEP, on_update=KEPT)
    generation = Integer(required=True, default=None)
    digest = Bytea(required=True, unique=True, default=None)
    issued_at = Timestamptz(required=True, default=None)
    expires_at = Timestamptz(required=True, default=None)
    used_at = Timestamptz(null=True, default=None)


class TokenBlacklist(Table, db=ENGINE):
    jti = UUID(primary_key=True, default=None)
    login_id = ForeignKey(Login, null=False, on_delete=KEEP, on_update=KEPT)
    expires_at = Timestamptz(required=True, default=None)


class LoginOtp(Table, db=ENGINE):
    phone = Text(primary_key=True)
    code_digest = Bytea(required=True, default=None)
    nonce = Bytea(required=True, default=None)
    sent_at = Timestamptz(required=True, default=None)
    expires_at = Timestamptz(required=True, default=None)
    tries = SmallInt(default=0)
    own_tries = SmallInt(default=0)
    used_at = Timestamptz(null=True, default=None)
    charged = Array(Bytea())


class Throttle(Table, db=ENGINE):
    subject = Bytea(primary_key=True, default=None)
    kind = Text(required=True)
    spent = Integer(required=True, default=None)
    ends_at = Timestamptz(required=True, default=None)


class Registration(Table, db=ENGINE):
    ticket_digest = Bytea(primary_key=True, default=None)
    phone = Text(required=True)
    capacity = Text(required=True)
    name = Text(required=True)
    email = Text(null=True, default=None)
    password_hash = Text(null=True, default=None, secret=True)
    locale = Text(required=True)
    expires_at = Timestamptz(required=True, default=None)
    accepts = JSONB(default="[]")


class AddressProof(Table, db=ENGINE):
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    purpose = Text(required=True)
    digest = Bytea(primary_key=True, default=None)
    email = Text(required=True)
    expires_at = Timestamptz(required=True, default=None)


class AdminScope(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    scope = Text(required=True)
    since = Timestamptz(required=True, default=None)
    until = Timestamptz(null=True, default=None)


class AdminRequest(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    kind = Text(required=True)
    subject_id = ForeignKey(Account, null=True, on_delete=KEEP, on_update=KEPT)
    scopes = Array(Text())
    changes = JSONB(null=True, default=None)
    asked_by = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    asked_at = Timestamptz(required=True, default=None)
    expires_at = Timestamptz(required=True, default=None)
    state = Text(default="open")
    decided_by = ForeignKey(Account, null=True, on_delete=KEEP, on_update=KEPT)
    decided_at = Timestamptz(null=True, default=None)


class AdminSettings(Table, db=ENGINE):
    one = Boolean(primary_key=True, default=True)
    version = BigInt(default=0)
    value = JSONB(default="{}")
    changed_at = Timestamptz(null=True, default=None)


class ContactChange(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    account_id = ForeignKey(Account, null=False, on_delete=KEEP, on_update=KEPT)
    kind = Text(required=True)
    old = Text(required=True)
    new = Text(required=True)
    digest = Bytea(required=True, unique=True, default=None)
    changed_at = Timestamptz(required=True, default=None)
    undo_until = Timestamptz(required=True, default=None)
    state = Text(default="standing")
    undone_at = Timestamptz(null=True, default=None)


class Mailbox(Table, db=ENGINE):
    id = UUID(primary_key=True, default=uuid7)
    channel = Text(required=True)
    address = Text(required=True)
    subject = Text(null=True, default=None)
    body = Text(required=True)
    at = Timestamptz(required=True, default=None)
    job = UUID(null=True, default=None, unique=True)
