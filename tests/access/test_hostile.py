"""What the matrix does not ask: several ids at once, rights that end while somebody listens, tokens, keys and guesses.

Ledger: auth.guard H-051, auth.authorize H-074, auth.otp_verify H-070, auth.refresh H-072. The thousand deactivations
stand in `tests/channels/identity/test_deactivations.py`.
"""

import asyncio
import contextlib
from typing import Any

import pytest

from carewire.client import Client, Refused, Subscription
from carewire.command import REGISTRY
from channels.directory import demo as places
from channels.identity import Capacity
from channels.identity.nouns import Kin
from tests.access import matrix
from tests.access.matrix import CELLS, Verdict
from tests.access.who import (
    ADMINS,
    DOCTOR,
    ELSEWHERE,
    EVERYBODY,
    FRONT_DESK,
    LABORATORY,
    MANAGER,
    NURSE,
    OTHER_DOCTOR,
    OTHER_PATIENT,
    OWNER,
    PENDING_DOCTOR,
    in_order,
)
from tests.access.world import World, soon
from tests.patience import PATIENCE_S

matrix.load_cells()
SMUGGLED = (
    "is_verified",
    "capacities",
    "user_type",
    "scopes",
    "state",
    "approval",
    "duty",
    "verified_at",
    "account_id",
)


async def refused(client: Client, method: str, **params: Any) -> str:
    """The reason of the refusal there has to be."""
    with pytest.raises(Refused) as no:
        await client.call(method, **params)
    return no.value.reason


async def ended(heard: Subscription) -> None:
    """Read on until the server ends the subscription."""
    with contextlib.suppress(Refused):
        async with asyncio.timeout(PATIENCE_S):
            async for _ in heard:
                pass


# --- mass assignment -------------------------------------------------------------------------------------------------
async def test_no_command_takes_a_capacity_a_state_or_a_verification_that_it_does_not_declare(
    whole_world: World,
) -> None:
    """Each by somebody whom it opens to, with the params that open it and one member too many."""
    w = whole_world
    asks = []
    for row in (row for row in CELLS.values() if row.name in REGISTRY):
        one = next(one for one in in_order(EVERYBODY) if row.verdict(one) is Verdict.OPENS)
        extra = next(name for name in SMUGGLED if name not in REGISTRY[row.name].params.__struct_fields__)
        asks.append((row.name, one, extra, {**await row.ask(w, one), extra: True}))
    before = await w.state()
    for name, one, extra, params in asks:
        answer = await w.ask(one, name, params)
        assert (answer.reason, extra in answer.text) == ("invalid_params", True), f"{name} takes {extra}: {answer}"
    assert await w.state() == before


async def test_who_registers_as_a_doctor_is_one_only_after_a_verification(whole_world: World) -> None:
    assert "admin" not in str(REGISTRY["auth.register"].params.__annotations__["user_type"])
    client = await whole_world.enter(await whole_world.person(Capacity.PATIENT))
    for user_type in ("admin", "hospital_admin", "display", "staff"):
        asked = {"user_type": user_type, "name": "Me", "phone": whole_world.new_phone()}
        assert await refused(client, "auth.register", **asked) == "invalid_params"


# --- ids of two places in one call -----------------------------------------------------------------------------------
async def test_a_head_of_another_place_gets_nothing_here_by_naming_her_own(whole_world: World) -> None:
    w = whole_world
    head = w.socket(ELSEWHERE)
    own = {"place_id": w.elsewhere}
    nurse = {"account_id": w.account[NURSE]}
    assert await refused(head, "place.remove_member", **own, **nurse) == "not_found"
    assert await refused(head, "place.change_member", **own, **nurse, duty="nurse", to="collector") == "not_found"
    assert await refused(head, "place.withdraw_invitation", **own, invitation_id=w.duty_offer) == "not_found"
    screen = await w.socket(FRONT_DESK).call("display.list", place_id=w.place)
    assert await refused(head, "display.revoke", display_id=screen["displays"][0]["id"]) == "not_found"
    code = (await w.socket(OTHER_PATIENT).call("display.pair"))["code"]
    for scope in ({"room_ids": [w.room]}, {"doctor_ids": [w.doctor[DOCTOR]]}):
        assert await refused(head, "display.approve", **own, code=code, label="Spy", **scope) == "not_found"
    when = {"starts_at": soon(48), "ends_at": soon(49)}
    assert await refused(head, "session.create", **own, **when, doctor_id=w.doctor[DOCTOR]) == "not_found"
    theirs = {**own, **when, "doctor_id": w.doctor[OTHER_DOCTOR]}
    assert await refused(head, "session.create", **theirs, room_id=w.room) == "not_found"
    session = {"session_id": (await head.command("session.create", **theirs))["id"]}
    assert await refused(head, "session.update", **session, room_id=w.room) == "not_found"
    assert await refused(head, "queue.expect", **session, patient_id=w.she, due_at=soon(48)) == "not_found"
    mine = {"laboratory_id": places.LABORATORY, "hospital_id": w.place}
    assert await refused(w.socket(LABORATORY), "laboratory.update", **mine) == "not_found"


async def test_a_topic_has_one_name_and_every_other_spelling_is_not_found(whole_world: World) -> None:
    w = whole_world
    owner = w.socket(OWNER)
    for name in (
        f"queue:{str(w.sitting).upper()}",
        f"queue:{w.sitting.replace('-', '')}",
        f"queue:{{{w.sitting}}}",
        f"QUEUE:{w.sitting}",
        f"queue:{w.sitting}:x",
        f"queue:{w.token}",
        f"token:{w.sitting}",
        f"rights:{w.account[OWNER]}",
    ):
        assert await refused(owner, "topic.subscribe", topic=name) == "not_found"


async def test_what_waits_for_its_verification_is_seen_by_its_own_people_and_by_administrators(
    whole_world: World,
) -> None:
    w = whole_world
    hospital = {"hospital_id": await w.new_place("hospital", approval="pending")}
    doctor = {"doctor_id": w.doctor[PENDING_DOCTOR]}
    for one in in_order(EVERYBODY - ADMINS):
        client = w.socket(one)
        for method in ("hospital.get", "hospital.list_doctors"):
            assert await refused(client, method, **hospital) == "not_found", (one, method)
        assert await refused(client, "place.get", place_id=hospital["hospital_id"]) == "not_found", one
        assert str(hospital["hospital_id"]) not in str(await client.query("hospital.list", limit=100)), one
        if one is not PENDING_DOCTOR:
            assert await refused(client, "doctor.get", **doctor) == "not_found", one
    assert (await w.socket(PENDING_DOCTOR).query("doctor.get", **doctor))["listed"] is False
    for one in ADMINS:
        assert (await w.socket(one).query("hospital.get", **hospital))["approval"] == "pending"
    owner = await w.person()
    await w.join(owner, hospital["hospital_id"], "owner")
    assert (await (await w.enter(owner)).query("hospital.get", **hospital))["approval"] == "pending"


# --- rights that end while somebody listens --------------------------------------------------------------------------
async def a_sitting(w: World, doctor_account: Any) -> str:
    """A live sitting here of a doctor whom only this test knows."""
    doctor_id = await w.practice(doctor_account, w.place, name=f"Dr. {w.new_phone()}")
    plan = {"place_id": w.place, "doctor_id": doctor_id, "starts_at": soon(-0.2), "ends_at": soon(2)}
    made = await w.socket(FRONT_DESK).command("session.create", **plan)
    await w.socket(FRONT_DESK).command("session.start", session_id=made["id"])
    return str(made["id"])


async def test_a_doctor_who_is_no_longer_verified_loses_her_line_also_where_she_is_staff_elsewhere(
    whole_world: World,
) -> None:
    """The coarse gate lets her in, because she heads a clinic of her own: that opens nothing here."""
    w = whole_world
    account_id = await w.doctor_account()
    await w.join(account_id, await w.new_place("clinic"), "owner")
    session = await a_sitting(w, account_id)
    doctor = await w.enter(account_id)
    token = (await doctor.command("queue.walk_in", session_id=session, name="One"))["id"]
    heard = [await doctor.subscribe(topic) for topic in (f"queue:{session}", f"line:{session}", f"token:{token}")]
    doctor_id = await w.sql("SELECT id FROM doctor WHERE account_id = $1", account_id)
    await doctor.command("doctor.update", doctor_id=doctor_id, name="Dr. Somebody Else")  # to be verified anew
    await asyncio.gather(*map(ended, heard))
    for topic in (f"queue:{session}", f"line:{session}", f"token:{token}"):
        assert await refused(doctor, "topic.subscribe", topic=topic) == "not_found"
    assert await refused(doctor, "queue.walk_in", session_id=session, name="Two") == "not_found"
    assert await refused(doctor, "queue.call_next", session_id=session) == "not_found"
    assert await refused(doctor, "queue.leave", token_id=token) == "not_found"
    assert (await doctor.query("queue.get", session_id=session))["queue"] is None
    desk = w.socket(FRONT_DESK)
    again = {"place_id": w.place, "doctor_id": doctor_id, "starts_at": soon(30), "ends_at": soon(31)}
    assert await refused(desk, "session.create", **again) == "not_found"


async def test_who_is_taken_off_the_desk_in_mid_shift_keeps_no_topic_no_command_and_no_receipt(
    whole_world: World,
) -> None:
    w = whole_world
    account_id = await w.person_here("front_desk")
    desk = await w.enter(account_id)
    key = desk.new_key()
    walk_in = {"session_id": w.sitting, "name": "Before", "idempotency_key": key}
    made = await desk.command("queue.walk_in", **walk_in)
    assert await desk.command("queue.walk_in", **walk_in) == made
    heard = await desk.subscribe(f"queue:{w.sitting}")
    await w.socket(OWNER).command("place.remove_member", place_id=w.place, account_id=account_id)
    await ended(heard)
    assert await refused(desk, "queue.walk_in", **walk_in) == "forbidden"
    await w.join(account_id, w.elsewhere, "front_desk")
    there = await w.enter(account_id)
    assert await refused(there, "queue.walk_in", **walk_in) == "not_found"  # and not the stored reply


async def test_a_guardian_of_somebody_who_came_of_age_is_a_stranger_to_her(whole_world: World) -> None:
    w = whole_world
    account_id = await w.person(Capacity.PATIENT)
    child = await w.record(account_id, kind=Kin.PARENT, name="Ward", birth_year=w.now.year - 17)
    guardian = await w.enter(account_id)
    token = (await guardian.command("queue.join", session_id=w.sitting, patient_id=child))["id"]
    await w.sql("UPDATE guardianship SET lapses_at = now() WHERE patient_id = $1", child)
    for method in ("patient.get", "patient.guardians", "relation.list", "consent.list", "summary.get"):
        assert await refused(guardian, method, patient_id=child) == "not_found"
    assert await refused(guardian, "queue.leave", token_id=token) == "not_found"
    for topic in (f"token:{token}", f"line:{w.sitting}", f"summary:{child}"):
        assert await refused(guardian, "topic.subscribe", topic=topic) == "not_found"
    assert str(child) not in str(await guardian.query("patient.list"))


# --- a doctor's own hand ---------------------------------------------------------------------------------------------
async def test_a_doctor_makes_himself_no_relationship_however_he_tries(whole_world: World) -> None:
    w = whole_world
    account_id = await w.person(Capacity.DOCTOR, Capacity.PATIENT)
    session = await a_sitting(w, account_id)
    await w.record(account_id, name="Himself")
    doctor = await w.enter(account_id)
    stranger = (await doctor.command("queue.walk_in", session_id=session, name="Unwilling", phone=w.new_phone()))["id"]
    patient_id = await w.sql("SELECT patient_id FROM token WHERE id = $1", stranger)
    asked = (await doctor.call("relation.ask", token_id=stranger))["id"]
    assert await refused(doctor, "relation.accept", relation_id=asked) == "not_found"
    codes = [await refused(doctor, "relation.confirm", relation_id=asked, code=f"{n:06d}") for n in range(8)]
    assert codes[5:] == ["code_gone"] * 3
    doctor_id = await w.sql("SELECT id FROM doctor WHERE account_id = $1", account_id)
    grant = {"doctor_id": doctor_id, "records": ["summary"], "purpose": "treatment", "until": soon(1)}
    assert await refused(doctor, "consent.grant", patient_id=patient_id, **grant) == "not_found"
    assert await refused(doctor, "queue.join", session_id=session, patient_id=patient_id) == "not_found"
    for topic in ("summary", "background"):
        assert await refused(doctor, f"{topic}.get", patient_id=patient_id) == "not_found"
        assert await refused(doctor, "topic.subscribe", topic=f"{topic}:{patient_id}") == "not_found"


async def test_a_doctor_who_has_not_accepted_is_not_of_the_hospital(whole_world: World) -> None:
    w = whole_world
    account_id = await w.doctor_account()
    doctor_id = await w.practice(account_id, w.elsewhere)
    owner = w.socket(OWNER)
    offer = await owner.command("hospital.add_doctor", hospital_id=w.place, doctor_id=doctor_id)
    plan = {"place_id": w.place, "doctor_id": doctor_id, "starts_at": soon(30), "ends_at": soon(31)}
    for client in (owner, await w.enter(account_id)):
        assert await refused(client, "session.create", **plan) == "not_found"
    assert await refused(owner, "affiliation.accept", affiliation_id=offer["id"]) == "forbidden"
    head_and_doctor = await w.person(Capacity.DOCTOR)
    await w.practice(head_and_doctor, w.place)
    await w.join(head_and_doctor, w.place, "owner")
    other = await w.enter(head_and_doctor)
    assert await refused(other, "affiliation.accept", affiliation_id=offer["id"]) == "not_found"
    shown = await owner.query("hospital.list_doctors", hospital_id=w.place, limit=100)
    assert str(doctor_id) not in {row["doctor"]["id"] for row in shown["rows"]}


# --- keys, tokens, guesses -------------------------------------------------------------------------------------------
async def test_a_key_of_another_caller_tells_nothing_and_is_a_key_of_ones_own(whole_world: World) -> None:
    w = whole_world
    desk, key = w.socket(FRONT_DESK), w.socket(FRONT_DESK).new_key()
    ask = {"session_id": w.sitting, "name": "Keyed", "idempotency_key": key}
    made = await desk.command("queue.walk_in", **ask)
    assert await refused(w.socket(ELSEWHERE), "queue.walk_in", **ask) == "not_found"
    assert await refused(w.socket(OTHER_PATIENT), "queue.walk_in", **ask) == "forbidden"
    other = await w.socket(MANAGER).command("queue.walk_in", **ask)
    assert other["id"] != made["id"]
    assert await desk.command("queue.walk_in", **ask) == made


async def test_a_stolen_refresh_token_ends_the_login_for_thief_and_owner_alike(whole_world: World) -> None:
    w = whole_world
    login = await w.login(await w.person())
    owner, thief = Client(w.url, reconnect=False), Client(w.url, reconnect=False)
    await owner.open()
    await thief.open()
    first = await owner.call("auth.refresh", refresh_token=login.refresh_token)
    await owner.call("auth.refresh", refresh_token=first["refresh_token"])
    assert await refused(thief, "auth.refresh", refresh_token=login.refresh_token) == "token_reused"
    with contextlib.suppress(Refused, ConnectionError):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await owner.call("profile.get")
    assert await refused(thief, "auth.authenticate", access_token=first["access_token"]) == "unauthenticated"
    await owner.close()
    await thief.close()


async def test_guessing_a_code_from_many_sockets_at_once_gets_five_tries(whole_world: World) -> None:
    w = whole_world
    phone = w.new_phone()
    sockets = [Client(w.url, reconnect=False) for _ in range(12)]
    await asyncio.gather(*(client.open() for client in sockets))
    await sockets[0].call("auth.otp_send", phone=phone)
    codes = [f"{n:06d}" for n in range(len(sockets))]
    tries = [
        refused(client, "auth.otp_verify", phone=phone, code=code) for client, code in zip(sockets, codes, strict=True)
    ]
    reasons = await asyncio.gather(*tries)
    assert sorted(set(reasons)) == ["code_gone", "wrong_code"]
    assert reasons.count("wrong_code") == 5
    await w.sql("DELETE FROM throttle")
    for client in sockets:
        await client.close()
