"""Who may look into the audit, and who looked at whose record: strangers and forged cursors first.

H-267 (activity.list), M-052, M-066, M-115, M-246 (audited downloads go the same way), M-370.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.node import Node
from channels.activity.activities import AREAS, EVERYTHING
from channels.directory.demo import CLINIC, DOCTOR_ASHA
from channels.identity import Capacity, Scope
from channels.identity.demo import ADMIN_ID, ARJUN_PATIENT, ASHA, DESK, PRIYA, PRIYA_PATIENT
from tests.channels.callers import Caller
from tests.channels.queue.conftest import admin_of, as_person

SUMMARY = {"patient_id": str(PRIYA_PATIENT)}


async def scoped(node: Node, scope: Scope) -> Caller:
    async with node.db.transaction() as tx:
        await tx.execute("UPDATE admin_scope SET scope = $2 WHERE account_id = $1", ADMIN_ID, scope)
    return admin_of(node)


async def relate(node: Node) -> None:
    """Priya made a relationship with Asha at the clinic."""
    async with node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO relationship"
            " (patient_id, doctor_id, place_id, state, made_by, made_at, hand_at, expected_until)"
            " VALUES ($1, $2, $3, 'standing', $4, now(), now(), now() + interval '1 day')",
            PRIYA_PATIENT,
            DOCTOR_ASHA,
            CLINIC,
            PRIYA.account_id,
        )


async def every_page(caller: Caller, method: str, **given: Any) -> list[Any]:
    found, cursor = [], None
    while True:
        page = await caller.call(method, **given, limit=3, **({"cursor": cursor} if cursor else {}))
        found += page["rows"]
        cursor = page["cursor"]
        if cursor is None:
            return found


async def test_nobody_but_administrators_looks_into_the_audit(clinic: Node) -> None:
    for person in (PRIYA, ASHA, DESK):
        with pytest.raises(Forbidden):
            await as_person(clinic, person, Capacity.STAFF).call("activity.list")


async def test_a_scope_sees_its_area_and_never_who_read_whose_data(clinic: Node) -> None:
    await relate(clinic)
    asha = as_person(clinic, ASHA)
    await asha.call("summary.get", **SUMMARY)
    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), bio="I like to listen.")
    await as_person(clinic, PRIYA).call("profile.update", name="Priya S.")
    seen = {}
    for scope in Scope:
        rows = (await (await scoped(clinic, scope)).call("activity.list", limit=100))["rows"]
        seen[scope] = {row["command"] for row in rows if row["actor_id"] != str(ADMIN_ID)}
        assert scope in EVERYTHING or not any(row["kind"] == "read" for row in rows)
    everything = {"summary.get", "doctor.update", "profile.update"}
    assert {scope: words & everything for scope, words in seen.items()} == {
        Scope.SUPER: everything,
        Scope.PRIVACY: everything,
        Scope.VERIFY: {"doctor.update"},
        Scope.SUPPORT: {"profile.update"},
        Scope.COORDINATE: set(),
        Scope.CONTENT: set(),
        Scope.MONEY: set(),
    }
    assert AREAS.keys() | EVERYTHING == frozenset(Scope)


async def test_pages_are_the_whole_newest_first_and_filters_narrow_them(clinic: Node) -> None:
    asha, admin = as_person(clinic, ASHA), admin_of(clinic)
    for n in range(7):
        await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), bio=f"Version {n}")
    with pytest.raises(NotFound):
        await as_person(clinic, PRIYA).call("doctor.update", doctor_id=str(DOCTOR_ASHA), bio="mine")
    await clinic.trail.flush(all_of_them=True)
    await clinic.sealer.seal()
    mine = {"actor_id": str(ASHA.account_id), "command": "doctor.update", "noun": "doctor"}
    rows = await every_page(admin, "activity.list", **mine, subject_id=str(DOCTOR_ASHA))
    assert len(rows) == len({row["id"] for row in rows}) == 7
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    (refused,) = await every_page(admin, "activity.list", kind="refusal", actor_id=str(PRIYA.account_id))
    assert (refused["reason"], refused["times"], refused["subject_id"]) == ("not_found", 1, str(DOCTOR_ASHA))

    now = datetime.now(UTC)
    ago, soon = ((now + timedelta(minutes=m)).isoformat() for m in (-5, 5))
    assert len(await every_page(admin, "activity.list", **mine, since=ago, until=soon)) == 7
    assert await every_page(admin, "activity.list", **mine, until=ago) == []
    assert await every_page(admin, "activity.list", **mine, since=soon) == []


@pytest.mark.parametrize("position", [[0, "1 OR true", str(PRIYA_PATIENT)], [0, "9" * 30, str(PRIYA_PATIENT)], ["x"]])
async def test_a_forged_cursor_is_no_cursor(position: list[Any], clinic: Node) -> None:
    forged = base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")
    with pytest.raises(InvalidParams):
        await admin_of(clinic).call("activity.list", cursor=forged)


async def test_a_patient_hears_who_looked_when_and_by_which_right(clinic: Node) -> None:
    await relate(clinic)
    asha, priya = as_person(clinic, ASHA), as_person(clinic, PRIYA)
    await asha.call("summary.get", **SUMMARY)
    await priya.call("summary.get", **SUMMARY)
    with pytest.raises(NotFound):
        await as_person(clinic, DESK).call("summary.get", **SUMMARY)
    own, doctors = await every_page(priya, "patient.accesses", **SUMMARY)
    assert (own["right"], own["yours"], own["by"], own["place"]) == ("own", True, "Priya Sharma", None)
    assert (doctors["right"], doctors["yours"], doctors["record"]) == ("relationship", False, "summary")
    assert (doctors["by"], doctors["doctor_id"], doctors["place_id"]) == ("Dr. Asha Rao", str(DOCTOR_ASHA), str(CLINIC))
    assert await every_page(priya, "patient.accesses", patient_id=str(ARJUN_PATIENT)) == []
    for person in (ASHA, DESK):
        with pytest.raises(NotFound):
            await as_person(clinic, person).call("patient.accesses", **SUMMARY)
