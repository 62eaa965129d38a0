"""An affiliation's states and the only steps between them."""

from carewire.lifecycle import Lifecycle, Move
from channels.directory.nouns import AffiliationState

AFFILIATION = Lifecycle(
    AffiliationState,
    start={AffiliationState.OFFERED},
    moves={
        "accept": Move({AffiliationState.OFFERED}, AffiliationState.ACCEPTED),
        "decline": Move({AffiliationState.OFFERED}, AffiliationState.DECLINED),
        "withdraw": Move({AffiliationState.OFFERED}, AffiliationState.WITHDRAWN),
        "end": Move({AffiliationState.ACCEPTED}, AffiliationState.ENDED),
    },
)
