"""A verification's states and the only steps between them."""

from enum import StrEnum
from typing import Final

from carewire.lifecycle import Lifecycle, Move
from channels.directory import Approval

S = Approval


class Step(StrEnum):
    """What was done to a case. `adopt` takes over what stood before there were cases."""

    ADOPT = "adopt"
    SUBMIT = "submit"
    REOPEN = "reopen"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class Kind(StrEnum):
    """Who is verified."""

    DOCTOR = "doctor"
    CLINIC = "clinic"
    HOSPITAL = "hospital"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"


VERIFICATION: Final = Lifecycle(
    S,
    start={S.PENDING, S.APPROVED, S.REJECTED, S.WITHDRAWN},
    moves={
        "submit": Move({S.PENDING, S.REJECTED, S.WITHDRAWN}, S.PENDING),
        "reopen": Move({S.APPROVED}, S.PENDING, by_hand=False),
        "approve": Move({S.PENDING}, S.APPROVED),
        "reject": Move({S.PENDING}, S.REJECTED),
        "withdraw": Move({S.APPROVED}, S.WITHDRAWN),
    },
)
