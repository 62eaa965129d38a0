"""Whom the access matrix asks for: an actor for each capacity, duty and scope, and for each relationship to a patient.

Everything here happens around one patient ("she"), who holds a token in one sitting at one place ("here"). An actor
has the capacities named and no others, so that a cell shows what one right alone opens. Duties and scopes are taken
from the product's lists: a new one is a new actor, whom nothing lets in until cells say so.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from channels.identity.nouns import Capacity, Duty, Scope


class Group(StrEnum):
    """The columns of docs/access.md."""

    NOBODY = "no login"
    FAMILY = "patients"
    DOCTORS = "doctors"
    STAFF = "staff here, by duty"
    ELSEWHERE = "elsewhere"
    PROVIDERS = "providers"
    ADMINS = "administrators, by scope"
    SCREENS = "screens"


class Who(Struct, frozen=True, kw_only=True, order=True):
    """One actor. `capacities` are the active ones; `auth.authenticate` is held against them."""

    word: str
    group: Group
    capacities: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return self.word


ACTORS: dict[str, Who] = {}
"""All of them, in the order of docs/access.md."""


def who(word: str, group: Group, *capacities: str) -> Who:
    """One more actor. `world.py` makes the account; a `ground` gives it its relationships."""
    assert word not in ACTORS
    ACTORS[word] = Who(word=word, group=group, capacities=frozenset(str(c) for c in capacities))
    return ACTORS[word]


ANONYMOUS: Final = who("no login", Group.NOBODY)

HERSELF: Final = who("herself", Group.FAMILY, Capacity.PATIENT)
GUARDIAN: Final = who("her guardian", Group.FAMILY, Capacity.PATIENT)
FORMER_GUARDIAN: Final = who("a former guardian", Group.FAMILY, Capacity.PATIENT)
OTHER_PATIENT: Final = who("another patient", Group.FAMILY, Capacity.PATIENT)

DOCTOR: Final = who("of the sitting", Group.DOCTORS, Capacity.DOCTOR)
COLLEAGUE: Final = who("a colleague here", Group.DOCTORS, Capacity.DOCTOR)
OTHER_DOCTOR: Final = who("of another place", Group.DOCTORS, Capacity.DOCTOR)
CONSENTED: Final = who("of another place by her consent", Group.DOCTORS, Capacity.DOCTOR)
BREAK_GLASS: Final = who("here by break-glass", Group.DOCTORS, Capacity.DOCTOR)
PENDING_DOCTOR: Final = who("pending", Group.DOCTORS)
WITHDRAWN_DOCTOR: Final = who("withdrawn", Group.DOCTORS)

DUTY: Final = {duty: who(duty.replace("_", " "), Group.STAFF, Capacity.STAFF) for duty in Duty}
OWNER, MANAGER, FRONT_DESK, NURSE = (DUTY[Duty(word)] for word in ("owner", "manager", "front_desk", "nurse"))
PHARMACIST, TECHNICIAN, COLLECTOR = (DUTY[Duty(word)] for word in ("pharmacist", "technician", "collector"))
FORMER_DESK: Final = who("removed", Group.STAFF)
"""Was front desk here until a moment ago."""

ELSEWHERE: Final = who("every duty at another clinic", Group.ELSEWHERE, Capacity.STAFF)

PHARMACY: Final = who("pharmacy", Group.PROVIDERS, Capacity.PHARMACY, Capacity.STAFF)
LABORATORY: Final = who("laboratory", Group.PROVIDERS, Capacity.LABORATORY, Capacity.STAFF)
HOSPITAL: Final = who("hospital admin", Group.PROVIDERS, Capacity.HOSPITAL_ADMIN, Capacity.STAFF)
"""Owners of a pharmacy, a laboratory and a hospital of their own."""

SCOPE: Final = {scope: who(scope, Group.ADMINS, Capacity.ADMIN) for scope in Scope}
VERIFY, SUPPORT, COORDINATE, CONTENT = (SCOPE[Scope(w)] for w in ("verify", "support", "coordinate", "content"))
MONEY, PRIVACY, SUPER = (SCOPE[Scope(word)] for word in ("money", "privacy", "super"))

SCREEN: Final = who("approved", Group.SCREENS, Capacity.DISPLAY)
PENDING_SCREEN: Final = who("pending screen", Group.SCREENS, Capacity.DISPLAY)


def holding(*capacities: Capacity) -> frozenset[Who]:
    """Everybody who holds one of these capacities."""
    return frozenset(one for one in ACTORS.values() if not one.capacities.isdisjoint({str(c) for c in capacities}))


EVERYBODY: Final = frozenset(ACTORS.values())
KNOWN: Final = EVERYBODY - {ANONYMOUS}
PATIENTS: Final = holding(Capacity.PATIENT)
FAMILY: Final = frozenset({HERSELF, GUARDIAN})
HEADS: Final = frozenset({OWNER, MANAGER})
DESK: Final = frozenset({OWNER, MANAGER, FRONT_DESK, NURSE})
"""Who runs a line by duty."""
RUNS: Final = DESK | {DOCTOR}
STAFF_HERE: Final = frozenset(DUTY.values())
ADMINS: Final = frozenset(SCOPE.values())
SCREENS: Final = frozenset({SCREEN, PENDING_SCREEN})
USER_READERS: Final = frozenset({VERIFY, SUPPORT, PRIVACY, SUPER})
"""Administrators who look accounts up."""

KNOW_HER_NAME: Final[frozenset[Who]] = FAMILY | RUNS | USER_READERS | {CONSENTED, BREAK_GLASS}
"""Whom any answer may tell her name, number or mail. Nobody else ever reads them, whatever she asks."""


def in_order(actors: Iterable[Who]) -> list[Who]:
    """As docs/access.md lists them."""
    wanted = frozenset(actors)
    return [one for one in ACTORS.values() if one in wanted]
