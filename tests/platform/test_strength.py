"""Secrets that production refuses (ledger: JWT_SECRET M-404, JWT_REFRESH_SECRET M-405, POSTGRES_PASSWORD M-400)."""

import secrets

import pytest

from carewire.settings import Settings, SettingsError
from carewire.strength import is_weak

WEAK = [
    "your-super-secret-jwt-key-change-in-production",
    "change-me-change-me-change-me-change-me",
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
    "a secret for tests that is long enough to be taken",
    "correcthorse" * 4,
    "qwertyuiop" * 4,
    "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee",
    "2468" * 12,
    "x" * 200,
]
GOOD = secrets.token_urlsafe(48)


@pytest.mark.parametrize("secret", WEAK)
def test_what_stands_in_guides_or_repeats_is_refused_and_not_shown(secret: str) -> None:
    assert is_weak(secret)
    with pytest.raises(SettingsError, match="CAREWIRE_SECRET") as caught:
        Settings.from_env({"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": secret})
    assert secret not in str(caught.value)


def test_what_a_machine_draws_is_taken_however_it_is_written() -> None:
    for _ in range(500):
        for drawn in (
            secrets.token_hex(32),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            secrets.token_hex(24),
        ):
            assert not is_weak(drawn), drawn


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("CAREWIRE_DATABASE_URL", "postgresql://carewire:postgres@db/carewire"),
        ("CAREWIRE_DATABASE_URL", "postgresql://carewire:Change%2DMe@db/carewire"),
        ("CAREWIRE_REDIS_URL", "redis://:redis@cache/0"),
        ("CAREWIRE_EMAIL_URL", "smtps://clinic:Passw0rd@mail/?from=a%40example.com"),
    ],
)
def test_a_password_that_everybody_knows_is_refused_in_production(variable: str, url: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        Settings.from_env({"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": GOOD, variable: url})
    assert url.split(":")[2].split("@")[0] not in str(caught.value)
    assert Settings.from_env({"CAREWIRE_SECRET": GOOD, variable: url})  # on a desk it may


def test_a_password_of_its_own_is_taken() -> None:
    url = "postgresql://carewire:kX1yTtW8dLrP5mHf@db/carewire"
    assert Settings.from_env({"CAREWIRE_MODE": "production", "CAREWIRE_SECRET": GOOD, "CAREWIRE_DATABASE_URL": url})
