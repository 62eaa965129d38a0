"""Another phone or another e-mail: proved by a code on the new one, told to the old one, undone within a day."""

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from carewire.actor import ANYONE, KNOWN
from carewire.command import Ctx, command
from carewire.errors import InvalidParams, NotFound, RateLimited
from carewire.forms import Email, Phone, Secret
from channels.identity import caps, keys, otp, passwords, phones, proofs
from channels.identity.auth import ASKING, HASHING, Code
from channels.identity.caps import Cap, charge_of
from channels.identity.errors import CodeGone, ContactHeld, EmailTaken, PhoneTaken, ProofGone, SameContact, WrongCode
from channels.identity.events import Profile, ProfileUpdated, profile_changed
from channels.identity.letters import LetterKind, letter
from channels.identity.logins import end_logins
from channels.identity.nouns import EndReason, ProofPurpose
from channels.identity.recovery import MailSent

UNDO: Final = timedelta(hours=24)


class Contact(StrEnum):
    """By which of them somebody is reached."""

    PHONE = "phone"
    EMAIL = "email"


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """The old address counts again, and every login of the account has ended."""

    contact: Contact


@command(
    "profile.change_phone",
    allow={KNOWN},
    receipt=False,
    rate=ASKING,
    emits={ProfileUpdated},
    errors={InvalidParams, NotFound, WrongCode, CodeGone, RateLimited, SameContact, PhoneTaken, ContactHeld},
)
async def change_phone(ctx: Ctx, phone: Phone, code: Code) -> Profile:
    """Move the account to another number. Ask for the code with `auth.otp_send` to the *new* number.

    The old number is told and can undo it for 24 hours; until then it is nobody else's.
    """
    number = phones.normalise(ctx.settings, phone)
    row = await _own(ctx)
    if row["phone"] == number:
        raise SameContact()
    await otp.use(ctx, number, code)
    await _keep_undo(ctx, row, Contact.PHONE, number)
    await ctx.tx.execute("UPDATE account SET phone = $2 WHERE id = $1", ctx.actor.id, number)
    # Her own patient record carries the number a desk finds her by.
    await ctx.tx.execute(
        "UPDATE patient p SET phone = $2 FROM guardianship g WHERE g.account_id = $1 AND g.patient_id = p.id"
        " AND g.kind = 'self' AND NOT g.merged AND g.until IS NULL",
        ctx.actor.id,
        number,
    )
    return await profile_changed(ctx, ctx.actor.id)


@command(
    "profile.change_email",
    allow={KNOWN},
    receipt=False,
    rate=HASHING,
    errors={NotFound, RateLimited, SameContact},
)
async def change_email(ctx: Ctx, email: Email) -> MailSent:
    """Mail a token to a new address; `profile.confirm_email` moves the account there. Nothing changes until then."""
    address = email.lower()
    row = await _own(ctx)
    if row["email"] == address:
        raise SameContact()
    await proofs.charge(ctx, address)
    await proofs.send(ctx, ctx.actor.id, ProofPurpose.CHANGE_EMAIL, address, row["locale"])
    return MailSent(expires_in_s=int(proofs.TTL[ProofPurpose.CHANGE_EMAIL].total_seconds()))


@command(
    "profile.confirm_email",
    allow={KNOWN},
    receipt=False,
    rate=HASHING,
    emits={ProfileUpdated},
    errors={NotFound, ProofGone, RateLimited, EmailTaken, ContactHeld},
)
async def confirm_email(ctx: Ctx, token: Secret) -> Profile:
    """Move the account to the address that the token was mailed to; it is verified at once.

    The old address is told and can undo it for 24 hours. Who wrote this address into her account without ever reading
    its mail loses it, and with it her password.
    """
    row = await _own(ctx)
    address = await proofs.take_new(ctx, ctx.actor.id, token)
    await ctx.tx.execute(
        "UPDATE account SET email = NULL, password_hash = NULL WHERE email = $1 AND id <> $2"
        " AND email_verified_at IS NULL AND phone IS NOT NULL",
        address,
        ctx.actor.id,
    )
    await _keep_undo(ctx, row, Contact.EMAIL, address)
    await ctx.tx.execute(
        "UPDATE account SET email = $2, email_verified_at = $3 WHERE id = $1", ctx.actor.id, address, ctx.now
    )
    await proofs.forget(ctx, ctx.actor.id, ProofPurpose.RESET_PASSWORD)
    return await profile_changed(ctx, ctx.actor.id)


@command(
    "auth.undo_change",
    allow={ANYONE},
    receipt=False,
    rate=HASHING,
    emits={ProfileUpdated},
    errors={ProofGone, RateLimited, PhoneTaken, EmailTaken},
)
async def undo_change(ctx: Ctx, token: Secret) -> Undone:
    """Take a change of phone or e-mail back, with the token that the old address got. Ends every login."""
    wrong = charge_of(ctx, Cap.PROOF_WRONG_NETWORK, caps.network(ctx.peer.address))
    await caps.require_room(ctx, wrong)
    digest = keys.fingerprint(token)
    await ctx.tx.execute(
        "SELECT FROM account WHERE id = (SELECT account_id FROM contact_change WHERE digest = $1) FOR NO KEY UPDATE",
        digest,
    )
    change = await ctx.tx.fetchrow(
        "SELECT * FROM contact_change WHERE digest = $1 AND state = 'standing' AND undo_until > $2 FOR UPDATE",
        digest,
        ctx.real_now,
    )
    if change is None:
        await caps.count(ctx, wrong)
        refusal = ProofGone()
        refusal.keep = True
        raise refusal
    contact, account_id = Contact(change["kind"]), change["account_id"]
    # What was changed after it is void too: it was built on this one.
    await ctx.tx.execute(
        "UPDATE contact_change SET state = 'undone', undone_at = $3 WHERE account_id = $1 AND kind = $2"
        " AND state = 'standing' AND changed_at >= $4",
        account_id,
        contact,
        ctx.real_now,
        change["changed_at"],
    )
    # Who moved the account away may also have chosen its password: it counts no more, `auth.forgot_password` helps.
    nobodys = await passwords.digest(secrets.token_urlsafe(32))
    await ctx.tx.execute(
        f"UPDATE account SET {contact} = $2, password_hash = CASE WHEN password_hash IS NOT NULL THEN $3 END,"
        " email_verified_at = CASE WHEN $4 THEN $5 ELSE email_verified_at END WHERE id = $1 AND state <> 'deleted'",
        account_id,
        change["old"],
        nobodys,
        contact is Contact.EMAIL,
        ctx.now,
    )
    if contact is Contact.PHONE:
        await ctx.tx.execute(
            "UPDATE patient p SET phone = $2 FROM guardianship g WHERE g.account_id = $1 AND g.patient_id = p.id"
            " AND g.kind = 'self' AND NOT g.merged AND g.until IS NULL",
            account_id,
            change["old"],
        )
    await ctx.tx.execute("DELETE FROM address_proof WHERE account_id = $1", account_id)
    await end_logins(ctx, account_id, None, EndReason.REMOTE)
    await profile_changed(ctx, account_id)
    return Undone(contact=contact)


async def _own(ctx: Ctx) -> Any:
    row = await ctx.tx.fetchrow(
        "SELECT phone, email, locale FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id
    )
    if row is None:
        raise NotFound()
    return row


async def _keep_undo(ctx: Ctx, row: Any, contact: Contact, new: str) -> None:
    """Remember the old address and tell it. Who had none has nothing to go back to."""
    await caps.spend(ctx, charge_of(ctx, Cap.CONTACT_ACCOUNT, str(ctx.actor.id)))
    await ctx.tx.execute(
        "UPDATE contact_change SET state = 'settled' WHERE state = 'standing' AND undo_until <= $1"
        " AND (account_id = $2 OR old = $3)",
        ctx.real_now,
        ctx.actor.id,
        row[contact],
    )
    old = row[contact]
    if old is None:
        return
    token = keys.text(secrets.token_bytes(32))
    undo_until = ctx.real_now + UNDO
    await ctx.tx.execute(
        "INSERT INTO contact_change (account_id, kind, old, new, digest, changed_at, undo_until)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, old) WHERE state = 'standing' DO NOTHING",
        ctx.actor.id,
        contact,
        old,
        new,
        keys.fingerprint(token),
        ctx.real_now,
        undo_until,
    )
    ctx.enqueue(
        letter(
            "sms" if contact is Contact.PHONE else "email",
            old,
            LetterKind.CONTACT_CHANGED,
            row["locale"],
            token=token,
            expires_at=undo_until,
        )
    )
