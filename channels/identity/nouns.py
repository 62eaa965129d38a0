"""The closed lists of this domain. A test holds each against the CHECK of its column."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from carewire.personal import Kept


class Capacity(StrEnum):
    """What a principal may be; the coarse gate of every command."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    STAFF = "staff"
    """Has a live membership somewhere. Derived at each authentication, never stored."""
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"
    HOSPITAL_ADMIN = "hospital_admin"
    ADMIN = "admin"
    DISPLAY = "display"
    """A waiting-room screen: a principal without an account."""


HELD = tuple(c for c in Capacity if c not in (Capacity.STAFF, Capacity.DISPLAY))
"""The capacities an account holds by a row of its own."""


class CapacityState(StrEnum):
    """Only an active capacity opens anything; a pending one waits for an admin's verification."""

    ACTIVE = "active"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"


class Duty(StrEnum):
    """What a member does at a place."""

    OWNER = "owner"
    MANAGER = "manager"
    FRONT_DESK = "front_desk"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    TECHNICIAN = "technician"
    COLLECTOR = "collector"


class Kin(StrEnum):
    """What the account's holder is to the patient."""

    SELF = "self"
    PARENT = "parent"
    CHILD = "child"
    SPOUSE = "spouse"
    SIBLING = "sibling"
    GUARDIAN = "guardian"
    OTHER = "other"


class Guardian(StrEnum):
    """What somebody else may be to a patient: `Kin` without oneself."""

    PARENT = "parent"
    CHILD = "child"
    SPOUSE = "spouse"
    SIBLING = "sibling"
    GUARDIAN = "guardian"
    OTHER = "other"


class Sex(StrEnum):
    """As the patient states it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class AccountState(StrEnum):
    """Whether somebody can log in."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"
    """Nobody's any more: the row stays for those that refer to it."""


class ProofPurpose(StrEnum):
    """What a token that came by mail is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the purpose, not one
    CHANGE_EMAIL = "change_email"


class Fact(StrEnum):
    """What a login may owe before it sees clinical data."""

    BIRTH_YEAR = "birth_year"


class Scope(StrEnum):
    """What an administrator may (PRODUCT 3). None opens clinical data."""

    VERIFY = "verify"
    SUPPORT = "support"
    COORDINATE = "coordinate"
    CONTENT = "content"
    MONEY = "money"
    PRIVACY = "privacy"
    SUPER = "super"
    """All of them, and administrators themselves."""


class AdminRequestKind(StrEnum):
    """What one administrator asks for and another confirms."""

    MAKE_ADMIN = "make_admin"
    CHANGE_SCOPES = "change_scopes"
    CHANGE_SETTINGS = "change_settings"


class EndReason(StrEnum):
    """Why a login is over."""

    LOGOUT = "logout"
    REUSE = "reuse"
    """A spent refresh token was presented: somebody else has a copy, so nobody keeps the family."""
    REMOTE = "remote"
    DEACTIVATED = "deactivated"
    PASSWORD = "password"  # noqa: S105 - the reason, not one


MEDICAL: Final = Kept("medical_record", timedelta(days=3 * 365 + 1))
"""Records of treatment are kept for three years (Indian Medical Council Regulations 2002, 1.3.1; counsel)."""
