"""Accounts in administrators' hands: who may not, what is not theirs to give, and what ends at once.

Ledger: user.list H-250 M-172, user.get H-251 M-173, user.update H-252 M-175, user.delete H-253 M-176,
user.activate M-177, user.deactivate M-178, user.create M-174.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.ids import uuid7
from carewire.node import Node
from channels.identity.demo import (
    ADMIN_EMAIL,
    ADMIN_ID,
    ADMIN_PASSWORD,
    ARJUN_PATIENT,
    ASHA,
    DESK,
    PRIYA,
    PRIYA_PATIENT,
)
from channels.identity.errors import AccountClosed, NotOneself, SoleOwner
from tests.channels.callers import Caller, rows

MakeCaller = Callable[..., Caller]


async def admin_of(caller: MakeCaller) -> Caller:
    admin = caller()
    await admin.call("auth.login", email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    return admin


async def test_nobody_but_an_admin_touches_an_account(caller: MakeCaller) -> None:
    owner = caller()
    await owner.log_in(ASHA.phone)
    for user_id in (str(PRIYA.account_id), str(ASHA.account_id), str(uuid4())):
        for verb in ("get", "update", "activate", "deactivate", "delete"):
            with pytest.raises(Forbidden):
                await owner.call(f"user.{verb}", user_id=user_id)
            with pytest.raises(Unauthenticated):
                await caller().call(f"user.{verb}", user_id=user_id)
    with pytest.raises(Forbidden):
        await owner.call("user.list")


@pytest.mark.parametrize(
    "extra", [{"capacities": ["admin"]}, {"user_type": "admin"}, {"is_verified": True}, {"email_verified": True}]
)
async def test_no_capacity_and_no_proof_is_given_by_updating(caller: MakeCaller, extra: dict[str, Any]) -> None:
    admin = await admin_of(caller)
    with pytest.raises(InvalidParams):
        await admin.call("user.update", user_id=str(PRIYA.account_id), **extra)
    with pytest.raises(InvalidParams):
        await admin.call("profile.update", **extra)


async def test_the_receipt_key_of_another_caller_opens_nothing(caller: MakeCaller, clinic: Node) -> None:
    priya, desk = caller(), caller()
    await priya.log_in(PRIYA.phone)
    await desk.log_in(DESK.phone)
    key = str(uuid7())
    same = {"name": "Chintu", "kind": "parent", "birth_year": 2020, "idempotency_key": key}
    hers = await priya.call("patient.create", **same)
    assert await priya.call("patient.create", **same) == hers
    his = await desk.call("patient.create", **same)
    assert his["id"] != hers["id"]
    assert hers["id"] not in {row["id"] for row in (await desk.call("patient.list"))["rows"]}


async def test_a_deactivated_account_is_out_until_it_is_activated(caller: MakeCaller, clinic: Node) -> None:
    admin, priya = await admin_of(caller), caller()
    login = await priya.log_in(PRIYA.phone)
    for _ in range(2):  # again changes nothing
        shut = await admin.call("user.deactivate", user_id=str(PRIYA.account_id))
        assert shut["state"] == "deactivated"
    assert await priya.reload() is None
    for method, key in (("auth.authenticate", "access_token"), ("auth.refresh", "refresh_token")):
        with pytest.raises(Unauthenticated):
            await caller().call(method, **{key: login[key]})
    with pytest.raises(AccountClosed):
        await caller().log_in(PRIYA.phone)
    assert (await admin.call("user.activate", user_id=str(PRIYA.account_id)))["state"] == "active"
    with pytest.raises(Unauthenticated):  # the old login stays ended
        await caller().call("auth.authenticate", access_token=login["access_token"])
    again = await admin.call("user.update", user_id=str(PRIYA.account_id), name="Priya S.", is_active=False)
    assert (again["name"], again["state"]) == ("Priya S.", "deactivated")
    for verb in ("activate", "deactivate", "get", "delete"):
        with pytest.raises(NotFound):
            await admin.call(f"user.{verb}", user_id=str(uuid4()))


async def test_no_admin_shuts_or_deletes_herself(caller: MakeCaller) -> None:
    admin = await admin_of(caller)
    for verb in ("deactivate", "delete"):
        with pytest.raises(NotOneself):
            await admin.call(f"user.{verb}", user_id=str(ADMIN_ID))


async def test_a_deleted_account_frees_its_number_and_leaves_the_patients(caller: MakeCaller, clinic: Node) -> None:
    admin, priya = await admin_of(caller), caller()
    await priya.log_in(PRIYA.phone)
    assert await admin.call("user.delete", user_id=str(PRIYA.account_id)) == {"id": str(PRIYA.account_id)}
    assert await priya.reload() is None
    for verb in ("get", "activate", "delete"):
        with pytest.raises(NotFound):
            await admin.call(f"user.{verb}", user_id=str(PRIYA.account_id))
    (row,) = await rows(clinic, "SELECT a::text AS t FROM account a WHERE id = $1", PRIYA.account_id)
    assert "Priya" not in row["t"]
    assert PRIYA.phone not in row["t"]
    patients = await rows(clinic, "SELECT 1 FROM patient WHERE id = ANY($1)", [PRIYA_PATIENT, ARJUN_PATIENT])
    assert len(patients) == 2
    # Whoever gets the number next is somebody else and finds nobody's family.
    heir = caller()
    login = await heir.log_in(PRIYA.phone, name="Somebody else")
    assert login["account"]["id"] != str(PRIYA.account_id)
    assert [row["kind"] for row in (await heir.call("patient.list"))["rows"]] == ["self"]


async def test_a_places_only_owner_is_not_deleted_and_one_of_two_is(caller: MakeCaller, clinic: Node) -> None:
    admin, owner = await admin_of(caller), caller()
    await owner.log_in(ASHA.phone)
    with pytest.raises(SoleOwner) as refused:
        await admin.call("user.delete", user_id=str(ASHA.account_id))
    assert len(refused.value.data["place_ids"]) == 1
    assert await owner.reload() is not None  # nothing was half done
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE membership SET duty = 'owner' WHERE account_id = $1", DESK.account_id)
    await admin.call("user.delete", user_id=str(ASHA.account_id))
    assert not await rows(clinic, "SELECT 1 FROM membership WHERE account_id = $1 AND until IS NULL", ASHA.account_id)


async def test_accounts_are_found_by_their_filters_page_by_page_while_others_come(
    caller: MakeCaller, clinic: Node
) -> None:
    admin = await admin_of(caller)
    everybody = (await admin.call("user.list", limit=100))["rows"]
    assert [row["name"].lower() for row in everybody] == sorted(row["name"].lower() for row in everybody)
    seen: list[str] = []
    cursor = None
    while True:
        page = await admin.call("user.list", limit=2, cursor=cursor)
        seen += [row["id"] for row in page["rows"]]
        async with clinic.db.transaction() as tx:  # before the cursor: it shifts no page
            phone = f"+9198111{len(seen):05d}"
            await tx.execute("INSERT INTO account (phone, name, created_at) VALUES ($1, ' early', now())", phone)
        if (cursor := page["cursor"]) is None:
            break
    assert seen == [row["id"] for row in everybody]
    for filters, ids in (
        ({"search": "priya"}, {PRIYA.account_id}),
        ({"search": PRIYA.phone[3:]}, {PRIYA.account_id}),
        ({"search": ADMIN_EMAIL.upper()}, {ADMIN_ID}),
        ({"user_type": "admin"}, {ADMIN_ID}),
        ({"search": "%"}, None),
        ({"user_type": "doctor", "is_active": False}, set()),
    ):
        if ids is None:
            with pytest.raises(InvalidParams):  # one sign finds half the country
                await admin.call("user.list", **filters)
            continue
        found = (await admin.call("user.list", **filters))["rows"]
        assert {UUID(row["id"]) for row in found} == ids
    staff = await admin.call("user.list", user_type="staff")
    assert str(DESK.account_id) in {row["id"] for row in staff["rows"]}
    with pytest.raises(InvalidParams):
        await admin.call("user.list", cursor="made up")
