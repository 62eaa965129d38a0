"""Caps on guessing and on sending, kept in PostgreSQL so that all nodes and restarts count as one.

A cap counts in fixed windows. Its subject (a number, a network, a device) is stored as a keyed digest only. What a
successful login proves honest is given back, so a clinic behind one address never runs into the network's cap.
"""

import ipaddress
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from carewire.command import Ctx
from carewire.errors import RateLimited
from channels.identity import keys


class Limit(NamedTuple):
    kind: str
    most: int
    window: timedelta


class Cap(Limit, Enum):
    """Every cap there is. `OTP_*` count codes that nobody has used yet, except `OTP_NUMBER_SMS`: all of them."""

    OTP_NUMBER_HOUR = Limit("otp_number_hour", 5, timedelta(hours=1))
    OTP_NUMBER_DAY = Limit("otp_number_day", 10, timedelta(days=1))
    OTP_NUMBER_SMS = Limit("otp_number_sms", 50, timedelta(days=1))
    OTP_NETWORK_HOUR = Limit("otp_network_hour", 100, timedelta(hours=1))
    OTP_NETWORK_DAY = Limit("otp_network_day", 300, timedelta(days=1))
    OTP_DEVICE_DAY = Limit("otp_device_day", 20, timedelta(days=1))
    OTP_OWN_DEVICE = Limit("otp_own_device", 10, timedelta(hours=1))
    """Instead of all of the above but the last: a device that the number's account knows, which strangers who ask for
    codes or try some do not keep out."""
    OTP_WRONG_NETWORK = Limit("otp_wrong_network", 100, timedelta(hours=1))
    """Wrong codes from one network, whatever the number: 100 tries an hour at a million codes."""
    LOGIN_PAIR = Limit("login_pair", 5, timedelta(minutes=15))
    """Wrong passwords for one address from one network. The address stays open to its owner elsewhere."""
    LOGIN_NETWORK = Limit("login_network", 50, timedelta(hours=1))
    LOGIN_ADDRESS = Limit("login_address", 100, timedelta(hours=1))
    """Wrong passwords for one address from devices it does not know, wherever they are."""
    LOGIN_OWN_DEVICE = Limit("login_own_device", 10, timedelta(minutes=15))
    """Instead of all three: wrong passwords on a device that the account knows."""
    MAIL_ADDRESS_HOUR = Limit("mail_address_hour", 3, timedelta(hours=1))
    """Mails with a token to one address, whoever asks and whether or not an account has it."""
    MAIL_ADDRESS_DAY = Limit("mail_address_day", 10, timedelta(days=1))
    MAIL_NETWORK_HOUR = Limit("mail_network_hour", 30, timedelta(hours=1))
    PROOF_WRONG_NETWORK = Limit("proof_wrong_network", 100, timedelta(hours=1))
    """Tokens that prove nothing, from one network."""
    PASSWORD_ACCOUNT = Limit("password_account", 5, timedelta(minutes=15))
    """Wrong old passwords on a socket that is logged in: a borrowed phone must not be a place to guess."""
    FACT_ACCOUNT = Limit("fact_account", 5, timedelta(days=1))
    """Wrong answers to the question after a known fact."""
    CONTACT_ACCOUNT = Limit("contact_account", 4, timedelta(days=1))
    """Changes of phone or e-mail of one account."""


class Charge(NamedTuple):
    """One cap of one subject."""

    cap: Cap
    subject: bytes


def charge_of(ctx: Ctx, cap: Cap, *who: str) -> Charge:
    """The counter of this cap for these words."""
    return Charge(cap, keys.seal(ctx.settings, "throttle", cap.kind, *who))


def network(address: str) -> str:
    """The network an address belongs to: /24 or /64. Text that is no address stands for itself."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0].strip("[]"))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 64}", strict=False))


async def spend(ctx: Ctx, *charges: Charge) -> None:
    """Count one more on each. Raises `RateLimited` when one is over its cap; then nothing is counted."""
    most = {charge.subject: charge.cap.most for charge in charges}
    full = [row["ends_at"] for row in await count(ctx, *charges) if row["spent"] > most[row["subject"]]]
    if full:
        raise RateLimited(after_ms=_ms(max(full) - ctx.real_now))


async def count(ctx: Ctx, *charges: Charge) -> list[Any]:
    """Count one more on each and refuse nothing: for failures, which count even beyond the cap."""
    return await ctx.tx.fetch(
        # Sorted like everywhere else, so that two askers never hold each other's counter.
        """INSERT INTO throttle AS t (subject, kind, spent, ends_at)
           SELECT c.subject, c.kind, 1, c.ends_at
             FROM unnest($1::bytea[], $2::text[], $3::timestamptz[]) AS c (subject, kind, ends_at) ORDER BY c.subject
           ON CONFLICT (subject) DO UPDATE
              SET spent = CASE WHEN t.ends_at <= $4 THEN 1 ELSE t.spent + 1 END,
                  ends_at = CASE WHEN t.ends_at <= $4 THEN EXCLUDED.ends_at ELSE t.ends_at END
           RETURNING subject, spent, ends_at""",
        [charge.subject for charge in charges],
        [charge.cap.kind for charge in charges],
        [ctx.real_now + charge.cap.window for charge in charges],
        ctx.real_now,
    )


async def require_room(ctx: Ctx, charge: Charge) -> None:
    """Raises `RateLimited` when this cap is used up; counts nothing."""
    ends_at: datetime | None = await ctx.tx.fetchval(
        "SELECT ends_at FROM throttle WHERE subject = $1 AND spent >= $2 AND ends_at > $3",
        charge.subject,
        charge.cap.most,
        ctx.real_now,
    )
    if ends_at is not None:
        raise RateLimited(after_ms=_ms(ends_at - ctx.real_now))


async def give_back(ctx: Ctx, subjects: list[bytes]) -> None:
    """Uncount one on each: what was charged turned out honest."""
    if subjects:
        await ctx.tx.execute(
            "WITH held AS (SELECT subject FROM throttle WHERE subject = ANY($1) AND spent > 0 AND ends_at > $2"
            " ORDER BY subject FOR UPDATE)"
            " UPDATE throttle t SET spent = spent - 1 FROM held WHERE t.subject = held.subject",
            subjects,
            ctx.real_now,
        )


def _ms(span: timedelta) -> int:
    return max(1, int(span.total_seconds() * 1000))
