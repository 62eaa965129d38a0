"""The closed lists of the stock are their columns' CHECKs, and a hold moves only as it may."""

from enum import StrEnum

import pytest

from carewire.errors import IllegalMove
from channels.care import Schedule
from channels.stock.lifecycle import HOLD, HoldState
from channels.stock.nouns import AdjustReason, DosageForm, MovementKind, PartState
from tests.channels.test_tables import checked_words

LISTS: list[tuple[str, str, type[StrEnum]]] = [
    ("medicine", "form", DosageForm),
    ("medicine", "schedule", Schedule),
    ("stock_movement", "kind", MovementKind),
    ("stock_movement", "reason", AdjustReason),
    ("stock_hold", "state", HoldState),
    ("stock_hold_part", "state", PartState),
]


@pytest.mark.parametrize(("table", "column", "words"), LISTS)
async def test_a_closed_list_is_the_columns_check(
    table: str, column: str, words: type[StrEnum], database_url: str
) -> None:
    assert await checked_words(database_url, table, column) == {word.value for word in words}


@pytest.mark.parametrize("state", HoldState)
def test_a_hold_ends_once(state: HoldState) -> None:
    legal = {"extend", "sell", "release", "expire"} if state is HoldState.HELD else set()
    assert set(HOLD.legal(state)) == legal
    for move in HOLD.moves.keys() - legal:
        with pytest.raises(IllegalMove):
            HOLD.move(state, move)
