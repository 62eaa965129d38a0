"""An e-mail that is verified, a password that is forgotten, a password that is changed."""

from datetime import timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, command
from carewire.errors import NotFound, RateLimited
from carewire.forms import Email, Secret
from carewire.jobs.job import Job, consumer
from channels.identity import caps, passwords, proofs
from channels.identity.auth import HASHING
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import AlreadyVerified, NoEmail, NoPassword, ProofGone, WrongPassword
from channels.identity.events import ProfileUpdated, profile_changed
from channels.identity.letters import LetterKind, letter
from channels.identity.logins import end_logins
from channels.identity.nouns import EndReason, ProofPurpose
from channels.identity.passwords import Password

NEWS_TTL: Final = timedelta(days=1)
"""A notice that could not be delivered for a day is no news any more."""


class MailSent(msgspec.Struct, frozen=True, kw_only=True):
    """A mail goes to the address if an account has it; its token is good for so long."""

    expires_in_s: int


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The address is its account's."""

    email: str


class PasswordChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The new password counts; so many logins of other devices were ended."""

    logins_ended: int


class ResetAsked(Job, name="password.reset_asked", secret=True):
    """Somebody forgot a password. A job, so that the asker cannot tell by the time whether the address is known."""

    email: str


@command(
    "auth.verify_email",
    allow={ANYONE},
    receipt=False,
    rate=HASHING,
    emits={ProfileUpdated},
    errors={ProofGone, RateLimited},
)
async def verify_email(ctx: Ctx, token: Secret) -> Verified:
    """Prove that one reads one's address, with the token that was mailed to it. Works on any socket, once."""
    account_id = await proofs.take(ctx, ProofPurpose.VERIFY_EMAIL, token)
    email: str = await ctx.tx.fetchval(
        "UPDATE account SET email_verified_at = coalesce(email_verified_at, $2) WHERE id = $1 RETURNING email",
        account_id,
        ctx.now,
    )
    await profile_changed(ctx, account_id)
    return Verified(email=email)


@command(
    "auth.resend_verification",
    allow={KNOWN},
    receipt=False,
    rate=HASHING,
    errors={NoEmail, AlreadyVerified, RateLimited, NotFound},
)
async def resend_verification(ctx: Ctx) -> MailSent:
    """Mail a new token to one's own unverified address; the one before is dead."""
    row = await ctx.tx.fetchrow(
        "SELECT email, email_verified_at, locale FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id
    )
    if row is None:
        raise NotFound()
    if row["email"] is None:
        raise NoEmail()
    if row["email_verified_at"] is not None:
        raise AlreadyVerified()
    await proofs.charge(ctx, row["email"])
    await proofs.send(ctx, ctx.actor.id, ProofPurpose.VERIFY_EMAIL, row["email"], row["locale"])
    return _sent(ProofPurpose.VERIFY_EMAIL)


@command("auth.forgot_password", allow={ANYONE}, receipt=False, rate=HASHING, errors={RateLimited})
async def forgot_password(ctx: Ctx, email: Email) -> MailSent:
    """Ask for a new password by mail. Answer, limits and work are the same for known and unknown addresses.

    Only accounts that have a password are written to: others log in by code.
    """
    address = email.lower()
    await proofs.charge(ctx, address)
    ctx.enqueue(ResetAsked(email=address))
    return _sent(ProofPurpose.RESET_PASSWORD)


@consumer(ResetAsked)
async def mail_reset(ctx: Ctx, job: ResetAsked) -> None:
    """Mail a token, if the address has an account with a password."""
    row = await ctx.tx.fetchrow(
        "SELECT id, locale FROM account WHERE email = $1 AND state = 'active' AND password_hash IS NOT NULL"
        " FOR NO KEY UPDATE",
        job.email,
    )
    if row is not None:
        await proofs.send(ctx, row["id"], ProofPurpose.RESET_PASSWORD, job.email, row["locale"])


@command(
    "auth.reset_password",
    allow={ANYONE},
    receipt=False,
    rate=HASHING,
    emits={ProfileUpdated},
    errors={ProofGone, RateLimited},
)
async def reset_password(ctx: Ctx, token: Secret, password: Password) -> PasswordChanged:
    """Choose a new password with the token that was mailed. Every login of the account ends; log in anew.

    The token is good once and for half an hour. It also proves the address.
    """
    account_id = await proofs.take(ctx, ProofPurpose.RESET_PASSWORD, token)
    await ctx.tx.execute(
        "UPDATE account SET password_hash = $2, email_verified_at = coalesce(email_verified_at, $3) WHERE id = $1",
        account_id,
        await passwords.digest(password),
        ctx.now,
    )
    ended = await end_logins(ctx, account_id, None, EndReason.PASSWORD)
    await profile_changed(ctx, account_id)
    if not ctx.anonymous and ctx.actor.id == account_id:
        ctx.unbind()
    return PasswordChanged(logins_ended=ended)


@command(
    "profile.change_password",
    allow={KNOWN},
    receipt=False,
    rate=HASHING,
    errors={WrongPassword, NoPassword, RateLimited, NotFound},
)
async def change_password(
    ctx: Ctx, old_password: Annotated[str, Meta(min_length=1, max_length=128)], password: Password
) -> PasswordChanged:
    """Change one's password, knowing the old one. Every other login of the account ends; this one stays."""
    charge = charge_of(ctx, Cap.PASSWORD_ACCOUNT, str(ctx.actor.id))
    # Charged before it is looked at, and under the account's lock: many tries at once are counted one by one.
    await caps.spend(ctx, charge)
    row = await ctx.tx.fetchrow(
        "SELECT password_hash, email, locale FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id
    )
    if row is None:
        raise NotFound()
    if row["password_hash"] is None:
        raise NoPassword()
    if not await passwords.matches(row["password_hash"], old_password):
        refusal = WrongPassword()
        refusal.keep = True  # a try that is rolled back is a try for free
        raise refusal
    await caps.give_back(ctx, [charge.subject])
    await ctx.tx.execute(
        "UPDATE account SET password_hash = $2 WHERE id = $1", ctx.actor.id, await passwords.digest(password)
    )
    await proofs.forget(ctx, ctx.actor.id, ProofPurpose.RESET_PASSWORD)
    ended = await end_logins(ctx, ctx.actor.id, None, EndReason.PASSWORD, spare=ctx.actor.login_id)
    ctx.enqueue(
        letter(
            "email",
            row["email"],
            LetterKind.PASSWORD_CHANGED,
            row["locale"],
            expires_at=ctx.real_now + NEWS_TTL,
        )
    )
    return PasswordChanged(logins_ended=ended)


def _sent(purpose: ProofPurpose) -> MailSent:
    return MailSent(expires_in_s=int(proofs.TTL[purpose].total_seconds()))
