"""The environment in, one checked value out.

Ledger: NODE_ENV M-393 (CAREWIRE_MODE), PORT M-394, HOST M-395, POSTGRES_* M-396 M-397 M-398 M-399 and
REDIS_* M-402 M-403 (one URL each), JWT_EXPIRES_IN M-406 and JWT_REFRESH_EXPIRES_IN M-407,
LOG_LEVEL M-427 (CAREWIRE_LOG).
"""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from carewire.settings import Settings, SettingsError, variable_of

GOOD_SECRET = "n3ZbqgC0vS7kX1yTtW8dLrP5mHfJ2aEu"
PRODUCTION = {"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": GOOD_SECRET}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CAREWIRE_PORT", "http"),
        ("CAREWIRE_PORT", "0"),
        ("CAREWIRE_PORT", "65536"),
        ("CAREWIRE_POOL", "1"),
        ("CAREWIRE_POOL", "2.5"),
        ("CAREWIRE_MODE", "prod"),
        ("CAREWIRE_LOG", "loud"),
        ("CAREWIRE_WS", "wsproto"),
        ("CAREWIRE_BENCH", "full"),
        ("CAREWIRE_CLOCK_RATE", "0"),
        ("CAREWIRE_CLOCK_RATE", "nan"),
        ("CAREWIRE_CLOCK_RATE", "inf"),
        ("CAREWIRE_ACCESS_TTL_S", "-1"),
        ("CAREWIRE_REFRESH_TTL_S", "7d"),
        ("CAREWIRE_NODE", "ward 7"),
        ("CAREWIRE_DATABASE_URL", "mysql://localhost/carewire"),
        ("CAREWIRE_DATABASE_URL", "postgresql://"),
        ("CAREWIRE_DATABASE_URL", "postgresql://[::1/carewire"),
        ("CAREWIRE_REDIS_URL", "localhost:6379"),
        ("CAREWIRE_PUBLIC_URL", "ws://clinic.example"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_variable(variable: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"CAREWIRE_DATA": str(tmp_path), variable: value})
    assert str(caught.value).startswith(f"{variable}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "short", "a" * 64, "abc" * 20])
def test_production_refuses_a_missing_or_weak_secret_without_showing_it(secret: str) -> None:
    with pytest.raises(SettingsError, match="CAREWIRE_SECRET") as caught:
        Settings.from_env({"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": secret})
    assert not secret or secret not in str(caught.value)


def test_production_refuses_a_token_that_could_be_guessed_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="CAREWIRE_SMS_TOKENS") as caught:
        Settings.from_env({**PRODUCTION, "CAREWIRE_SMS_TOKENS": f"{GOOD_SECRET}, abcabc"})
    assert "abcabc" not in str(caught.value)


def test_production_refuses_a_running_clock() -> None:
    with pytest.raises(SettingsError, match="CAREWIRE_CLOCK_RATE"):
        Settings.from_env({**PRODUCTION, "CAREWIRE_CLOCK_RATE": "60"})
    assert Settings.from_env({**PRODUCTION, "CAREWIRE_CLOCK_RATE": "1"}).clock_rate == 1.0


def test_production_refuses_the_commands_of_the_benchmark() -> None:
    with pytest.raises(SettingsError, match="CAREWIRE_BENCH"):
        Settings.from_env({**PRODUCTION, "CAREWIRE_BENCH": "1"})
    assert not Settings.from_env({**PRODUCTION, "CAREWIRE_BENCH": "0"}).bench


def test_production_writes_nothing(tmp_path: Path) -> None:
    Settings.from_env({**PRODUCTION, "CAREWIRE_DATA": str(tmp_path / "data")})
    assert not (tmp_path / "data").exists()


def test_the_development_secret_is_made_once_even_by_many_at_once_and_is_private(tmp_path: Path) -> None:
    env = {"CAREWIRE_DATA": str(tmp_path / "data")}
    with ThreadPoolExecutor(8) as pool:
        found = {settings.secret for settings in pool.map(Settings.from_env, [env] * 32)}
    assert len(found) == 1
    assert len(found.pop()) >= 32
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret"]
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600


def test_a_development_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    Settings.from_env({"CAREWIRE_DATA": str(tmp_path)})
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Settings.from_env({"CAREWIRE_DATA": str(tmp_path)})


def test_a_data_folder_that_cannot_keep_the_secret_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="CAREWIRE_DATA"):
        Settings.from_env({"CAREWIRE_DATA": str(tmp_path / "file")})


def test_empty_counts_as_unset_and_numbers_become_numbers(tmp_path: Path) -> None:
    env = {
        "CAREWIRE_DATA": str(tmp_path),
        "CAREWIRE_PORT": "9000",
        "CAREWIRE_HOST": "",
        "CAREWIRE_CLOCK_RATE": "60",
    }
    settings = Settings.from_env(env)
    assert (settings.port, settings.host, settings.clock_rate, settings.data) == (
        9000,
        "127.0.0.1",
        60.0,
        tmp_path,
    )


def test_nothing_printed_holds_a_secret_or_a_password() -> None:
    settings = Settings.from_env(
        {
            **PRODUCTION,
            "CAREWIRE_DATABASE_URL": "postgresql://carewire:hunter%402@db/carewire?password=hunter3&port=5432",
            "CAREWIRE_REDIS_URL": "redis://:hunter4@cache:6379/0",
            "CAREWIRE_SMS_TOKENS": "hunter5-tZ8wLrP5mHfJ2aEuK3xQvB7n, hunter6-cY1sDg9kTj4oRi6bVe0uNw2h",
        }
    )
    assert len(settings.sms_secrets) == 2
    for shown in (str(settings.redacted()), repr(settings), str(settings)):
        assert "hunter" not in shown
        assert GOOD_SECRET not in shown
        assert "port=5432" in shown


@pytest.mark.parametrize(
    ("env", "http", "ws"),
    [
        ({}, "http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ({"CAREWIRE_HOST": "0.0.0.0"}, "http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws"),
        ({"CAREWIRE_HOST": "::1"}, "http://[::1]:8000", "ws://[::1]:8000/ws"),
        ({"CAREWIRE_PUBLIC_URL": "https://care.example/"}, "https://care.example", "wss://care.example/ws"),
    ],
)
def test_addresses_shown_are_addresses_that_work(env: dict[str, str], http: str, ws: str) -> None:
    settings = Settings.from_env({**PRODUCTION, **env})
    assert (settings.public_http, settings.public_ws) == (http, ws)


def test_every_variable_is_documented() -> None:
    for field in msgspec.structs.fields(Settings):
        found = msgspec.inspect.type_info(field.type)
        assert isinstance(found, msgspec.inspect.Metadata), field.name
        assert (found.extra_json_schema or {}).get("description"), field.name
        assert variable_of(field.name) == f"CAREWIRE_{field.name.upper()}"
