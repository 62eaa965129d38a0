"""Logging in: by a code to one's phone, or by e-mail and password."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE
from carewire.command import Ctx, Rate, command
from carewire.errors import AlreadyAuthenticated, Field, InvalidParams, RateLimited
from carewire.forms import Email, Locale, Name, Phone, Secret
from channels.identity import caps, devices, otp, passwords, people, phones, registrations
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import AccountClosed, CodeGone, ContactHeld, WrongCode, WrongPassword
from channels.identity.events import ProfileUpdated, profile_changed
from channels.identity.logins import Login, open_login
from channels.identity.nouns import Capacity
from channels.identity.otp import OtpSent
from channels.identity.passwords import Password
from channels.identity.terms import Accepts

Device = Annotated[str, Meta(min_length=1, max_length=120, description="The device's own name or id, client-made")]
Code = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", description="The six digits of the message")]
Applicant = Annotated[
    Literal["patient", "doctor", "pharmacy", "laboratory"],
    Meta(description="The capacity asked for; all but patient wait for verification"),
]

Accepted = Annotated[list[Accepts], Meta(max_length=2)]

# The real brakes are the caps in PostgreSQL; these only keep one address from keeping a node busy.
ASKING = Rate(burst=200, per_minute=1200)
HASHING = Rate(burst=30, per_minute=120, shared=True)


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way. Give the ticket to `auth.otp_verify` together with the code."""

    registration: str
    expires_at: datetime
    resend_after_s: int


@command(
    "auth.otp_send",
    allow={ANYONE},
    receipt=False,
    rate=ASKING,
    errors={InvalidParams, RateLimited},
)
async def otp_send(ctx: Ctx, phone: Phone, locale: Locale = "en", device: Device | None = None) -> OtpSent:
    """Send a login code to a phone number. The answer is the same whether or not the number is known.

    A second ask within `resend_after_s` sends nothing and answers the same expiry. The message is in the account's
    language, or in `locale` for a new number.
    """
    return await otp.send(ctx, phones.normalise(ctx.settings, phone), locale, device)


@command(
    "auth.otp_verify",
    allow={ANYONE},
    receipt=False,
    rate=ASKING,
    emits={ProfileUpdated},
    errors={AlreadyAuthenticated, InvalidParams, WrongCode, CodeGone, RateLimited, AccountClosed, ContactHeld},
)
async def otp_verify(
    ctx: Ctx,
    phone: Phone,
    code: Code,
    device: Device | None = None,
    name: Name | None = None,
    registration: Secret | None = None,
    locale: Locale = "en",
) -> Login:
    """Log in with the code. A new number becomes a patient's account with a patient record of its own.

    `registration` is the ticket of `auth.register`; without it a new account is called `name`. Five wrong codes end
    the code. On success this socket is logged in.
    """
    if not ctx.anonymous:
        raise AlreadyAuthenticated()
    number = phones.normalise(ctx.settings, phone)
    await otp.use(ctx, number, code, own=await devices.is_known(ctx, device, phone=number))
    details = None if registration is None else await registrations.take(ctx, registration, number)
    account_id = await people.find_by_phone(ctx.tx, number)
    new = account_id is None
    if account_id is None:
        called = details["name"] if details else name
        spoken = details["locale"] if details else locale
        account_id = await people.open_account(ctx, number, name=called, locale=spoken)
    applied = details is not None and await registrations.apply(ctx, account_id, details, new=new)
    login = await open_login(ctx, account_id, device, by_code=True)
    if applied and not new:
        await profile_changed(ctx, account_id)
    return login


@command(
    "auth.register",
    allow={ANYONE},
    receipt=False,
    rate=HASHING,
    errors={AlreadyAuthenticated, InvalidParams, RateLimited},
)
async def register(
    ctx: Ctx,
    user_type: Applicant,
    name: Name,
    phone: Phone,
    email: Email | None = None,
    password: Password | None = None,
    locale: Locale = "en",
    device: Device | None = None,
    accepts: Accepted | None = None,
) -> Registered:
    """Register as a patient, doctor, pharmacy or laboratory: sends a code, and `auth.otp_verify` makes the account.

    The answer is the same for known and unknown numbers. Everybody but patients waits for verification. Administrators
    are made by administrators, not here.

    `user_type`: what the account is for; more capacities can be added to it later. `accepts`: the terms and privacy
    notice (`terms.current`) that were read and are agreed to; they count once the account is made.
    """
    if not ctx.anonymous:
        raise AlreadyAuthenticated()
    if password is not None and email is None:
        raise InvalidParams(fields=(Field("$.email", "a password needs an e-mail to log in with"),))
    number = phones.normalise(ctx.settings, phone)
    sent = await otp.send(ctx, number, locale, device)
    ticket = await registrations.keep(
        ctx,
        phone=number,
        capacity=Capacity(user_type),
        name=name,
        email=None if email is None else email.lower(),
        password_hash=None if password is None else await passwords.digest(password),
        locale=locale,
        accepts=accepts or [],
    )
    return Registered(registration=ticket, expires_at=sent.expires_at, resend_after_s=sent.resend_after_s)


@command(
    "auth.login",
    allow={ANYONE},
    receipt=False,
    rate=HASHING,
    errors={AlreadyAuthenticated, WrongPassword, RateLimited, AccountClosed},
)
async def login(
    ctx: Ctx,
    email: Email,
    password: Annotated[str, Meta(min_length=1, max_length=128)],
    device: Device | None = None,
) -> Login:
    """Log in with e-mail and password.

    Wrong tries are counted per address and network, and apart for a `device` (an id of 16 characters or more) that the
    account was logged in on before: nobody can lock the owner out there.
    """
    if not ctx.anonymous:
        raise AlreadyAuthenticated()
    address = email.lower()
    net = caps.network(ctx.peer.address)
    if device is not None and await devices.is_known(ctx, device, email=address):
        charges = [charge_of(ctx, Cap.LOGIN_OWN_DEVICE, address, device)]
    else:
        charges = [
            charge_of(ctx, Cap.LOGIN_PAIR, address, net),
            charge_of(ctx, Cap.LOGIN_NETWORK, net),
            charge_of(ctx, Cap.LOGIN_ADDRESS, address),
        ]
    # Charged before the password is looked at: many sockets trying at once queue up here and are counted one by one.
    await caps.spend(ctx, *charges)
    row = await ctx.tx.fetchrow("SELECT id, password_hash FROM account WHERE email = $1", address)
    if not await passwords.matches(row["password_hash"] if row else None, password) or row is None:
        refusal = WrongPassword()
        refusal.keep = True  # a try that is rolled back is a try for free
        raise refusal
    await caps.give_back(ctx, [charge.subject for charge in charges])
    return await open_login(ctx, row["id"], device)
