"""Looking up doctors, specialties and places without a login."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, ROOMS, SPECIALTIES
from channels.directory.lifecycle import AFFILIATION
from channels.directory.nouns import AffiliationState
from channels.identity.demo import ASHA
from tests.channels.callers import Caller

MakeCaller = Callable[..., Caller]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account_capacity SET state = 'pending' WHERE account_id = $1 AND capacity = 'doctor'",
        "UPDATE account_capacity SET state = 'withdrawn' WHERE account_id = $1 AND capacity = 'doctor'",
        "UPDATE account SET state = 'deactivated' WHERE id = $1",
    ],
)
async def test_a_doctor_who_is_not_verified_is_not_seen(caller: MakeCaller, clinic: Node, change: str) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute(change, ASHA.account_id)
    with pytest.raises(NotFound):
        await caller().call("doctor.get", doctor_id=str(DOCTOR_ASHA))
    page = await caller().call("doctor.list")
    assert [doctor["id"] for doctor in page["rows"]] == [str(DOCTOR_VIKRAM)]


async def test_a_doctor_shows_no_account_and_no_phone(caller: MakeCaller) -> None:
    doctor = await caller().call("doctor.get", doctor_id=str(DOCTOR_ASHA))
    assert not doctor.keys() & {"account_id", "phone", "email", "rating_sum"}
    assert str(ASHA.account_id) not in str(doctor)
    assert ASHA.phone not in str(doctor)
    assert [practice["place_id"] for practice in doctor["practices"]] == [str(CLINIC)]


async def test_pages_of_doctors_hold_each_once_also_with_equal_names(caller: MakeCaller, clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        for n in range(7):
            account_id = await tx.fetchval(
                "INSERT INTO account (phone, name, created_at) VALUES ($1, 'Dr. Same', now()) RETURNING id",
                f"+91981110010{n}",
            )
            await tx.execute(
                "INSERT INTO account_capacity (account_id, capacity, state, since)"
                " VALUES ($1, 'doctor', 'active', now())",
                account_id,
            )
            await tx.execute(
                "INSERT INTO doctor (account_id, name, specialty, created_at)"
                " VALUES ($1, 'Dr. Same', 'cardiology', now())",
                account_id,
            )
    seen, cursor = [], None
    for _ in range(10):
        page = await caller().call("doctor.list", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [doctor["id"] for doctor in page["rows"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 9
    assert len((await caller().call("doctor.list", specialty="cardiology"))["rows"]) == 7


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"specialty": "paediatrics"}, [DOCTOR_VIKRAM]),
        ({"city": "bengaluru"}, [DOCTOR_ASHA, DOCTOR_VIKRAM]),
        ({"city": "Mumbai"}, []),
        ({"name": "RAO"}, [DOCTOR_ASHA]),
        ({"name": "%"}, []),
        ({"name": "' OR true --"}, []),
        ({"specialty": "paediatrics", "name": "asha"}, []),
    ],
)
async def test_doctors_are_found_by_what_is_asked(
    caller: MakeCaller, asked: dict[str, str], found: list[object]
) -> None:
    page = await caller().call("doctor.list", **asked)
    assert [doctor["id"] for doctor in page["rows"]] == [str(doctor_id) for doctor_id in found]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "W10", "WyJhIl0", "bnVsbA", "é", "W1siYSJdXQ"])
async def test_a_cursor_that_is_not_ours_is_refused(caller: MakeCaller, cursor: str) -> None:
    with pytest.raises(InvalidParams):
        await caller().call("doctor.list", cursor=cursor)


async def test_specialties_come_by_name_in_pages(caller: MakeCaller) -> None:
    first = await caller().call("specialty.list", limit=4)
    rest = await caller().call("specialty.list", limit=4, cursor=first["cursor"])
    names = [specialty["name"] for specialty in first["rows"] + rest["rows"]]
    assert names == sorted(name for _, name in SPECIALTIES)
    assert rest["cursor"] is None


async def test_a_place_shows_its_rooms(caller: MakeCaller) -> None:
    place = await caller().call("place.get", place_id=str(CLINIC))
    assert place["zone"] == "Asia/Kolkata"
    assert [room["name"] for room in place["rooms"]] == [name for _, name in ROOMS]
    with pytest.raises(NotFound):
        await caller().call("place.get", place_id=str(uuid4()))


def test_an_affiliation_counts_only_after_the_doctors_yes() -> None:
    assert AFFILIATION.move(AffiliationState.OFFERED, "accept") is AffiliationState.ACCEPTED
    assert AFFILIATION.start == {AffiliationState.OFFERED}
    assert AFFILIATION.ends == {AffiliationState.DECLINED, AffiliationState.WITHDRAWN, AffiliationState.ENDED}
