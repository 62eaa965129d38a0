"""Terms and privacy notice: published in versions, read by everybody, accepted, and withdrawn as easily (PRODUCT 10).

A new version binds after a grace of at least two days. From then on who has not accepted it does nothing but read,
accept, log out, and have her data given to her or erased; the platform refuses the rest (`terms_due`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, Rate, command, query
from carewire.errors import NotFound
from carewire.forms import Line, Locale
from carewire.store.db import Tx
from channels.identity import access, scopes
from channels.identity.errors import TermsOutdated, TermsPublished
from channels.identity.nouns import Capacity, Scope
from channels.identity.principal import SHUT_AT

FALLBACK: Final = "en"
READING: Final = Rate(burst=100, per_minute=300)

Version = Annotated[int, Meta(ge=1, le=100_000)]
Grace = Annotated[int, Meta(ge=2, le=180, description="Days until it binds")]
Words = Annotated[str, Meta(min_length=1, max_length=16_000)]


class TermsKind(StrEnum):
    """What is agreed to."""

    TERMS = "terms"
    PRIVACY = "privacy"


class TermsText(msgspec.Struct, frozen=True, kw_only=True):
    """A published text. `locale` is the language it is in: English where there is none in the one asked for."""

    kind: TermsKind
    version: int
    locale: str
    title: str
    text: str
    published_at: datetime
    binds_at: datetime


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A version this account has still to accept; from `binds_at` on it does nothing else."""

    kind: TermsKind
    version: int
    binds_at: datetime


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """One's own word: which version, in which language, since when, and until when if it was taken back."""

    kind: TermsKind
    version: int
    locale: str
    accepted_at: datetime
    withdrawn_at: datetime | None


class TermsState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one has agreed to, newest first, and what is owed now."""

    acceptances: list[Acceptance]
    owed: list[Owed]


class Accepts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version that was read in a language, and is agreed to."""

    kind: TermsKind
    version: Version
    locale: Locale = FALLBACK


_TEXT: Final = """SELECT v.kind, v.version, t.locale, t.title, t.text, v.published_at, v.binds_at
  FROM terms_version v CROSS JOIN LATERAL (
       SELECT * FROM terms_text t
        WHERE (t.kind, t.version) = (v.kind, v.version) AND t.locale IN ($1, split_part($1, '-', 1), 'en')
        ORDER BY (t.locale = $1) DESC, (t.locale <> 'en') DESC LIMIT 1) t"""


@query("terms.current", allow={ANYONE}, rate=READING)
async def current(ctx: Ctx, locale: Locale = FALLBACK) -> list[TermsText]:
    """The newest terms and privacy notice in a language, also if they bind later. None while none is published."""
    rows = await ctx.tx.fetch(
        f"{_TEXT} WHERE v.version = (SELECT max(n.version) FROM terms_version n WHERE n.kind = v.kind) ORDER BY v.kind",
        locale,
    )
    return [msgspec.convert(dict(row), TermsText) for row in rows]


@query("terms.get", allow={ANYONE}, rate=READING, errors={NotFound})
async def get(ctx: Ctx, kind: TermsKind, version: Version, locale: Locale = FALLBACK) -> TermsText:
    """One version in a language: also an old one, which somebody agreed to."""
    row = await ctx.tx.fetchrow(f"{_TEXT} WHERE v.kind = $2 AND v.version = $3", locale, kind, version)
    if row is None:
        raise NotFound()
    return msgspec.convert(dict(row), TermsText)


@query("terms.mine", allow={KNOWN}, owing=True)
async def mine(ctx: Ctx) -> TermsState:
    """What you have agreed to and taken back, and what you owe. A display agrees to nothing."""
    return await _state(ctx, ctx.actor.id)


@command("terms.accept", allow={KNOWN}, owing=True, errors={NotFound, TermsOutdated})
async def accept(ctx: Ctx, kind: TermsKind, version: Version, locale: Locale = FALLBACK) -> TermsState:
    """Agree to the newest version. Older ones are agreed to with it. Doing it again changes nothing."""
    await _lock(ctx)
    newest = await ctx.tx.fetchval("SELECT max(version) FROM terms_version WHERE kind = $1", kind)
    if newest is None or version > newest:
        raise NotFound()
    if version < newest:
        raise TermsOutdated(version=newest)
    await record(ctx, ctx.actor.id, [Accepts(kind=kind, version=version, locale=locale)])
    return await _changed(ctx)


@command("terms.withdraw", allow={KNOWN}, owing=True, errors={NotFound})
async def withdraw(ctx: Ctx, kind: TermsKind) -> TermsState:
    """Take your word back. Then you do nothing but read, accept, log out, and have your data given or erased."""
    await _lock(ctx)
    tag = await ctx.tx.execute(
        "UPDATE terms_acceptance SET withdrawn_at = greatest(accepted_at, $3) WHERE account_id = $1 AND kind = $2"
        " AND withdrawn_at IS NULL",
        ctx.actor.id,
        kind,
        ctx.real_now,
    )
    if tag == "UPDATE 0":
        raise NotFound()
    return await _changed(ctx)


@command("terms.publish", allow={Capacity.ADMIN})
async def publish(ctx: Ctx, kind: TermsKind, title: Line, text: Words, grace_days: Grace = 14) -> TermsText:
    """Publish another version, in English; `terms.translate` adds languages. It never changes. For `content`."""
    await scopes.require(ctx, Scope.CONTENT)
    await ctx.tx.execute("SELECT pg_advisory_xact_lock(hashtext('terms:' || $1))", kind)
    version: int = await ctx.tx.fetchval(
        "INSERT INTO terms_version (kind, version, published_at, binds_at, published_by)"
        " SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4 FROM terms_version WHERE kind = $1 RETURNING version",
        kind,
        ctx.real_now,
        ctx.real_now + timedelta(days=grace_days),
        ctx.actor.id,
    )
    return await _add_text(ctx, kind, version, FALLBACK, title, text)


@command("terms.translate", allow={Capacity.ADMIN}, errors={NotFound, TermsPublished})
async def translate(ctx: Ctx, kind: TermsKind, version: Version, locale: Locale, title: Line, text: Words) -> TermsText:
    """Add a language to a version; there it never changes either. For those with `content`."""
    await scopes.require(ctx, Scope.CONTENT)
    found = await ctx.tx.fetchval("SELECT true FROM terms_version WHERE kind = $1 AND version = $2", kind, version)
    if found is None:
        raise NotFound()
    return await _add_text(ctx, kind, version, locale, title, text)


async def owed(tx: Tx, account_id: UUID) -> list[Owed]:
    """What an account has still to accept: of each kind the newest, with the time the first of them binds."""
    rows = await tx.fetch(
        """SELECT v.kind, max(v.version) AS version, min(v.binds_at) AS binds_at FROM terms_version v
            WHERE NOT EXISTS (SELECT FROM terms_acceptance a WHERE a.account_id = $1 AND a.kind = v.kind
                                 AND a.version >= v.version AND a.withdrawn_at IS NULL)
            GROUP BY v.kind ORDER BY v.kind""",
        account_id,
    )
    return [msgspec.convert(dict(row), Owed) for row in rows]


async def record(ctx: Ctx, account_id: UUID, accepts: Sequence[Accepts]) -> None:
    """Write down what was agreed to; versions and languages that do not exist are left out."""
    for one in accepts:
        await ctx.tx.execute(
            "INSERT INTO terms_acceptance (account_id, kind, version, locale, accepted_at)"
            " SELECT $1, t.kind, t.version, t.locale, $5 FROM terms_text t WHERE t.kind = $2 AND t.version = $3"
            "    AND t.locale IN ($4, 'en') ORDER BY (t.locale = $4) DESC LIMIT 1"
            " ON CONFLICT (account_id, kind, version) WHERE withdrawn_at IS NULL DO NOTHING",
            account_id,
            one.kind,
            one.version,
            one.locale,
            ctx.real_now,
        )


async def _add_text(ctx: Ctx, kind: TermsKind, version: int, locale: str, title: str, text: str) -> TermsText:
    await ctx.tx.execute(
        "INSERT INTO terms_text (kind, version, locale, title, text) VALUES ($1, $2, $3, $4, $5)",
        kind,
        version,
        locale,
        title,
        text,
    )
    return await get(ctx, kind, version, locale)


async def _lock(ctx: Ctx) -> None:
    if await ctx.tx.fetchval("SELECT true FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id) is None:
        raise NotFound()


async def _changed(ctx: Ctx) -> TermsState:
    """This socket knows at once, the account's others within a second."""
    await access.rights_changed(ctx, ctx.actor.id)
    shut_at: Any = await ctx.tx.fetchval(f"SELECT {SHUT_AT} FROM account a WHERE a.id = $1", ctx.actor.id)
    ctx.bind(msgspec.structs.replace(ctx.actor, shut_at=shut_at))
    return await _state(ctx, ctx.actor.id)


async def _state(ctx: Ctx, account_id: UUID) -> TermsState:
    rows = await ctx.tx.fetch(
        "SELECT kind, version, locale, accepted_at, withdrawn_at FROM terms_acceptance WHERE account_id = $1"
        " ORDER BY id DESC LIMIT 200",
        account_id,
    )
    return TermsState(
        acceptances=[msgspec.convert(dict(row), Acceptance) for row in rows], owed=await owed(ctx.tx, account_id)
    )
