"""The operator's commands on databases that cannot be used: one line with its mend, never a traceback."""

import pytest

from carewire.cli import main
from carewire.embedded import Postgres
from tests.conftest import SECRET


@pytest.mark.parametrize("command", ["serve", "migrate", "seed"])
def test_a_database_that_is_away_is_one_line_with_the_mend(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAREWIRE_SECRET", SECRET)
    monkeypatch.setenv("CAREWIRE_DATABASE_URL", "postgresql://somebody:hush@127.0.0.1:1/nothing")
    assert main([command]) == 1
    told = capsys.readouterr().err
    assert told.startswith("carewire: the database cannot be reached: ConnectionRefusedError")
    assert told.count("\n") == 1
    assert "mend" in told
    assert "hush" not in told


async def test_a_schema_that_is_behind_is_named_before_anything_is_served(postgres: Postgres) -> None:
    from carewire.cli import database_problem

    told = await database_problem(postgres.url)
    assert told is not None
    assert "0001_platform" in told
    assert told.endswith("mend: carewire migrate")
