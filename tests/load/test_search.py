"""The measurement of search runs, on few doctors: what it measures here is not the figure."""

import random

import pytest

from carewire.settings import Settings
from channels.large import seed_large
from load import search


async def test_every_kind_of_question_is_asked_and_its_time_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.database_url
    monkeypatch.setattr(search, "ASKED", 2)
    await seed_large(settings.database_url, settings, doctors=60, many=10, seed=1)
    assert await search.measure(settings.database_url, 1)
    table = capsys.readouterr().out
    for kind in ("name", "a slip", "specialty and city in words", "filters by rating", "second pages", "all"):
        assert f"| {kind} |" in table


def test_a_slip_changes_a_word() -> None:
    throw = random.Random(1)
    assert all(search.slip(throw, "sharma") != "sharma" for _ in range(20))
