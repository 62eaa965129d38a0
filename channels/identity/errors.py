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


class AccountClosed(Refusal, code=403, reason="account_closed"):
    """This account is deactivated."""


class EmailTaken(Refusal, code=409, reason="email_taken"):
    """Another account has this e-mail."""


class PhoneTaken(Refusal, code=409, reason="phone_taken"):
    """Another account has this phone number."""


class TooManyPatients(Refusal, code=409, reason="too_many_patients"):
    """One account acts for at most a dozen patients."""


class AlreadyGuardian(Refusal, code=409, reason="already_guardian"):
    """You act for this patient already, or have a patient record of your own already."""


refuse("account_email_key", EmailTaken)
refuse("account_phone_key", PhoneTaken)
refuse("guardianship_live_once", AlreadyGuardian)
refuse("guardianship_one_self", AlreadyGuardian)
