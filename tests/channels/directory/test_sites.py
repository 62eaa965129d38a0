"""Hospitals, pharmacies and laboratories: who enters and edits them, who sees them, who works there.

Ledger: hospital.list H-112 M-179, hospital.get M-180, hospital.create M-181, hospital.update M-182, hospital.delete
M-183, hospital.list_doctors H-113 M-184, hospital.add_doctor M-185, hospital.remove_doctor M-186, pharmacy.list H-258,
pharmacy.get H-259, laboratory.list H-262 M-253, laboratory.get H-263 M-254, laboratory.create M-255, laboratory.update
M-256, laboratory.delete M-257, hospitals M-088 H-025, pharmacies H-010, laboratories M-098, hospital_doctors M-090,
location.normalize H-059, privacy.no_gps H-332; PRODUCT 6, 7, 26.
"""

from typing import Any
from uuid import uuid4

import pytest

from carewire.errors import Conflict, Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.money import THREE_DIGITS, ZERO_DIGITS, exponent
from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, LABORATORY, PHARMACY
from channels.directory.errors import AlreadyAsked, TooManyPending
from channels.identity import Capacity, Scope
from channels.identity.demo import ADMIN_ID, ASHA, DESK, PHARMACIST, PRIYA, TECHNICIAN, VIKRAM
from tests.channels.callers import rows, told
from tests.channels.directory.conftest import Enter, Newcomer

NEW: dict[str, Any] = {"name": "City Hospital", "city": "Pune", "zone": "Asia/Kolkata", "state": "Maharashtra"}
NOUNS = (("hospital", CLINIC), ("pharmacy", PHARMACY), ("laboratory", LABORATORY))


@pytest.mark.parametrize(("noun", "place_id"), NOUNS)
async def test_only_owners_and_administrators_of_the_scope_write(
    enter: Enter, newcomer: Newcomer, noun: str, place_id: Any
) -> None:
    one = {f"{noun}_id": str(place_id)}
    for account_id in (PRIYA.account_id, DESK.account_id, await newcomer(Capacity.ADMIN, "active", Scope.MONEY)):
        who = await enter(account_id)
        with pytest.raises(NotFound):
            await who.call(f"{noun}.update", **one, description="Ours now")
        with pytest.raises(Forbidden):
            await who.call(f"{noun}.create", **NEW, **({"kind": "hospital"} if noun == "hospital" else {}))
        with pytest.raises(NotFound):
            await who.call(f"{noun}.delete", **one)
    for other, other_id in NOUNS:
        if other != noun:
            with pytest.raises(NotFound):
                await (await enter(ADMIN_ID)).call(f"{noun}.update", **{f"{noun}_id": str(other_id)}, description="x")
    content = await enter(await newcomer(Capacity.ADMIN, "active", Scope.CONTENT))
    assert (await content.call(f"{noun}.update", **one, description="Since 1998"))["description"] == "Since 1998"
    with pytest.raises(Forbidden):
        await content.call(f"{noun}.delete", **one)


async def test_who_waits_for_verification_enters_a_pharmacy_that_nobody_else_finds(
    clinic: Node, enter: Enter, newcomer: Newcomer
) -> None:
    owner_id = await newcomer(Capacity.PHARMACY, "pending")
    owner = await enter(owner_id)
    made = await owner.call("pharmacy.create", **NEW, served_postal_codes=["411001"])
    assert made["approval"] == "pending"
    owner = await enter(owner_id)
    found = (await owner.call("pharmacy.list"))["rows"]
    assert made["id"] in [row["id"] for row in found]
    stranger = await enter(PRIYA.account_id)
    for method, key in (("pharmacy.get", "pharmacy_id"), ("place.get", "place_id")):
        with pytest.raises(NotFound):
            await stranger.call(method, **{key: made["id"]})
    assert (await owner.call("place.get", place_id=made["id"]))["name"] == NEW["name"]
    assert (await stranger.call("pharmacy.list", approval="pending"))["rows"] == []
    admin = await enter(ADMIN_ID)
    assert [row["id"] for row in (await admin.call("pharmacy.list", approval="pending"))["rows"]] == [made["id"]]
    assert await told(clinic, "catalogue:pharmacy") == []
    for _ in range(4):
        await owner.call("pharmacy.create", **NEW)
    with pytest.raises(TooManyPending):
        await owner.call("pharmacy.create", **NEW)


@pytest.mark.parametrize("fact", ["name", "licence", "address", "city", "state", "postal_code"])
async def test_another_fact_takes_a_place_off_the_lists_until_it_is_approved_anew(
    clinic: Node, enter: Enter, fact: str
) -> None:
    owner, anybody = await enter(PHARMACIST.account_id), await enter(PRIYA.account_id)
    one = {"pharmacy_id": str(PHARMACY)}
    before = await owner.call("pharmacy.get", **one)
    await owner.call("pharmacy.update", **one, description="Open late", name=before["name"])
    assert (await anybody.call("pharmacy.get", **one))["approval"] == "approved"
    changed = await owner.call("pharmacy.update", **one, **{fact: "560001"})
    assert changed["approval"] == "pending"
    with pytest.raises(NotFound):
        await anybody.call("pharmacy.get", **one)
    events = await told(clinic, "catalogue:pharmacy")
    assert [data["change"] for _, data in events] == ["updated", "deleted"]
    assert [data["total"] for _, data in events] == [1, 0]


async def test_an_administrator_enters_a_hospital_and_its_owner_accepts(enter: Enter, newcomer: Newcomer) -> None:
    admin = await enter(ADMIN_ID)
    made = await admin.call(
        "hospital.create", kind="hospital", **NEW, owner_phone=PRIYA.phone, departments=["Cardiology"]
    )
    assert (made["approval"], made["departments"]) == ("approved", ["Cardiology"])
    priya = await enter(PRIYA.account_id)
    (offer,) = await priya.call("member.invitations")
    assert (offer["place"], offer["duty"]) == ("City Hospital", "owner")
    await priya.call("member.accept", invitation_id=offer["id"])
    priya = await enter(PRIYA.account_id)
    one = {"hospital_id": made["id"]}
    assert (await priya.call("hospital.update", **one, website="https://city.example"))["website"]
    with pytest.raises(InvalidParams):
        await priya.call("hospital.update", **one, website="javascript:alert(1)")
    with pytest.raises(InvalidParams):
        await priya.call("hospital.update", **one, zone="Mars/Olympus")
    with pytest.raises(Conflict):
        await priya.call("hospital.update", **one, latitude=12.9)
    assert (await priya.call("hospital.update", **one, latitude=12.9, longitude=77.6))["longitude"] == 77.6


async def test_a_doctors_own_clinic_is_hers_and_she_works_there(enter: Enter) -> None:
    vikram = await enter(VIKRAM.account_id)
    with pytest.raises(Forbidden):
        await vikram.call("hospital.create", kind="hospital", **NEW)
    made = await vikram.call("hospital.create", kind="clinic", **NEW)
    assert made["approval"] == "pending"
    admin = await enter(ADMIN_ID)
    doctors = (await admin.call("hospital.list_doctors", hospital_id=made["id"]))["rows"]
    assert [row["doctor"]["name"] for row in doctors] == ["Dr. Vikram Singh"]


async def test_a_doctor_works_at_a_hospital_only_after_her_own_yes(
    clinic: Node, enter: Enter, newcomer: Newcomer
) -> None:
    admin = await enter(ADMIN_ID)
    made = await admin.call("hospital.create", kind="hospital", **NEW)
    where = {"hospital_id": made["id"], "doctor_id": str(DOCTOR_ASHA)}
    with pytest.raises(NotFound):  # staff, but of another place
        await (await enter(DESK.account_id)).call("hospital.add_doctor", **where)
    offer = await admin.call("hospital.add_doctor", **where, department="Cardiology", is_primary=True)
    assert (offer["state"], offer["department"]) == ("offered", "Cardiology")
    with pytest.raises(AlreadyAsked):
        await admin.call("hospital.add_doctor", **where)
    anybody = await enter(PRIYA.account_id)
    assert (await anybody.call("hospital.list_doctors", hospital_id=made["id"]))["rows"] == []
    with pytest.raises(NotFound):
        await (await enter(VIKRAM.account_id)).call("affiliation.accept", affiliation_id=offer["id"])

    asha = await enter(ASHA.account_id)
    await asha.call("affiliation.accept", affiliation_id=offer["id"])
    (found,) = (await anybody.call("hospital.list_doctors", hospital_id=made["id"]))["rows"]
    assert (found["doctor"]["id"], found["department"], found["is_primary"]) == (str(DOCTOR_ASHA), "Cardiology", True)
    assert [
        r["id"] for r in (await anybody.call("hospital.list", specialty="general_medicine", city="pune"))["rows"]
    ] == [made["id"]]
    await admin.call("hospital.remove_doctor", **where)
    assert (await anybody.call("hospital.list_doctors", hospital_id=made["id"]))["rows"] == []
    with pytest.raises(NotFound):
        await admin.call("hospital.remove_doctor", **where)
    events = await told(clinic, "catalogue:doctor")
    assert [len(data["entry"]["practices"]) for _, data in events] == [2, 1]


async def test_an_offer_that_was_taken_back_cannot_be_accepted(enter: Enter) -> None:
    admin, vikram = await enter(ADMIN_ID), await enter(VIKRAM.account_id)
    made = await admin.call("hospital.create", kind="hospital", **NEW)
    where = {"hospital_id": made["id"], "doctor_id": str(DOCTOR_VIKRAM)}
    offer = await admin.call("hospital.add_doctor", **where)
    assert (await admin.call("hospital.remove_doctor", **where))["state"] == "withdrawn"
    with pytest.raises(IllegalMove):
        await vikram.call("affiliation.accept", affiliation_id=offer["id"])


async def test_a_pending_place_is_not_where_a_doctor_is_found(clinic: Node, enter: Enter) -> None:
    await (await enter(ADMIN_ID)).call("hospital.update", hospital_id=str(CLINIC), name="Another Clinic")
    anybody = await enter(PRIYA.account_id)
    assert (await anybody.call("doctor.list", city="Bengaluru"))["rows"] == []
    assert (await anybody.call("doctor.get", doctor_id=str(DOCTOR_ASHA)))["practices"] == []


async def test_a_laboratory_is_of_no_hospital_that_is_not_its_writers(enter: Enter) -> None:
    technician, admin = await enter(TECHNICIAN.account_id), await enter(ADMIN_ID)
    one = {"laboratory_id": str(LABORATORY)}
    for hospital_id in (CLINIC, PHARMACY, uuid4()):
        with pytest.raises(NotFound):
            await technician.call("laboratory.update", **one, hospital_id=str(hospital_id))
    with pytest.raises(NotFound):
        await admin.call("laboratory.update", **one, hospital_id=str(PHARMACY))
    await admin.call("laboratory.update", **one, hospital_id=str(CLINIC), services=["MRI", "Blood count"])
    anybody = await enter(PRIYA.account_id)
    for asked, found in (
        ({"hospital_id": str(CLINIC)}, 1),
        ({"service": "MRI"}, 1),
        ({"service": "X-ray"}, 0),
        ({"serves": "560001"}, 0),
    ):
        assert len((await anybody.call("laboratory.list", **asked))["rows"]) == found


async def test_delivery_is_said_in_postal_codes_and_minor_units(enter: Enter) -> None:
    owner = await enter(PHARMACIST.account_id)
    one = {"pharmacy_id": str(PHARMACY)}
    fee = {"amount": 1500, "currency": "KWD", "exponent": 3}
    shown = await owner.call("pharmacy.update", **one, served_postal_codes=["560001", "SW1A 1AA"], delivery_fee=fee)
    assert shown["delivery_fee"] == fee
    anybody = await enter(PRIYA.account_id)
    assert len((await anybody.call("pharmacy.list", serves="SW1A 1AA"))["rows"]) == 1
    assert (await anybody.call("pharmacy.list", serves="560002"))["rows"] == []
    for wrong in (["%"], ["x" * 13], ["560001"] * 1001):
        with pytest.raises(InvalidParams):
            await owner.call("pharmacy.update", **one, served_postal_codes=wrong)


async def test_the_database_knows_the_exponents_the_code_knows(clinic: Node) -> None:
    known = sorted(ZERO_DIGITS | THREE_DIGITS | {"INR", "USD", "EUR"})
    found = await rows(clinic, "SELECT c, currency_exponent(c) AS n FROM unnest($1::text[]) c", known)
    assert {row["c"]: row["n"] for row in found} == {currency: exponent(currency) for currency in known}
