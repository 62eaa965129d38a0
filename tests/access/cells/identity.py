"""Logins, profiles, families, and what administrators do to accounts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from carewire.jobs.vault import Vault
from channels.identity import Capacity, demo, exports
from channels.identity.nouns import Kin
from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    ADMINS,
    CONTENT,
    FAMILY,
    GUARDIAN,
    HERSELF,
    KNOWN,
    MONEY,
    OTHER_PATIENT,
    PATIENTS,
    PRIVACY,
    SCREENS,
    SUPER,
    SUPPORT,
    USER_READERS,
    Who,
)
from tests.access.world import World
from tests.conftest import SECRET

PEOPLE = KNOWN - SCREENS
PASSWORD = "a long enough password"


@ground
async def invitations(w: World) -> None:
    """A child of her guardian's, for whom another patient is asked to act."""
    w.child = await w.record(w.account[GUARDIAN], kind=Kin.PARENT, name="Child", birth_year=w.now.year - 5)
    w.guardian_invitation = await invite(w)


async def invite(w: World) -> UUID:
    """Another invitation of another patient, to act for a child."""
    child = await w.record(w.account[GUARDIAN], kind=Kin.PARENT, name="Child")
    invitation_id: UUID = await w.sql(
        "INSERT INTO guardian_invitation (patient_id, phone, kind, invited_by, invited_at, expires_at)"
        " VALUES ($1, $2, 'other', $3, $4, $5) RETURNING id",
        child,
        w.phone[OTHER_PATIENT],
        w.account[GUARDIAN],
        w.now,
        w.now + timedelta(days=1),
    )
    return invitation_id


# --- logging in ------------------------------------------------------------------------------------------------------


async def token(w: World) -> Params:
    return {"access_token": await w.log_in(await w.person())}


async def refresh_token(w: World) -> Params:
    return {"refresh_token": (await w.login(await w.person())).refresh_token}


cells("auth.authenticate", token, spare=True)
cells("auth.refresh", refresh_token, spare=True)
cells("auth.login", {"email": "nobody@example.org", "password": PASSWORD})
cells("auth.otp_send", lambda w: {"phone": w.new_phone()})
cells("auth.otp_verify", lambda w: {"phone": w.new_phone(), "code": "000000"})
cells("auth.register", lambda w: {"user_type": "patient", "name": "New", "phone": w.new_phone()})
cells("auth.forgot_password", {"email": "nobody@example.org"})
cells("auth.reset_password", {"token": "x" * 43, "password": PASSWORD})
cells("auth.verify_email", {"token": "x" * 43})
cells("auth.undo_change", {"token": "x" * 43})
cells("auth.devices")
cells("auth.tell_fact", {"answer": "1985"}, answers={"invalid_params"})  # most owe none
cells("auth.resend_verification", opens=PEOPLE)
cells("auth.logout", spare=True)
cells("dev.mailbox", {"to": "+919999999999"})

# --- oneself ---------------------------------------------------------------------------------------------------------
cells("profile.get", opens=PEOPLE)
cells("profile.update", {"locale": "hi"}, opens=PEOPLE)
cells("profile.set_quiet_hours", {"quiet": None}, opens=PEOPLE)
cells("profile.change_phone", lambda w: {"phone": w.new_phone(), "code": "000000"}, opens=PEOPLE)
cells("profile.change_email", lambda w: {"email": f"new{w.new_phone()}@example.org"}, opens=PEOPLE)
cells("profile.confirm_email", {"token": "x" * 43}, opens=PEOPLE)
cells("profile.change_password", {"old_password": PASSWORD, "password": PASSWORD}, opens=PEOPLE)

hears("account:{account_id}", lambda w: w.account[HERSELF], opens={HERSELF})

# --- what is kept of oneself -----------------------------------------------------------------------------------------


async def her_export(w: World) -> Params:
    """A document about her that lies there."""
    export_id = await w.sql(
        "INSERT INTO export_order (account_id, asked_at, state, parts, digest, ready_at, expires_at)"
        " VALUES ($1, $2, 'ready', 1, sha256(''), $2, $3) RETURNING id",
        w.account[HERSELF],
        w.now,
        w.now + timedelta(days=1),
    )
    sealed = Vault(SECRET).seal(exports.SEAL, b"{}")
    await w.sql("INSERT INTO export_part (export_id, n, sealed) VALUES ($1, 1, $2)", export_id, sealed)
    return {"export_id": export_id, "n": 1}


cells("user.export", opens=PEOPLE)
cells("user.exports")
cells("user.export_part", her_export, opens={HERSELF})
cells("user.erase", opens=PEOPLE, answers={"invalid_params"})  # without the second proof
cells("user.erasure")
cells("user.undo_erasure")
cells("user.erasures", opens={PRIVACY, SUPER}, says="forbidden")

# --- terms -----------------------------------------------------------------------------------------------------------


@ground
async def terms(w: World) -> None:
    """Terms that bind in a month."""
    await w.sql(
        "INSERT INTO terms_version (kind, version, published_at, binds_at, published_by)"
        " VALUES ('terms', 1, $1, $2, $3)",
        w.now,
        w.now + timedelta(days=30),
        demo.ADMIN_ID,
    )
    await w.sql(
        "INSERT INTO terms_text (kind, version, locale, title, text) VALUES ('terms', 1, 'en', 'Terms', 'Text')"
    )


async def accepted(w: World, one: Who) -> Params:
    """Everybody who can has accepted them."""
    if one in PEOPLE:
        await w.sql(
            "INSERT INTO terms_acceptance (account_id, kind, version, locale, accepted_at)"
            " VALUES ($1, 'terms', 1, 'en', $2) ON CONFLICT DO NOTHING",
            w.account[one],
            w.now,
        )
    return {"kind": "terms"}


cells("terms.current")
cells("terms.get", {"kind": "terms", "version": 1})
cells("terms.mine")
cells("terms.accept", {"kind": "terms", "version": 1}, opens=PEOPLE)
cells("terms.withdraw", accepted, opens=PEOPLE)
cells("terms.publish", {"kind": "privacy", "title": "Notice", "text": "Text"}, opens={CONTENT, SUPER}, says="forbidden")
cells(
    "terms.translate",
    {"kind": "terms", "version": 1, "locale": "hi", "title": "शर्तें", "text": "पाठ"},
    opens={CONTENT, SUPER},
    says="forbidden",
)

# --- families --------------------------------------------------------------------------------------------------------


async def another_guardian(w: World) -> Params:
    """Hers to end: somebody who acts for her since a moment ago."""
    account_id = await w.person(Capacity.PATIENT)
    await w.guard(account_id, w.she, Kin.OTHER)
    return {"patient_id": w.she, "account_id": account_id}


async def claimed(w: World) -> Params:
    """A record she took over."""
    patient_id = await w.sql(
        "INSERT INTO patient (name, place_id, created_at) VALUES ('Old', $1, $2) RETURNING id", w.place, w.now
    )
    await w.sql(
        "INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at) VALUES ($1, $2, $3, $4)",
        patient_id,
        w.she,
        w.account[HERSELF],
        w.now,
    )
    return {"patient_id": patient_id}


async def invitation(w: World, one: Who) -> Params:
    return {"invitation_id": await invite(w) if one is OTHER_PATIENT else w.guardian_invitation}


cells("patient.update", lambda w: {"patient_id": w.she, "sex": "female"}, opens=FAMILY)
cells("patient.create", {"name": "Somebody", "kind": "sibling"})
cells("patient.guardians", lambda w: {"patient_id": w.she}, opens=FAMILY)
cells("patient.invite_guardian", lambda w: {"patient_id": w.she, "phone": w.new_phone(), "kind": "other"}, opens=FAMILY)
cells("patient.end_guardian", another_guardian, opens={HERSELF})  # a guardian ends only whom he let in
cells("patient.invitations")
cells("patient.accept_guardian", invitation, opens={OTHER_PATIENT})
cells("patient.decline_guardian", invitation, opens={OTHER_PATIENT, GUARDIAN})  # or whoever sent it
cells("patient.claimable")
cells("patient.claims")
cells(  # without a code on one's own number nobody is told whether the record is there
    "patient.claim", lambda w: {"patient_id": w.she, "code": "000000", "kind": "self", "answer": "1985"}, opens=PATIENTS
)
cells("patient.undo_claim", claimed, opens={HERSELF, SUPPORT, SUPER})

# --- administrators --------------------------------------------------------------------------------------------------


async def somebody(w: World) -> Params:
    return {"user_id": await w.person()}


async def another_admin(w: World) -> UUID:
    account_id = await w.person(Capacity.ADMIN)
    await w.sql("INSERT INTO admin_scope (account_id, scope, since) VALUES ($1, 'verify', $2)", account_id, w.now)
    return account_id


async def change_scopes(w: World) -> Params:
    return {"user_id": await another_admin(w), "wanted": ["content"]}


async def request(w: World) -> Params:
    """Something that the demo's administrator asked for."""
    request_id = await w.sql(
        "INSERT INTO admin_request (kind, subject_id, scopes, asked_by, asked_at, expires_at)"
        " VALUES ('change_scopes', $1, '{content}', $2, $3, $4) RETURNING id",
        await another_admin(w),
        demo.ADMIN_ID,
        w.now,
        w.now + timedelta(hours=1),
    )
    return {"request_id": request_id}


def new_admin(w: World) -> dict[str, Any]:
    return {
        "user_type": "hospital_admin",
        "name": "New",
        "email": f"new{w.new_phone()}@example.org",
        "password": PASSWORD,
    }


cells("user.list", {"search": "Canary"}, opens=USER_READERS, says="forbidden")
cells("user.get", lambda w: {"user_id": w.account[HERSELF]}, opens=USER_READERS, says="forbidden")
cells("user.update", somebody, opens={SUPPORT, SUPER}, says="forbidden")
cells("user.activate", somebody, opens={SUPPORT, SUPER}, says="forbidden")
cells("user.deactivate", somebody, opens={SUPPORT, SUPER}, says="forbidden")
cells("user.delete", somebody, opens={SUPER}, says="forbidden")
cells("user.create", new_admin, opens={SUPER}, says="forbidden")
cells("admin.scopes", lambda w: {"user_id": demo.ADMIN_ID}, opens=ADMINS)
cells("admin.requests")
cells("admin.change_scopes", change_scopes, opens={SUPER}, says="forbidden")
cells("admin.confirm", request, opens={SUPER}, says="forbidden")
cells("admin.refuse", request, opens={SUPER}, says="forbidden")
cells("settings.get")
cells("settings.update", {"changes": {"chat_days": 9}}, opens={MONEY, SUPER}, says="forbidden")
