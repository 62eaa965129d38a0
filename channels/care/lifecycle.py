"""A relationship's states and the only steps between them."""

from carewire.lifecycle import Lifecycle, Move
from channels.care.nouns import RelationState as S

RELATIONSHIP = Lifecycle(
    S,
    start={S.ASKED, S.STANDING},
    moves={
        "ask": Move({S.ASKED, S.LAPSED, S.ENDED}, S.ASKED),
        "make": Move({S.ASKED, S.STANDING, S.LAPSED, S.ENDED}, S.STANDING),
        "lapse": Move({S.STANDING}, S.LAPSED, by_hand=False),
        "end": Move({S.ASKED, S.STANDING}, S.ENDED),
    },
)
