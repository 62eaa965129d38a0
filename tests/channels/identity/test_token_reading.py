"""The short way of reading an access token against the library's: whatever is done to a token, both say the same.

Ledger: auth.token_service H-057, auth.guard M-042 M-435.
"""

import base64
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from carewire.errors import Unauthenticated
from carewire.settings import Settings
from channels.identity import keys, principal
from channels.identity.principal import Claims, read_access, sign_access

SETTINGS = Settings(secret="s" * 48)
KEY = keys.key(SETTINGS, "access token")
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
CHARS = "AaZz09-_=.+/ \n\0é{}"


def fresh(ttl_s: int = 900) -> str:
    return sign_access(SETTINGS, Claims(uuid4(), uuid4(), uuid4(), NOW + timedelta(seconds=ttl_s)), NOW)


def said(token: str) -> Any:
    """What `read_access` makes of a token."""
    try:
        claims = read_access(SETTINGS, token, NOW)
    except Unauthenticated:
        return "unauthenticated"
    return claims.account_id, claims.login_id, claims.jti, claims.expires_at


def signed(head: bytes, body: bytes, key: bytes = KEY) -> str:
    """Any bytes under our own signature: nobody else can make these, and still both must agree."""
    words = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (head, body))
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(words, key)
    return (words + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def damaged(token: str, luck: random.Random) -> str:
    """One to three letters changed, left out, doubled or put in."""
    for _ in range(luck.randint(1, 3)):
        at = luck.randrange(len(token))
        word = luck.choice((luck.choice(CHARS), "", token[at] * 2, luck.choice(CHARS) + token[at]))
        token = token[:at] + word + token[at + 1 :]
    return token


def odd_body(luck: random.Random) -> bytes:
    """A payload with one member left out, added, or of another kind."""
    body: dict[str, Any] = {name: str(uuid4()) for name in ("sub", "sid", "jti")} | {"iat": 1, "exp": 2_000_000_000}
    name = luck.choice([*body, "nbf", "aud", "iss", "crit", "x"])
    value = luck.choice(
        [
            None,
            True,
            0,
            -1,
            1.5,
            10**18,
            10**400,
            "1",
            "2000000000",
            "",
            uuid4().hex,
            f"{{{uuid4()}}}",
            [],
            {},
            "\ud800",
        ]
    )
    if luck.random() < 0.2:
        body.pop(name, None)
    else:
        body[name] = value
    return json.dumps(body, indent=luck.choice([None, 1])).encode()


def test_both_ways_agree_on_thousands_of_damaged_and_odd_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    luck = random.Random(7)
    head = b'{"alg":"HS256","typ":"JWT"}'
    heads = [head, head, head, b'{"alg":"none"}', b'{"alg":"HS512"}', b'{"typ":"JWT","alg":"HS256"}', b"[]", b"{", b""]
    tokens = [damaged(fresh(), luck) for _ in range(1500)]
    tokens += [signed(luck.choice(heads), odd_body(luck)) for _ in range(1500)]
    tokens += [signed(head, odd_body(luck), b"x" * 32) for _ in range(100)]
    tokens += [fresh(ttl) for ttl in (-1, 0, 1, 900) for _ in range(10)]
    both = [said(token) for token in tokens]
    monkeypatch.setattr(principal, "_read_plainly", lambda key, token: None)
    assert [said(token) for token in tokens] == both
    assert 20 < sum(answer != "unauthenticated" for answer in both) < 1000


def test_a_token_as_we_sign_it_needs_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(settings: Settings, token: str) -> Claims:
        raise AssertionError("read the long way")

    monkeypatch.setattr(principal, "_read_by_library", never)
    assert said(fresh()) != "unauthenticated"
