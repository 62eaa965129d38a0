"""Who a token is: what the gateway asks identity, at the door and whenever rights may have changed."""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import jwt
import msgspec

from carewire.actor import Actor, plug
from carewire.errors import Refusal, Unauthenticated
from carewire.settings import Settings
from carewire.store.db import Tx
from channels.identity import credentials, keys
from channels.identity.nouns import Capacity

ALGORITHM: Final = "HS256"

# From when the account does nothing but read and accept terms; null while it owes nothing. Whoever accepted a version
# has accepted those before it. A subquery, because a function of SQL costs three times as much at each login.
SHUT_AT: Final = """(SELECT min(v.binds_at) FROM terms_version v WHERE NOT EXISTS (SELECT FROM terms_acceptance t
         WHERE t.account_id = a.id AND t.kind = v.kind AND t.version >= v.version AND t.withdrawn_at IS NULL))"""
_COLUMNS = f"""SELECT l.id AS login_id, a.id, a.locale, a.rights_version,
       ARRAY(SELECT c.capacity FROM account_capacity c WHERE c.account_id = a.id AND c.state = 'active') AS held,
       EXISTS (SELECT FROM membership m WHERE m.account_id = a.id AND m.until IS NULL) AS staff,
       {SHUT_AT} AS shut_at"""
_LIVE = f"""{_COLUMNS}
  FROM login l JOIN account a ON a.id = l.account_id
 WHERE l.id = ANY($1) AND l.ended_at IS NULL AND a.state = 'active'"""
_BY_CLAIMS = f"""{_COLUMNS}, c.n
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS c (login_id, account_id, jti, n)
  JOIN login l ON l.id = c.login_id JOIN account a ON a.id = l.account_id AND a.id = c.account_id
 WHERE l.ended_at IS NULL AND a.state = 'active'
   AND NOT EXISTS (SELECT FROM token_blacklist b WHERE b.jti = c.jti)"""


class Accounts:
    """The platform's `Identity`: accounts by access token, and whatever other domains have plugged in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def authenticate(self, tx: Tx, tokens: Sequence[str], real_now: datetime) -> Sequence[Actor | Refusal]:
        """The actor of each access token, or `Unauthenticated`, always without saying why."""
        answers: list[Actor | Refusal] = [Unauthenticated() for _ in tokens]
        asked: list[tuple[int, Claims]] = []
        for index, token in enumerate(tokens):
            plugged = credentials.find(token)
            try:
                if plugged is not None:
                    answers[index] = await plugged.authenticate(tx, token, real_now)
                else:
                    asked.append((index, read_access(self._settings, token, real_now)))
            except Refusal as refusal:
                answers[index] = refusal
        if asked:
            columns = zip(*((claims.login_id, claims.account_id, claims.jti) for _, claims in asked), strict=True)
            for row in await tx.fetch(_BY_CLAIMS, *map(list, columns)):
                index, claims = asked[row["n"] - 1]
                answers[index] = _actor(row, claims.expires_at)
        return answers

    async def reload(self, tx: Tx, actors: Sequence[Actor], real_now: datetime) -> Mapping[UUID, Actor]:
        """The actors as they are now, by login. Who is missing has lost the login or the account."""
        rows = await tx.fetch(_LIVE, [actor.login_id for actor in actors])
        by_login = {row["login_id"]: row for row in rows}
        now = {a.login_id: _actor(by_login[a.login_id], a.expires_at) for a in actors if a.login_id in by_login}
        others = [actor for actor in actors if actor.login_id not in now]
        for plugged in credentials.CREDENTIALS.values():
            if others:
                now.update(await plugged.reload(tx, others, real_now))
        return now


class Claims:
    """What an access token says, checked."""

    __slots__ = ("account_id", "expires_at", "jti", "login_id")

    def __init__(self, account_id: UUID, login_id: UUID, jti: UUID, expires_at: datetime) -> None:
        self.account_id = account_id
        self.login_id = login_id
        self.jti = jti
        self.expires_at = expires_at


def sign_access(settings: Settings, claims: Claims, real_now: datetime) -> str:
    """An access token. It names a login and nothing that the login may do: that is read at each use."""
    body = {
        "sub": str(claims.account_id),
        "sid": str(claims.login_id),
        "jti": str(claims.jti),
        "iat": int(real_now.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
    }
    return jwt.encode(body, keys.key(settings, "access token"), algorithm=ALGORITHM)


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload of a token as `sign_access` writes it."""

    sub: UUID
    sid: UUID
    jti: UUID
    iat: int
    exp: int


_HEAD: Final = jwt.encode({}, b"x" * 32, algorithm=ALGORITHM).partition(".")[0] + "."
_FORM: Final = re.compile(re.escape(_HEAD) + r"([A-Za-z0-9_-]{80,400})\.([A-Za-z0-9_-]{43})")
_read_body = msgspec.json.Decoder(_Body).decode


def read_access(settings: Settings, token: str, real_now: datetime) -> Claims:
    """Check signature, form and expiry. Raises `Unauthenticated`."""
    claims = _read_plainly(keys.key(settings, "access token"), token) or _read_by_library(settings, token)
    if claims.expires_at <= real_now:
        raise Unauthenticated()
    return claims


def _read_plainly(key: bytes, token: str) -> Claims | None:
    """A token just as `sign_access` writes it, in a fifth of the time; None for every other, however good it is.

    Thousands come with one within a second after a node died. Whatever is odd about a token the library judges, so
    this can only agree with it (`test_tokens.py` compares the two).
    """
    form = _FORM.fullmatch(token)
    if form is None:
        return None
    signed, _, signature = token.encode().rpartition(b".")
    mac = base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")
    if not hmac.compare_digest(mac, signature):
        return None
    try:
        body = _read_body(base64.urlsafe_b64decode(form[1] + "=" * (-len(form[1]) % 4)))
        return Claims(body.sub, body.sid, body.jti, datetime.fromtimestamp(body.exp, UTC))
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None


def _read_by_library(settings: Settings, token: str) -> Claims:
    try:
        body = jwt.decode(
            token,
            keys.key(settings, "access token"),
            algorithms=[ALGORITHM],  # `none` and every other word in the token's header count for nothing
            options={
                "require": ["sub", "sid", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        return Claims(
            UUID(body["sub"]), UUID(body["sid"]), UUID(body["jti"]), datetime.fromtimestamp(int(body["exp"]), UTC)
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        raise Unauthenticated() from None


async def actor_of_login(tx: Tx, login_id: UUID, expires_at: datetime) -> Actor:
    """The actor of a login just opened or renewed. Raises `Unauthenticated` when it is not live."""
    row = await tx.fetchrow(_LIVE, [login_id])
    if row is None:
        raise Unauthenticated()
    return _actor(row, expires_at)


def _actor(row: Any, expires_at: datetime) -> Actor:
    staff = {Capacity.STAFF.value} if row["staff"] else set()
    return Actor(
        id=row["id"],
        login_id=row["login_id"],
        capacities=frozenset(row["held"]) | staff,
        expires_at=expires_at,
        version=row["rights_version"],
        locale=row["locale"],
        shut_at=row["shut_at"],
    )


plug(Accounts)
