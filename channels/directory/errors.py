"""The refusals of the directory."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class AlreadyMember(Refusal, code=409, reason="already_member"):
    """This person has this duty at this place already."""


class AlreadyAsked(Refusal, code=409, reason="already_asked"):
    """This was offered already and waits for an answer, or holds already."""


class LastOwner(Refusal, code=409, reason="last_owner"):
    """A place keeps at least one owner."""


class AlreadyListed(Refusal, code=409, reason="already_listed"):
    """This account has its entry already: change that."""


class TooManyPending(Refusal, code=409, reason="too_many_pending"):
    """Some of your places wait for verification already; more can be entered when those are through."""


class UnknownSpecialty(Refusal, code=409, reason="unknown_specialty"):
    """There is no such specialty; `specialty.list` has them all."""


refuse("doctor_account_id_key", AlreadyListed)
refuse("doctor_specialty_fkey", UnknownSpecialty)
refuse("doctor_specialty_specialty_fkey", UnknownSpecialty)
refuse("membership_live_once", AlreadyMember)
refuse("member_invitation_once", AlreadyAsked)
refuse("affiliation_live_once", AlreadyAsked)
