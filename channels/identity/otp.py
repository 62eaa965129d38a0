"""The one code a number may have: made, sent, tried, used.

Nothing here depends on whether the number has an account, so nothing here can tell.
"""

import hmac
import math
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from carewire.command import Ctx
from carewire.providers import spending
from channels.identity import caps, devices, keys
from channels.identity.caps import Cap, Charge, charge_of
from channels.identity.errors import CodeGone, WrongCode
from channels.identity.letters import SendOtp

TTL: Final = timedelta(minutes=5)
PAUSE: Final = timedelta(seconds=30)
TRIES: Final = 5


class OtpSent(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way to the number, whoever has it."""

    expires_at: datetime
    resend_after_s: int


async def send(ctx: Ctx, phone: str, locale: str, device: str | None) -> OtpSent:
    """Send a new code, unless the last one is younger than the pause. Raises `RateLimited`.

    A device that the number's account knows has an allowance of its own.
    """
    now = ctx.real_now
    last = await _lock(ctx, phone)
    waits = last["sent_at"] + PAUSE - now
    if last["used_at"] is None and waits > timedelta(0):
        return OtpSent(expires_at=last["expires_at"], resend_after_s=math.ceil(waits.total_seconds()))
    await spending.require_room(ctx.tx, ctx.settings, "sms", ctx.real_now)
    await forget(ctx, spare=phone)
    if device is not None and await devices.is_known(ctx, device, phone=phone):
        honest = [charge_of(ctx, Cap.OTP_OWN_DEVICE, phone, device)]
    else:
        honest = _strangers(ctx, phone, device)
    await caps.spend(ctx, *honest, charge_of(ctx, Cap.OTP_NUMBER_SMS, phone))
    code = f"{secrets.randbelow(10**6):06d}"
    nonce = secrets.token_bytes(16)
    expires_at = now + TTL
    await ctx.tx.execute(
        "UPDATE login_otp SET code_digest = $2, nonce = $3, sent_at = $4, expires_at = $5, tries = 0, own_tries = 0,"
        " used_at = NULL, charged = $6 WHERE phone = $1",
        phone,
        keys.seal(ctx.settings, "otp", phone, nonce, code),
        nonce,
        now,
        expires_at,
        [charge.subject for charge in honest],
    )
    known: str | None = await ctx.tx.fetchval("SELECT locale FROM account WHERE phone = $1", phone)
    # An unsent letter of an older code is replaced: that code is dead.
    letter = keys.text(keys.seal(ctx.settings, "throttle", "letter", phone))
    ctx.enqueue(SendOtp(to=phone, code=code, locale=known or locale, expires_at=expires_at), key=f"otp:{letter}")
    return OtpSent(expires_at=expires_at, resend_after_s=int(PAUSE.total_seconds()))


def _strangers(ctx: Ctx, phone: str, device: str | None) -> list[Charge]:
    net = caps.network(ctx.peer.address)
    charges = [
        charge_of(ctx, Cap.OTP_NUMBER_HOUR, phone),
        charge_of(ctx, Cap.OTP_NUMBER_DAY, phone),
        charge_of(ctx, Cap.OTP_NETWORK_HOUR, net),
        charge_of(ctx, Cap.OTP_NETWORK_DAY, net),
    ]
    return charges if device is None else [*charges, charge_of(ctx, Cap.OTP_DEVICE_DAY, device)]


async def use(ctx: Ctx, phone: str, code: str, *, own: bool = False) -> None:
    """Spend the number's code. Raises `WrongCode` (counted), `CodeGone` or `RateLimited`.

    `own`: the number's account is logged in here, or was on this device. Its tries are counted apart, so that nobody
    spends them from elsewhere.
    """
    wrong = charge_of(ctx, Cap.OTP_WRONG_NETWORK, caps.network(ctx.peer.address))
    if not own:
        await caps.require_room(ctx, wrong)
    counter = "own_tries" if own else "tries"
    row = await ctx.tx.fetchrow("SELECT * FROM login_otp WHERE phone = $1 FOR UPDATE", phone)
    # The work is the same whether there is a row or not.
    nonce = row["nonce"] if row else bytes(16)
    right = hmac.compare_digest(keys.seal(ctx.settings, "otp", phone, nonce, code), row["code_digest"] if row else b"")
    if row is None or row["used_at"] is not None or row["expires_at"] <= ctx.real_now or row[counter] >= TRIES:
        raise CodeGone()
    if not right:
        tries = await ctx.tx.fetchval(
            f"UPDATE login_otp SET {counter} = {counter} + 1 WHERE phone = $1 RETURNING {counter}", phone
        )
        if not own:
            await caps.count(ctx, wrong)
        refusal = WrongCode(tries_left=TRIES - tries)
        refusal.keep = True  # a try that is rolled back is a try for free
        raise refusal
    await ctx.tx.execute("UPDATE login_otp SET used_at = $2 WHERE phone = $1", phone, ctx.real_now)
    await caps.give_back(ctx, row["charged"])


async def _lock(ctx: Ctx, phone: str) -> Any:
    """The number's row, made if need be, locked: of two asks at once the second sees what the first sent."""
    return await ctx.tx.fetchrow(
        "INSERT INTO login_otp (phone, code_digest, nonce, sent_at, expires_at, used_at)"
        " VALUES ($1, '', '', 'epoch', 'epoch', 'epoch')"
        " ON CONFLICT (phone) DO UPDATE SET phone = EXCLUDED.phone RETURNING sent_at, expires_at, used_at",
        phone,
    )


async def forget(ctx: Ctx, most: int = 5, *, spare: str = "") -> None:
    """Let a few rows go that nobody needs any more. Rows somebody holds are left for the next time.

    The row of the number `spare` stays: it is about to hold a new code.
    """
    for table, key, column, keep in (
        ("login_otp", "phone", "expires_at", timedelta(days=1)),
        ("registration", "ticket_digest", "expires_at", timedelta(0)),
        ("address_proof", "digest", "expires_at", timedelta(0)),
        ("throttle", "subject", "ends_at", timedelta(0)),
        ("token_blacklist", "jti", "expires_at", timedelta(0)),
    ):
        await ctx.tx.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {column} < $1"
            f" AND {column} > 'epoch' AND {key}::text <> $2 ORDER BY {column} LIMIT {most} FOR UPDATE SKIP LOCKED)",
            ctx.real_now - keep,
            spare,
        )
