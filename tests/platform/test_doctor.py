"""The doctor: every illness has a line, a level and a mend."""

import subprocess
import sys
from pathlib import Path

import pytest

from carewire import doctor
from carewire.cli import main
from carewire.embedded import Postgres, Valkey
from carewire.settings import Settings
from carewire.store.migrate import migrate

TWILIO = "twilio://AC1:token@api.twilio.com/?from=x"
GOOD_SECRET = "n3ZbqgC0vS7kX1yTtW8dLrP5mHfJ2aEu"


async def findings(monkeypatch: pytest.MonkeyPatch, **env: str) -> dict[str, doctor.Finding]:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return {finding.what: finding async for finding in doctor.examine()}


async def test_a_deployment_without_addresses_fails_in_production_and_only_warns_on_a_desk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = await findings(monkeypatch, CAREWIRE_DATA=str(tmp_path))
    assert (desk["database"].level, desk["redis"].level) == ("warn", "warn")
    clinic = await findings(monkeypatch, CAREWIRE_MODE="production", CAREWIRE_SECRET=GOOD_SECRET)
    assert (clinic["database"].level, clinic["redis"].level) == ("fail", "fail")
    assert "CAREWIRE_DATABASE_URL" in clinic["database"].mend


async def test_a_schema_that_is_behind_fails_until_it_is_migrated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with Postgres(tmp_path) as pg, Valkey(tmp_path) as vk:
        urls = {"CAREWIRE_DATABASE_URL": pg.url, "CAREWIRE_REDIS_URL": vk.url, "CAREWIRE_DATA": str(tmp_path)}
        before = await findings(monkeypatch, **urls)
        assert before["migrations"].level == "fail"
        assert before["migrations"].mend == "carewire migrate"
        await migrate(pg.url)
        after = await findings(monkeypatch)
        assert {after[what].level for what in ("database", "migrations", "durability", "connections", "redis")} == {
            "ok"
        }


async def test_a_storage_that_keeps_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    found = await findings(
        monkeypatch, CAREWIRE_DATA=str(tmp_path), CAREWIRE_STORAGE_URL=(in_the_way / "files").as_uri()
    )
    assert found["storage"].level == "fail"
    assert "CAREWIRE_STORAGE_URL" in found["storage"].mend
    found = await findings(monkeypatch, CAREWIRE_STORAGE_URL=(tmp_path / "files").as_uri())
    assert found["storage"].level == "ok"
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


async def test_a_database_that_forgets_commits_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with Postgres(tmp_path, fsync=False):
        found = await findings(monkeypatch, CAREWIRE_DATA=str(tmp_path))  # found by its folder alone
    assert found["durability"].level == "fail"
    assert "fsync" in found["durability"].mend


async def test_servers_that_do_not_answer_fail_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = await findings(
        monkeypatch,
        CAREWIRE_DATA=str(tmp_path),
        CAREWIRE_DATABASE_URL="postgresql://carewire@127.0.0.1:1/carewire",
        CAREWIRE_REDIS_URL="redis://127.0.0.1:1",
    )
    assert (found["database"].level, found["redis"].level) == ("fail", "fail")
    assert "not reachable" in found["database"].text


async def test_a_bad_setting_is_named_and_a_running_clock_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = await findings(monkeypatch, CAREWIRE_DATA=str(tmp_path), CAREWIRE_CLOCK_RATE="60")
    assert found["clock"].level == "warn"
    found = await findings(monkeypatch, CAREWIRE_PORT="many")
    assert found["settings"].level == "fail"
    assert "CAREWIRE_PORT" in found["settings"].text


@pytest.mark.parametrize(("soft", "level"), [(256, "fail"), (4096, "warn"), (100_000, "ok")])
def test_too_few_file_descriptors_are_told(monkeypatch: pytest.MonkeyPatch, soft: int, level: str) -> None:
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda _: (soft, 100_000))
    assert doctor.check_files().level == level


def test_a_short_secret_is_told() -> None:
    assert doctor.check_secret(Settings(secret="short")).level == "warn"
    assert doctor.check_secret(Settings(secret=GOOD_SECRET)).level == "ok"


@pytest.mark.parametrize(
    ("outside", "public", "level"),
    [
        ({}, None, "ok"),
        ({"sms_url": TWILIO}, None, "warn"),
        ({"sms_url": TWILIO}, "http://clinic.internal", "warn"),
        ({"stripe_secret_key": "sk_test_01234567"}, None, "warn"),
        ({"sms_url": TWILIO}, "https://clinic.example", "ok"),
    ],
)
def test_a_gateway_that_cannot_call_back_is_told(outside: dict[str, str], public: str | None, level: str) -> None:
    """Ledger: POST /webhooks/twilio M-056, POST /webhooks/stripe M-054."""
    found = doctor.check_gateways(Settings(secret=GOOD_SECRET, public_url=public, **outside))
    assert found.level == level
    assert "token" not in str(found)


@pytest.mark.parametrize("bad", [True, False])
def test_the_status_is_1_only_when_something_fails(tmp_path: Path, bad: bool) -> None:
    env = {"CAREWIRE_DATA": str(tmp_path), "PYTHONPATH": "src:.", **({"CAREWIRE_POOL": "many"} if bad else {})}
    words = [sys.executable, "-m", "carewire", "doctor"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == int(bad), done.stdout + done.stderr
    assert all(line[:4] in ("ok  ", "warn", "fail") for line in done.stdout.splitlines())


@pytest.mark.parametrize("command", ["serve", "migrate", "seed"])
def test_a_command_that_needs_a_database_says_so_in_one_line(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAREWIRE_DATA", str(tmp_path))
    monkeypatch.delenv("CAREWIRE_DATABASE_URL", raising=False)
    assert main([command]) == 2
    assert capsys.readouterr().err.count("\n") == 1
