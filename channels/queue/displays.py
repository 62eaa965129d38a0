"""Waiting-room screens: paired by a code that staff approve, renamed, revoked."""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.access import door
from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command, query
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Name
from carewire.settings import Settings
from channels.directory import access as directory
from channels.identity import Capacity, Duty
from channels.queue import boards, credential
from channels.queue.errors import CodeWrong
from channels.queue.events import BoardUpdated
from channels.queue.lifecycle import DISPLAY, DisplayState

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0/O, 1/I/L: the code is read from a screen and typed on a phone."""
CODE_LENGTH: Final = 6
CODE_LIVES: Final = timedelta(minutes=10)
FORGOTTEN_AFTER: Final = timedelta(days=1)
APPROVES: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK})

Code = Annotated[str, Meta(min_length=CODE_LENGTH, max_length=CODE_LENGTH + 3, pattern="^[0-9A-Za-z -]+$")]
Scope = Annotated[list[UUID], Meta(max_length=50)]


class Pairing(Struct, frozen=True, kw_only=True):
    """What a new screen gets: the code to show and the secret to log in with."""

    display_id: UUID
    code: str
    secret: str
    expires_at: datetime


class Renewed(Struct, frozen=True, kw_only=True):
    """A fresh code for a screen that nobody approved in time."""

    code: str
    expires_at: datetime


class Asking(Struct, frozen=True, kw_only=True):
    """Where and when a code was asked for: the approver compares it with the screen she looks at."""

    network: str | None
    asked_at: datetime
    expires_at: datetime


class Display(Struct, frozen=True, kw_only=True):
    """An approved screen as its place sees it."""

    id: UUID
    label: str
    state: DisplayState
    room_ids: list[UUID]
    doctor_ids: list[UUID]
    asked_from: str | None
    asked_at: datetime
    approved_at: datetime


class Displays(Struct, frozen=True, kw_only=True):
    """The screens of a place."""

    displays: list[Display]


@command("display.pair", allow={ANYONE}, receipt=False, rate=Rate(burst=60, per_minute=30))
async def pair(ctx: Ctx) -> Pairing:
    """A new screen: a code for staff to approve within 10 minutes, and a secret to log in with at once.

    Until approval the screen hears only its own `board:`.
    """
    await _forget(ctx)
    secret, code, expires_at = credential.make(), _new_code(), ctx.real_now + CODE_LIVES
    row = await ctx.tx.fetchrow(
        """INSERT INTO display (secret_digest, code_digest, code_expires_at, asked_network, asked_at)
           VALUES ($1, $2, $3, $4, $5) RETURNING id""",
        credential.digest(secret),
        _digest(ctx.settings, code),
        expires_at,
        coarse(ctx.peer.address),
        ctx.real_now,
    )
    if row is None:
        raise NotFound()
    await boards.refresh(ctx, row["id"])
    return Pairing(display_id=row["id"], code=code, secret=secret, expires_at=expires_at)


async def _forget(ctx: Ctx) -> None:
    """Let a few screens go that nobody approved and that stopped asking: anybody may pair, so they must not pile up.

    A screen that still waits renews its code; one that comes back after that pairs anew.
    """
    await ctx.tx.execute(
        "DELETE FROM display WHERE id IN (SELECT id FROM display WHERE state = 'pending' AND code_expires_at < $1"
        " ORDER BY code_expires_at LIMIT 5 FOR UPDATE SKIP LOCKED)",
        ctx.real_now - FORGOTTEN_AFTER,
    )


@command("display.renew", allow={Capacity.DISPLAY}, receipt=False, emits={BoardUpdated}, errors={NotFound, IllegalMove})
async def renew(ctx: Ctx) -> Renewed:
    """A fresh code for this screen, which is still waiting to be approved. The old code is worthless."""
    row = await ctx.tx.fetchrow("SELECT state FROM display WHERE id = $1 FOR UPDATE", ctx.actor.id)
    if row is None:
        raise NotFound()
    DISPLAY.move(row["state"], "approve")
    code, expires_at = _new_code(), ctx.real_now + CODE_LIVES
    await ctx.tx.execute(
        "UPDATE display SET code_digest = $2, code_expires_at = $3, asked_network = $4, asked_at = $5 WHERE id = $1",
        ctx.actor.id,
        _digest(ctx.settings, code),
        expires_at,
        coarse(ctx.peer.address),
        ctx.real_now,
    )
    await boards.refresh(ctx, ctx.actor.id)
    return Renewed(code=code, expires_at=expires_at)


@query("display.asking", allow={Capacity.STAFF}, errors={CodeWrong}, rate=Rate(burst=20, per_minute=20, shared=True))
async def asking(ctx: Ctx, code: Code, place_id: UUID | None = None) -> Asking:
    """From where and when this code was asked for, to look at before approving it."""
    await directory.place(ctx, place_id, duties=APPROVES)
    row = await _by_code(ctx, code, lock=False)
    return Asking(network=row["asked_network"], asked_at=row["asked_at"], expires_at=row["code_expires_at"])


@command(
    "display.approve",
    allow={Capacity.STAFF},
    emits={BoardUpdated},
    errors={IllegalMove, CodeWrong},
    rate=Rate(burst=20, per_minute=20, shared=True),
)
async def approve(
    ctx: Ctx,
    code: Code,
    label: Name,
    room_ids: Scope | None = None,
    doctor_ids: Scope | None = None,
    place_id: UUID | None = None,
) -> Display:
    """Let a screen show the lines of these rooms or doctors at your place, today's and tomorrow's, by itself."""
    place = await directory.place(ctx, place_id, duties=APPROVES)
    rooms, doctors = set(room_ids or ()), set(doctor_ids or ())
    if bool(rooms) == bool(doctors):
        raise InvalidParams(fields=(Field("$.room_ids", "name rooms or doctors"),))
    row = await _by_code(ctx, code, lock=True)
    state = DISPLAY.move(row["state"], "approve")
    await ctx.tx.execute(
        """UPDATE display SET state = $2, label = $3, place_id = $4, approved_by = $5, approved_at = $6,
               code_digest = NULL, code_expires_at = NULL WHERE id = $1""",
        row["id"],
        state,
        label,
        place.id,
        ctx.actor.id,
        ctx.real_now,
    )
    added = await ctx.tx.fetch(
        """INSERT INTO display_scope (display_id, room_id, doctor_id)
           SELECT $1::uuid, r.id, NULL::uuid FROM room r WHERE r.place_id = $2 AND r.id = ANY ($3)
           UNION ALL SELECT $1::uuid, NULL::uuid, a.doctor_id FROM affiliation a
            WHERE a.place_id = $2 AND a.state = 'accepted' AND a.doctor_id = ANY ($4) RETURNING id""",
        row["id"],
        place.id,
        list(rooms),
        list(doctors),
    )
    if len(added) != len(rooms) + len(doctors):
        raise NotFound("Not all of these rooms or doctors are of this place")
    await boards.refresh(ctx, row["id"])
    boards.look_again(ctx, place.id, boards.next_midnight(ctx.now, place.zone))
    return (await _shown(ctx, place.id, row["id"]))[0]


@query("display.list", allow={Capacity.STAFF})
async def list_(ctx: Ctx, place_id: UUID | None = None) -> Displays:
    """The approved screens of your place."""
    place = await directory.place(ctx, place_id, duties=APPROVES)
    return Displays(displays=await _shown(ctx, place.id, None))


@command("display.rename", allow={Capacity.STAFF}, emits={BoardUpdated}, errors={IllegalMove})
async def rename(ctx: Ctx, display_id: UUID, label: Name) -> Display:
    """Call a screen something else."""
    place_id, state = await display(ctx, display_id, lock=True)
    DISPLAY.move(state, "rename")
    await ctx.tx.execute("UPDATE display SET label = $2 WHERE id = $1", display_id, label)
    await boards.refresh(ctx, display_id)
    return (await _shown(ctx, place_id, display_id))[0]


@command("display.revoke", allow={Capacity.STAFF}, emits={BoardUpdated}, errors={IllegalMove})
async def revoke(ctx: Ctx, display_id: UUID) -> Display:
    """Take a screen's right away: it is dark within a second, and its secret is worthless."""
    place_id, state = await display(ctx, display_id, lock=True)
    shown = (await _shown(ctx, place_id, display_id))[0]
    if state is DisplayState.REVOKED:
        return shown
    await ctx.tx.execute(
        "UPDATE display SET state = $2, revoked_at = $3 WHERE id = $1",
        display_id,
        DISPLAY.move(state, "revoke"),
        ctx.real_now,
    )
    await boards.refresh(ctx, display_id)
    ctx.rights_changed(display_id)
    return (await _shown(ctx, place_id, display_id))[0]


@door
async def display(ctx: Ctx, display_id: UUID, *, lock: bool = False) -> tuple[UUID, DisplayState]:
    """A screen of a place where the caller may approve screens: its place and state."""
    row = await ctx.tx.fetchrow(
        f"""SELECT d.place_id, d.state FROM display d WHERE d.id = $1 AND EXISTS (
                SELECT FROM membership m WHERE m.account_id = $2 AND m.place_id = d.place_id AND m.until IS NULL
                   AND m.duty = ANY ($3)){" FOR UPDATE" if lock else ""}""",
        display_id,
        ctx.actor.id,
        list(APPROVES),
    )
    if row is None:
        raise NotFound()
    return row["place_id"], DisplayState(row["state"])


async def _by_code(ctx: Ctx, code: str, *, lock: bool) -> Any:
    row = await ctx.tx.fetchrow(
        "SELECT id, state, asked_network, asked_at, code_expires_at FROM display"
        f" WHERE code_digest = $1 AND code_expires_at > $2{' FOR UPDATE' if lock else ''}",
        _digest(ctx.settings, code),
        ctx.real_now,
    )
    if row is None:
        raise CodeWrong()
    return row


async def _shown(ctx: Ctx, place_id: UUID, display_id: UUID | None) -> list[Display]:
    rows = await ctx.tx.fetch(
        """SELECT d.id, d.label, d.state, d.asked_network, d.asked_at, d.approved_at,
                  coalesce(array_agg(c.room_id) FILTER (WHERE c.room_id IS NOT NULL), '{}') AS room_ids,
                  coalesce(array_agg(c.doctor_id) FILTER (WHERE c.doctor_id IS NOT NULL), '{}') AS doctor_ids
             FROM display d LEFT JOIN display_scope c ON c.display_id = d.id
            WHERE d.place_id = $1 AND (d.id = $2 OR ($2::uuid IS NULL AND d.state = 'approved'))
            GROUP BY d.id ORDER BY d.label, d.id""",
        place_id,
        display_id,
    )
    return [
        Display(
            id=row["id"],
            label=row["label"],
            state=DisplayState(row["state"]),
            room_ids=list(row["room_ids"]),
            doctor_ids=list(row["doctor_ids"]),
            asked_from=row["asked_network"],
            asked_at=row["asked_at"],
            approved_at=row["approved_at"],
        )
        for row in rows
    ]


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _digest(settings: Settings, code: str) -> bytes:
    """Keyed, because a code of six letters alone is found by trying."""
    plain = "".join(c for c in code.upper() if c in ALPHABET)
    key = hashlib.sha256(b"carewire queue: pairing code" + settings.secret.encode()).digest()
    return hmac.digest(key, plain.encode(), "sha256")


def coarse(address: str) -> str | None:
    """The network an address is in, never the whole address."""
    try:
        host = ipaddress.ip_address(address)
    except ValueError:
        return None
    return str(ipaddress.ip_network(f"{host}/{24 if host.version == 4 else 48}", strict=False))
