"""Places, who works there, doctors and their affiliations, specialties."""

from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from channels.directory import demo
from tests.access.matrix import Params, cells, ground
from tests.access.who import (
    ADMINS,
    BREAK_GLASS,
    COLLEAGUE,
    COLLECTOR,
    CONSENTED,
    CONTENT,
    DOCTOR,
    FRONT_DESK,
    HEADS,
    HOSPITAL,
    LABORATORY,
    NURSE,
    OTHER_DOCTOR,
    OWNER,
    PENDING_DOCTOR,
    PHARMACY,
    STAFF_HERE,
    SUPER,
    VERIFY,
    Who,
)
from tests.access.world import World


@ground
async def offers(w: World) -> None:
    """A duty offered to the one at the front desk, and a place that offers itself to a colleague."""
    w.duty_offer = await offer_duty(w)
    await w.practice(w.account[COLLEAGUE], w.elsewhere, state="offered", name=w.name[COLLEAGUE])
    w.affiliation_offer = await affiliation(w, COLLEAGUE, w.elsewhere)


async def offer_duty(w: World) -> UUID:
    """A duty here, offered to the one at the front desk, who has it: accepting makes nobody something else."""
    await w.sql("UPDATE member_invitation SET state = 'withdrawn', ended_at = $1 WHERE state = 'open'", w.now)
    invitation_id: UUID = await w.sql(
        "INSERT INTO member_invitation (place_id, phone, duty, invited_by, invited_at, expires_at)"
        " VALUES ($1, $2, 'front_desk', $3, $4, $5) RETURNING id",
        w.place,
        w.phone[FRONT_DESK],
        w.account[OWNER],
        w.now,
        w.now + timedelta(days=1),
    )
    return invitation_id


async def affiliation(w: World, one: Who, place_id: UUID) -> UUID:
    found: UUID = await w.sql(
        "SELECT id FROM affiliation WHERE doctor_id = $1 AND place_id = $2 ORDER BY id DESC LIMIT 1",
        w.doctor[one],
        place_id,
    )
    return found


# --- places and members ----------------------------------------------------------------------------------------------


async def a_nurse(w: World) -> Params:
    return {"account_id": await w.person_here("nurse"), "place_id": w.place}


async def change_a_nurse(w: World) -> Params:
    return {**await a_nurse(w), "duty": "nurse", "to": "front_desk"}


async def leave(w: World, one: Who) -> Params:
    """One of two duties: everybody stays what she is."""
    spare = NURSE if one is COLLECTOR else COLLECTOR
    if one in STAFF_HERE:
        await w.join(w.account[one], w.place, spare.word)
    return {"place_id": w.place, "duty": spare.word}


async def withdraw(w: World, one: Who) -> Params:
    return {"place_id": w.place, "invitation_id": await offer_duty(w) if one in HEADS else w.duty_offer}


async def answer_duty(w: World, one: Who) -> Params:
    return {"invitation_id": await offer_duty(w) if one is FRONT_DESK else w.duty_offer}


cells("place.get", lambda w: {"place_id": w.place})
cells("place.members", lambda w: {"place_id": w.place}, opens=HEADS)
cells("place.invitations", lambda w: {"place_id": w.place}, opens=HEADS)
cells("place.invite_member", lambda w: {"place_id": w.place, "phone": w.new_phone(), "duty": "nurse"}, opens=HEADS)
cells("place.withdraw_invitation", withdraw, opens=HEADS)
cells("place.change_member", change_a_nurse, opens=HEADS)
cells("place.remove_member", a_nurse, opens=HEADS)
cells("place.leave", leave, opens=STAFF_HERE)
cells("member.invitations")
cells("member.accept", answer_duty, opens={FRONT_DESK})
cells("member.decline", answer_duty, opens={FRONT_DESK})

# --- doctors ---------------------------------------------------------------------------------------------------------


async def a_doctor_elsewhere(w: World) -> Params:
    return {"place_id": w.place, "doctor_id": await w.practice(await w.doctor_account(), w.elsewhere)}


async def working(w: World, one: Who) -> Params:
    """That somebody works here; for the doctor that she works at the pharmacy."""
    if one is DOCTOR:
        await w.practice(w.account[DOCTOR], demo.PHARMACY, name=w.name[DOCTOR])
        return {"affiliation_id": await affiliation(w, DOCTOR, demo.PHARMACY)}
    doctor_id = await w.practice(await w.doctor_account(), w.place)
    return {"affiliation_id": await w.sql("SELECT id FROM affiliation WHERE doctor_id = $1", doctor_id)}


cells("doctor.list")
cells("doctor.get", lambda w: {"doctor_id": w.doctor[DOCTOR]})
cells("affiliation.list", lambda w: {"place_id": w.place}, opens=HEADS)
cells("affiliation.offer", a_doctor_elsewhere, opens=HEADS)
cells("affiliation.accept", lambda w: {"affiliation_id": w.affiliation_offer}, opens={COLLEAGUE})
cells("affiliation.decline", lambda w: {"affiliation_id": w.affiliation_offer}, opens={COLLEAGUE})
cells("affiliation.end", working, opens=HEADS | {DOCTOR})

# --- specialties -----------------------------------------------------------------------------------------------------


async def a_specialty(w: World) -> Params:
    slug = f"s{w.new_phone()[1:]}"
    return {"slug": await w.sql("INSERT INTO specialty (slug, name) VALUES ($1, $1) RETURNING slug", slug)}


def a_slug(w: World) -> Params:
    slug = f"n{w.new_phone()[1:]}"
    return {"slug": slug, "name": slug}


async def renamed(w: World) -> Params:
    found = await a_specialty(w)
    return {**found, "name": f"{found['slug']} anew"}


cells("specialty.list")
cells("specialty.get", {"slug": "cardiology"})
cells("specialty.create", a_slug, opens={CONTENT, SUPER}, says="forbidden")
cells("specialty.update", renamed, opens={CONTENT, SUPER}, says="forbidden")
cells("specialty.delete", a_specialty, opens={CONTENT, SUPER}, says="forbidden")

# --- entries of the directory ----------------------------------------------------------------------------------------
VERIFIERS = {VERIFY, SUPER}
EDITORS = {VERIFY, CONTENT, SUPER}
NOT_EDITORS = dict.fromkeys(ADMINS - VERIFIERS, "forbidden")
SITE = {"name": "New", "city": "Pune", "zone": "Asia/Kolkata"}


async def entering(w: World, one: Who) -> Params:
    """Oneself; an administrator somebody else."""
    account = {"account_id": await w.doctor_account()} if one in ADMINS else {}
    return {"name": "Dr. New", "specialty": "cardiology", **account}


async def a_doctors_entry(w: World) -> Params:
    return {"doctor_id": await w.practice(await w.doctor_account(), w.elsewhere)}


async def another_doctor(w: World) -> Params:
    return {"hospital_id": w.place, "doctor_id": await w.practice(await w.doctor_account(), w.elsewhere)}


async def one_who_works_here(w: World) -> Params:
    return {"hospital_id": w.place, "doctor_id": await w.practice(await w.doctor_account(), w.place)}


cells(
    "doctor.create",
    entering,
    opens={DOCTOR, COLLEAGUE, OTHER_DOCTOR, CONSENTED, BREAK_GLASS, PENDING_DOCTOR} | VERIFIERS,
    says=NOT_EDITORS,
)
cells(
    "doctor.update",
    lambda w: {"doctor_id": w.doctor[DOCTOR], "bio": "Twenty years of it"},
    opens={DOCTOR} | EDITORS,
)
cells("doctor.delete", a_doctors_entry, opens=VERIFIERS, says={CONTENT: "forbidden"})
cells("hospital.list_doctors", lambda w: {"hospital_id": w.place})
cells("hospital.add_doctor", another_doctor, opens=HEADS | VERIFIERS)
cells("hospital.remove_doctor", one_who_works_here, opens=HEADS | VERIFIERS)


def site(noun: str, place_of: Callable[[World], UUID], owner: Collection[Who], trade: Who, **more: str) -> None:
    """The five commands of one kind of place: public, entered by its trade, changed by its heads, closed by none."""

    async def nobodys(w: World) -> Params:
        return {f"{noun}_id": await w.new_place(noun)}

    cells(f"{noun}.list")
    cells(f"{noun}.get", lambda w: {f"{noun}_id": place_of(w)})
    cells(f"{noun}.create", {**SITE, **more}, opens={trade} | EDITORS, says="forbidden")
    cells(
        f"{noun}.update", lambda w: {f"{noun}_id": place_of(w), "description": "Open"}, opens=frozenset(owner) | EDITORS
    )
    cells(f"{noun}.delete", nobodys, opens=VERIFIERS, says={CONTENT: "forbidden"})


site("hospital", lambda w: w.place, HEADS, HOSPITAL, kind="hospital")
site("pharmacy", lambda w: demo.PHARMACY, {PHARMACY}, PHARMACY)
site("laboratory", lambda w: demo.LABORATORY, {LABORATORY}, LABORATORY)

# --- when they are there ---------------------------------------------------------------------------------------------

cells("provider.hours", lambda w: {"place_id": w.place})
cells("provider.set_hours", lambda w: {"place_id": w.place, "weekly": [], "holidays": []}, opens=HEADS | EDITORS)
cells("provider.pause_orders", {"place_id": demo.PHARMACY, "until": None}, opens={PHARMACY} | EDITORS)
