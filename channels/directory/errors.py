"""The refusals of the directory."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class AlreadyMember(Refusal, code=409, reason="already_member"):
    """This person has this duty at this place already."""


class AlreadyAsked(Refusal, code=409, reason="already_asked"):
    """This was offered already and waits for an answer, or holds already."""


class LastOwner(Refusal, code=409, reason="last_owner"):
    """A place keeps at least one owner."""


refuse("membership_live_once", AlreadyMember)
refuse("member_invitation_once", AlreadyAsked)
refuse("affiliation_live_once", AlreadyAsked)
