"""The refusals of identity."""

from carewire.errors import Refusal
from carewire.store.constraints import refuse


class WrongCode(Refusal, code=401, reason="wrong_code"):
    """The code is not right; `tries_left` says how often it may be tried again."""


class CodeGone(Refusal, code=401, reason="code_gone"):
    """There is no live code for this number: it expired, was used or was tried too often. Ask for a new one."""


class WrongPassword(Refusal, code=401, reason="wrong_password"):
    """The e-mail or the password is not right."""


class TokenReused(Refusal, code=401, reason="token_reused"):
    """This refresh token was spent before; the login it belonged to is ended. Log in again."""


class ProofGone(Refusal, code=401, reason="proof_gone"):
    """This token proves nothing (any more): it expired, was used, was replaced by a newer one or never existed."""


class WrongFact(Refusal, code=401, reason="wrong_fact"):
    """That is not what we know."""


class FactDue(Refusal, code=403, reason="fact_due"):
    """This login tells one known fact first (`auth.tell_fact`): a code alone opens no clinical data here."""


class TermsOutdated(Refusal, code=409, reason="terms_outdated"):
    """There is a newer version (`version`): read that one."""


class TermsPublished(Refusal, code=409, reason="terms_published"):
    """This version has this language already, and what was published never changes."""


class SameContact(Refusal, code=409, reason="same_contact"):
    """The account has this phone or e-mail already."""


class ContactHeld(Refusal, code=409, reason="contact_held"):
    """Another account left this phone or e-mail within the last 24 hours and can still take it back."""


class NoPassword(Refusal, code=409, reason="no_password"):
    """This account has no password; it logs in by code."""


class NoEmail(Refusal, code=409, reason="no_email"):
    """This account has no e-mail."""


class AlreadyVerified(Refusal, code=409, reason="already_verified"):
    """This e-mail is verified already."""


class AccountClosed(Refusal, code=403, reason="account_closed"):
    """This account is deactivated."""


class EmailTaken(Refusal, code=409, reason="email_taken"):
    """Another account has this e-mail."""


class PhoneTaken(Refusal, code=409, reason="phone_taken"):
    """Another account has this phone number."""


class NotOneself(Refusal, code=409, reason="not_oneself"):
    """Nobody does this to the account she is logged in with: another administrator does."""


class NothingToUndo(Refusal, code=409, reason="nothing_to_undo"):
    """No order of yours waits: there is none, or it is done."""


class LastAdmin(Refusal, code=409, reason="last_admin"):
    """Somebody must be left who can make administrators."""


class TwoPeople(Refusal, code=409, reason="two_people"):
    """This takes a second administrator: not the one who asked, and not the one it is about."""


class RequestOver(Refusal, code=409, reason="request_over"):
    """This request was decided already, has expired, or who asked may not ask any more."""


class SoleOwner(Refusal, code=409, reason="sole_owner"):
    """This account is the only owner of the places in `place_ids`: give them another owner first."""


class TooManyPatients(Refusal, code=409, reason="too_many_patients"):
    """One account acts for at most a dozen patients."""


class AlreadyInvited(Refusal, code=409, reason="already_invited"):
    """This number is invited already."""


class LastGuardian(Refusal, code=409, reason="last_guardian"):
    """Somebody acts for a minor: let another guardian in first."""


class OwnRecord(Refusal, code=409, reason="own_record"):
    """Nobody stops acting for herself."""


class Lapsed(Refusal, code=409, reason="guardianship_lapsed"):
    """The patient is of age since: only she lets somebody act for her."""


class BirthdayFixed(Refusal, code=409, reason="birthday_fixed"):
    """The date of birth was told once and is not changed by somebody else."""


class AlreadyGuardian(Refusal, code=409, reason="already_guardian"):
    """You act for this patient already, or have a patient record of your own already."""


refuse("admin_request_two_people", TwoPeople)
refuse("contact_held", ContactHeld)
refuse("account_email_key", EmailTaken)
refuse("account_phone_key", PhoneTaken)
refuse("terms_text_once", TermsPublished)
refuse("guardian_invitation_once", AlreadyInvited)
refuse("guardianship_lapsed", Lapsed)
refuse("patient_merged_once", AlreadyGuardian)
refuse("guardianship_self_of_one", AlreadyGuardian)
refuse("guardianship_live_once", AlreadyGuardian)
refuse("guardianship_one_self", AlreadyGuardian)
