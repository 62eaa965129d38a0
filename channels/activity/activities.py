"""What administrators see of the audit, each as far as her scope goes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.audit.entry import Kind
from carewire.command import Ctx, query
from carewire.errors import InvalidParams
from carewire.forms import Cursor, Limit, Word
from carewire.store.paging import Page
from channels.activity.entries import Where, between, page
from channels.identity import Capacity, Scope
from channels.identity import access as identity

Command = Annotated[str, Meta(pattern=r"^[a-z_]+\.[a-z_]+\Z", max_length=100, description="e.g. doctor.update")]

EVERYTHING: Final = frozenset({Scope.PRIVACY, Scope.SUPER})
"""Who sees every entry, also who looked at whose clinical data."""
AREAS: Final[Mapping[Scope, frozenset[str]]] = {
    Scope.VERIFY: frozenset(
        {"verification", "doctor", "hospital", "pharmacy", "laboratory", "place", "member", "affiliation"}
    ),
    Scope.SUPPORT: frozenset({"auth", "user", "profile", "patient", "notification", "session", "queue", "display"}),
    Scope.COORDINATE: frozenset({"booking", "quotation"}),
    Scope.CONTENT: frozenset(
        {"specialty", "treatment", "package", "insurance", "faq", "page", "website", "translation", "media"}
    ),
    Scope.MONEY: frozenset({"payment", "wallet", "invoice", "subscription", "settings"}),
}
"""Whose commands each of the others sees: those of the things she keeps, and never a look at clinical data."""


class ActivityView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done or refused, in ids: whose they are, `user.get` and its like say to who may know.

    `actor_id` is null where nobody was logged in. `why` is the right a look was taken by, `reason` the refusal's word,
    `times` how often it was refused in a row.
    """

    id: UUID
    at: datetime
    kind: Kind
    actor_id: UUID | None
    login_id: UUID | None
    command: str
    noun: str | None
    subject_id: UUID | None
    patient_id: UUID | None
    why: str | None
    reason: str | None
    times: int


_COLUMNS: Final = (
    "a.at, a.kind, a.actor AS actor_id, a.login AS login_id, a.command, a.noun, a.subject AS subject_id,"
    " a.patient AS patient_id, a.why, a.reason, a.times"
)


@query("activity.list", allow={Capacity.ADMIN}, errors={InvalidParams})
async def list_(
    ctx: Ctx,
    actor_id: UUID | None = None,
    noun: Word | None = None,
    subject_id: UUID | None = None,
    command: Command | None = None,
    kind: Kind | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[ActivityView]:
    """What was done and refused, newest first. `privacy` and `super` see everything, each other scope its own area."""
    where = Where([], [])
    scopes = await identity.scopes(ctx)
    if scopes.isdisjoint(EVERYTHING):
        nouns = frozenset[str]().union(*(AREAS[scope] for scope in scopes))
        where.add("a.kind <> 'read' AND split_part(a.command, '.', 1) = ANY({}::text[])", sorted(nouns))
    for column, value in (
        ("actor", actor_id),
        ("noun", noun),
        ("subject", subject_id),
        ("command", command),
        ("kind", kind),
    ):
        if value is not None:
            where.add(f"a.{column} = {{}}", value)
    await between(ctx.tx, where, since, until)
    rows, more = await page(ctx.tx, _COLUMNS, "", where, limit, cursor)
    names = ActivityView.__struct_fields__
    return Page(rows=[msgspec.convert({n: row[n] for n in names}, ActivityView) for row in rows], cursor=more)
