"""What only two administrators do together: make a third, change what one may, change the platform's settings.

One asks (`user.create`, `admin.change_scopes`, `settings.update`), another confirms within a day. The very first
administrator is made at the server, with `carewire admin create`.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command, query
from carewire.errors import NotFound
from channels.identity import access, platform_settings, scopes
from channels.identity.errors import LastAdmin, RequestOver, TwoPeople
from channels.identity.events import ProfileUpdated, profile_changed
from channels.identity.nouns import AdminRequestKind, Capacity, Scope
from channels.identity.platform_settings import SettingsChange

TTL: Final = timedelta(days=1)

Scopes = Annotated[list[Scope], Meta(max_length=7, description="Everything she may from then on")]


class AdminRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a second administrator. `user_id` and `scopes` or `changes` say what it is."""

    id: UUID
    kind: AdminRequestKind
    user_id: UUID | None
    scopes: list[Scope]
    changes: SettingsChange | None
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The request is over."""

    id: UUID
    state: Literal["confirmed", "refused"]
    """Whether it has come true."""


async def ask(
    ctx: Ctx,
    kind: AdminRequestKind,
    *,
    subject_id: UUID | None = None,
    wanted: list[Scope] | None = None,
    changes: SettingsChange | None = None,
) -> AdminRequest:
    """Put something before the other administrators."""
    row = await ctx.tx.fetchrow(
        "INSERT INTO admin_request (kind, subject_id, scopes, changes, asked_by, asked_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *",
        kind,
        subject_id,
        sorted({str(scope) for scope in wanted or ()}),
        None if changes is None else msgspec.json.encode(changes).decode(),
        ctx.actor.id,
        ctx.now,
        ctx.now + TTL,
    )
    return _view(row)


@query("admin.requests", allow={Capacity.ADMIN})
async def requests(ctx: Ctx) -> list[AdminRequest]:
    """What waits for a second administrator, oldest first; at most 200."""
    rows = await ctx.tx.fetch(
        "SELECT * FROM admin_request WHERE state = 'open' AND expires_at > $1 ORDER BY id LIMIT 200", ctx.now
    )
    return [_view(row) for row in rows]


@query("admin.scopes", allow={Capacity.ADMIN}, errors={NotFound})
async def list_scopes(ctx: Ctx, user_id: UUID | None = None) -> list[Scope]:
    """What an administrator may; without an id, oneself. Of somebody who is none: not found."""
    found = await scopes.held(ctx.tx, user_id or ctx.actor.id)
    if not found:
        raise NotFound()
    return sorted(found)


@command("admin.change_scopes", allow={Capacity.ADMIN}, errors={NotFound, TwoPeople})
async def change_scopes(ctx: Ctx, user_id: UUID, wanted: Scopes) -> AdminRequest:
    """Ask that another administrator may these things and no others. With none she is no administrator any more.

    Takes effect when a second one confirms it. For those with `super`.
    """
    await scopes.require(ctx, Scope.SUPER)
    if user_id == ctx.actor.id:
        raise TwoPeople()
    if not await scopes.held(ctx.tx, user_id):
        raise NotFound()
    return await ask(ctx, AdminRequestKind.CHANGE_SCOPES, subject_id=user_id, wanted=wanted)


@command(
    "admin.confirm",
    allow={Capacity.ADMIN},
    emits={ProfileUpdated},
    errors={NotFound, TwoPeople, RequestOver, LastAdmin},
)
async def confirm(ctx: Ctx, request_id: UUID) -> Decided:
    """Let what another administrator asked for come true. Not for what is one's own, or about oneself."""
    await scopes.require(ctx, Scope.SUPER)
    row = await _open(ctx, request_id)
    kind, subject_id = AdminRequestKind(row["kind"]), row["subject_id"]
    if ctx.actor.id in (row["asked_by"], subject_id):
        raise TwoPeople()
    # Who asked must still be one who may ask.
    asker = await scopes.held(ctx.tx, row["asked_by"])
    may_ask = {Scope.SUPER, Scope.MONEY} if kind is AdminRequestKind.CHANGE_SETTINGS else {Scope.SUPER}
    if asker.isdisjoint(may_ask):
        raise RequestOver()
    await _close(ctx, request_id, "confirmed")
    if kind is AdminRequestKind.CHANGE_SETTINGS:
        await platform_settings.apply(ctx, msgspec.json.decode(row["changes"], type=SettingsChange))
    else:
        await _give(ctx, subject_id, [Scope(word) for word in row["scopes"]])
    return Decided(id=request_id, state="confirmed")


@command("admin.refuse", allow={Capacity.ADMIN}, errors={NotFound, RequestOver})
async def refuse(ctx: Ctx, request_id: UUID) -> Decided:
    """Say no to a request, or take one's own back."""
    row = await _open(ctx, request_id)
    if row["asked_by"] != ctx.actor.id:
        await scopes.require(ctx, Scope.SUPER)
    await _close(ctx, request_id, "refused")
    return Decided(id=request_id, state="refused")


async def _open(ctx: Ctx, request_id: UUID) -> Any:
    row = await ctx.tx.fetchrow("SELECT * FROM admin_request WHERE id = $1 FOR UPDATE", request_id)
    if row is None:
        raise NotFound()
    if row["state"] != "open" or row["expires_at"] <= ctx.now:
        raise RequestOver()
    return row


async def _close(ctx: Ctx, request_id: UUID, state: str) -> None:
    await ctx.tx.execute(
        "UPDATE admin_request SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1",
        request_id,
        state,
        ctx.actor.id,
        ctx.now,
    )


async def _give(ctx: Ctx, account_id: UUID, wanted: list[Scope]) -> None:
    """An administrator with these scopes, or none any more."""
    if Scope.SUPER not in wanted:
        await scopes.require_another_super(ctx, account_id)
    await access.rights_changed(ctx, account_id)
    await ctx.tx.execute(
        "INSERT INTO account_capacity (account_id, capacity, state, since) VALUES ($1, 'admin', $2, $3)"
        " ON CONFLICT (account_id, capacity) DO UPDATE SET state = EXCLUDED.state",
        account_id,
        "active" if wanted else "withdrawn",
        ctx.now,
    )
    await scopes.give(ctx.tx, account_id, wanted, ctx.now)
    await profile_changed(ctx, account_id)


def _view(row: Any) -> AdminRequest:
    changes = row["changes"]
    return AdminRequest(
        id=row["id"],
        kind=AdminRequestKind(row["kind"]),
        user_id=row["subject_id"],
        scopes=[Scope(word) for word in row["scopes"]],
        changes=None if changes is None else msgspec.json.decode(changes, type=SettingsChange),
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
    )
