"""The closed lists of sittings, tokens and displays are their columns' CHECKs."""

from enum import StrEnum

import pytest

from channels.queue.lifecycle import DisplayState, EndReason, Priority, TokenKind, TokenState
from channels.session.lifecycle import PauseReason, SessionState
from tests.channels.test_tables import checked_words

LISTS: list[tuple[str, str, type[StrEnum]]] = [
    ("session", "state", SessionState),
    ("session", "paused_reason", PauseReason),
    ("token", "state", TokenState),
    ("token", "kind", TokenKind),
    ("token", "priority", Priority),
    ("token", "reason", EndReason),
    ("display", "state", DisplayState),
]


@pytest.mark.parametrize(("table", "column", "words"), LISTS)
async def test_a_closed_list_is_the_columns_check(
    table: str, column: str, words: type[StrEnum], database_url: str
) -> None:
    assert await checked_words(database_url, table, column) == {word.value for word in words}
