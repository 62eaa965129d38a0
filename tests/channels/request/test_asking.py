"""What a patient asks for, who takes it in hand and who reads its photos: strangers and races come first.

H-021 (model), H-135 (create), H-136, H-277 (list), H-137, H-278 (get), H-139 (cancel), H-279 (accept), H-281 (reject),
H-079, H-308, H-309 (request:created, request:accepted), H-314, H-315 (states), PRODUCT 27
(a photo is read).
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, LABORATORY, PHARMACY
from channels.identity import demo
from channels.identity.demo import ARJUN_PATIENT, PRIYA, PRIYA_PATIENT
from channels.request.asking import OPEN_MAX
from channels.request.errors import NotInHand, RequestsFull
from channels.request.lifecycle import BILL, REQUEST, BillState, LineSource, RequestKind, RequestState
from tests.channels.callers import Caller, rows, told
from tests.channels.request.conftest import HOME, LINES, administrator, photo
from tests.channels.test_tables import checked_words


async def ask(who: Caller, **more: Any) -> Any:
    return await who.call("request.create", **{**HOME, "patient_id": str(PRIYA_PATIENT), "lines": LINES, **more})


# --- who may not ------------------------------------------------------------------------------------------------------
async def test_a_stranger_neither_asks_for_her_nor_sees_nor_cancels_what_she_asked_for(
    clinic: Node, priya: Caller, stranger: Caller, pharmacist: Caller
) -> None:
    made = await ask(priya)
    for other in (stranger, pharmacist):
        with pytest.raises(NotFound):
            await ask(other)
        for verb in ("request.get", "request.cancel"):
            with pytest.raises(NotFound):
                await other.call(verb, request_id=made["id"])
        with pytest.raises(NotFound):
            await other.call("request.share", request_id=made["id"], share=True)
        with pytest.raises(NotFound):
            await other.call("request.read_lines", request_id=made["id"], lines=[{"name": "Aspirin", "quantity": 1}])
        with pytest.raises(Forbidden):
            await other.call("request.accept", request_id=made["id"])
        assert (await other.call("request.list"))["rows"] == []


async def test_administrators_who_do_not_coordinate_neither_see_nor_take_requests(clinic: Node, priya: Caller) -> None:
    made = await ask(priya)
    for scope in ("support", "money", "verify"):
        other = await administrator(clinic, scope)
        for verb in ("accept", "take_over"):
            with pytest.raises(Forbidden):
                await other.call(f"request.{verb}", request_id=made["id"])
        with pytest.raises(NotFound):
            await other.call("request.get", request_id=made["id"])
        assert (await other.call("request.list"))["rows"] == []


async def test_a_coordinator_learns_what_to_price_and_neither_name_nor_number_nor_address(
    clinic: Node, priya: Caller
) -> None:
    made = await ask(priya, phone="+919900000004", notes="please by noon")
    coordinator = await administrator(clinic, "coordinate")
    seen = await coordinator.call("request.get", request_id=made["id"])
    assert [line["name"] for line in seen["request"]["lines"]] == ["Paracetamol 500 mg", "ORS"]
    assert seen["request"]["postal_code"] == "560001"
    text = str(seen)
    for secret in ("7 Lake Road", "+919900000004", PRIYA.name):
        assert secret not in text
    hers = await priya.call("request.get", request_id=made["id"])
    assert (hers["address"], hers["contact_name"], hers["contact_phone"]) == (
        "7 Lake Road", PRIYA.name, "+919900000004",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"lines": []}, "$.lines"),
        ({"address": None}, "$.address"),
        ({"fulfilment": "visit"}, "$.fulfilment"),
        ({"kind": "test", "fulfilment": "pickup"}, "$.fulfilment"),
        ({"lines": [{"name": "ORS", "quantity": 0}]}, "$.lines[0].quantity"),
        ({"lines": [{"name": "ORS", "price": 1}]}, "$.lines[0].price"),
        ({"postal_code": "'; --"}, "$.postal_code"),
        ({"phone": "call me"}, "$.phone"),
    ],
)
async def test_what_cannot_be_served_is_not_asked_for(priya: Caller, wrong: Any, path: str) -> None:
    with pytest.raises(InvalidParams) as no:
        await ask(priya, **wrong)
    assert [field.path for field in no.value.fields] == [path]


async def test_a_photo_of_somebody_else_is_not_attached_and_nothing_is_asked(clinic: Node, priya: Caller) -> None:
    theirs = await photo(clinic, demo.VIKRAM.account_id)
    with pytest.raises(InvalidParams):
        await ask(priya, lines=[], media_ids=[theirs])
    assert (await priya.call("request.list"))["rows"] == []


async def test_a_patient_has_only_so_many_open_requests_however_many_sockets_ask(clinic: Node, priya: Caller) -> None:
    for _ in range(OPEN_MAX - 1):
        await ask(priya)
    asked = await asyncio.gather(*(ask(priya) for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in asked) == ["RequestsFull"] * 3 + ["dict"]
    one = next(one for one in asked if isinstance(one, dict))
    await ask(priya, patient_id=str(ARJUN_PATIENT))
    await priya.call("request.cancel", request_id=one["id"])
    await ask(priya)
    with pytest.raises(RequestsFull):
        await ask(priya)


# --- accept ---------------------------------------------------------------------------------------------------------
async def test_of_many_coordinators_at_once_one_gets_it_and_the_others_hear_who(clinic: Node, priya: Caller) -> None:
    made = await ask(priya)
    crowd = [await administrator(clinic, "coordinate", n) for n in range(8)]
    answers = await asyncio.gather(
        *(one.call("request.accept", request_id=made["id"]) for one in crowd), return_exceptions=True
    )
    winners = [answer for answer in answers if isinstance(answer, dict)]
    losers = [answer for answer in answers if isinstance(answer, IllegalMove)]
    assert (len(winners), len(losers)) == (1, 7)
    assert winners[0]["state"] == "accepted"
    for no in losers:
        assert (no.data["state"], str(no.data["admin_id"])) == ("accepted", winners[0]["admin_id"])
        assert set(no.data["legal"]) == {"respond", "reject", "cancel"}
    assert len(await rows(clinic, "SELECT 1 FROM saga_step WHERE saga = 'request' AND step = 'accept'")) == 1
    names = [name for name, _ in await told(clinic, f"request:{made['id']}")]
    assert names == ["request:created", "request:accepted"]


async def test_only_who_has_it_in_hand_goes_on_until_another_takes_it_over(clinic: Node, priya: Caller) -> None:
    made = await ask(priya)
    first, second = [await administrator(clinic, "coordinate", n) for n in range(2)]
    await first.call("request.accept", request_id=made["id"])
    with pytest.raises(NotInHand):
        await second.call("request.reject", request_id=made["id"], reason="not served there")
    with pytest.raises(NotInHand):
        await second.call("request.ask_reader", request_id=made["id"], place_id=str(PHARMACY))
    taken = await second.call("request.take_over", request_id=made["id"])
    assert second.actor is not None
    assert taken["admin_id"] == str(second.actor.id)
    over = await second.call("request.reject", request_id=made["id"], reason="not served there")
    assert (over["state"], over["reason"]) == ("rejected", "not served there")
    with pytest.raises(IllegalMove) as no:
        await priya.call("request.cancel", request_id=made["id"])
    assert no.value.data["legal"] == []


async def test_accepting_again_with_the_same_key_answers_the_same(clinic: Node, priya: Caller, admin: Caller) -> None:
    from carewire.ids import uuid7

    made, key = await ask(priya), str(uuid7())
    first = await admin.call("request.accept", request_id=made["id"], idempotency_key=key)
    assert await admin.call("request.accept", request_id=made["id"], idempotency_key=key) == first


async def test_she_takes_it_back_before_and_after_it_is_in_hand_once(
    clinic: Node, priya: Caller, admin: Caller
) -> None:
    fresh, taken = await ask(priya), await ask(priya)
    await admin.call("request.accept", request_id=taken["id"])
    for one in (fresh, taken):
        assert (await priya.call("request.cancel", request_id=one["id"]))["state"] == "cancelled"
        with pytest.raises(IllegalMove):
            await priya.call("request.cancel", request_id=one["id"])
        with pytest.raises(IllegalMove):
            await admin.call("request.accept", request_id=one["id"])


# --- photos -----------------------------------------------------------------------------------------------------------
async def test_a_photo_is_seen_by_its_reader_and_by_coordinators_only_while_she_shares_it(
    clinic: Node, priya: Caller, admin: Caller, pharmacist: Caller, technician: Caller
) -> None:
    media_id = await photo(clinic, PRIYA.account_id)
    made = await ask(priya, lines=[], media_ids=[media_id])
    assert made["photos"] == 1

    async def sees(who: Caller) -> bool:
        found = (await who.call("request.get", request_id=made["id"]))["photos"]
        return [one["id"] for one in found] == [media_id]

    await admin.call("request.accept", request_id=made["id"])
    assert (await sees(priya), await sees(admin)) == (True, False)
    await priya.call("request.share", request_id=made["id"], share=True)
    assert await sees(admin)
    await priya.call("request.share", request_id=made["id"], share=False)
    assert not await sees(admin)

    for wrong in (CLINIC, LABORATORY, uuid4()):
        with pytest.raises((InvalidParams, NotFound)):
            await admin.call("request.ask_reader", request_id=made["id"], place_id=str(wrong))
    with pytest.raises(NotFound):
        await pharmacist.call("request.get", request_id=made["id"])
    await admin.call("request.ask_reader", request_id=made["id"], place_id=str(PHARMACY))
    assert await sees(pharmacist)
    with pytest.raises(NotFound):
        await technician.call("request.read_lines", request_id=made["id"], lines=[{"name": "ORS", "quantity": 1}])
    for lines in ([{"name": "Wrong", "quantity": 1}], [{"name": "Metformin 500", "quantity": 3}]):
        read = await pharmacist.call("request.read_lines", request_id=made["id"], lines=lines)
    assert [(line["n"], line["name"], line["source"]) for line in read["lines"]] == [(1, "Metformin 500", "read")]
    looks = "SELECT 1 FROM audit WHERE kind = 'read' AND noun = 'request' AND subject = $1 AND why = 'shared'"
    known = len(await rows(clinic, looks, UUID(made["id"])))
    assert known >= 2
    await pharmacist.call("media.get", media_id=media_id)
    assert len(await rows(clinic, looks, UUID(made["id"]))) == known + 1

    await priya.call("request.cancel", request_id=made["id"])
    with pytest.raises(IllegalMove):
        await pharmacist.call("request.read_lines", request_id=made["id"], lines=[{"name": "ORS", "quantity": 1}])
    assert (await pharmacist.call("request.get", request_id=made["id"]))["photos"] == []


async def test_a_login_that_owes_a_known_fact_sees_no_photo(clinic: Node, priya: Caller) -> None:
    made = await ask(priya, lines=[], media_ids=[await photo(clinic, PRIYA.account_id)])
    assert len((await priya.call("request.get", request_id=made["id"]))["photos"]) == 1
    assert priya.actor is not None
    async with clinic.db.transaction() as tx:  # as after an OTP on a new device, of a number that may be another's now
        await tx.execute(
            "INSERT INTO login (id, account_id, access_jti, access_expires_at, created_at, fact_due)"
            " VALUES ($1, $2, uuidv7(), now(), now(), true)",
            priya.actor.login_id,
            PRIYA.account_id,
        )
    assert (await priya.call("request.get", request_id=made["id"]))["photos"] == []


# --- the lists and the machine ----------------------------------------------------------------------------------------
async def test_requests_are_listed_newest_first_by_state_and_page_by_page(
    clinic: Node, priya: Caller, admin: Caller
) -> None:
    made = [await ask(priya) for _ in range(5)]
    await admin.call("request.accept", request_id=made[1]["id"])
    for who in (priya, admin):
        found: list[str] = []
        cursor = None
        while True:
            page = await who.call("request.list", limit=2, **({"cursor": cursor} if cursor else {}))
            found += [row["id"] for row in page["rows"]]
            if (cursor := page["cursor"]) is None:
                break
        assert found == [one["id"] for one in reversed(made)]
        page = await who.call("request.list", state="accepted")
        assert [row["id"] for row in page["rows"]] == [made[1]["id"]]
    mine = await admin.call("request.list", mine=True)
    assert [row["id"] for row in mine["rows"]] == [made[1]["id"]]
    history = (await priya.call("request.get", request_id=made[1]["id"]))["steps"]
    assert [(step["revision"], step["move"], step["state"]) for step in history] == [
        (1, "create", "created"), (2, "accept", "accepted"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("request", "state", RequestState),
        ("request", "kind", RequestKind),
        ("request_line", "source", LineSource),
        ("bill", "state", BillState),
    ],
)
async def test_the_database_knows_the_states_the_code_knows(
    database_url: str, table: str, column: str, words: Any
) -> None:
    assert await checked_words(database_url, table, column) == {str(word) for word in words}


def test_the_machine_of_a_request_is_the_one_of_the_product() -> None:
    S = RequestState
    assert {state: set(REQUEST.possible(state)) for state in S if REQUEST.possible(state)} == {
        S.CREATED: {"accept", "reject", "cancel"},
        S.ACCEPTED: {"respond", "reject", "cancel"},
        S.RESPONDED: {"respond", "withdraw", "confirm", "cancel"},
    }
    assert REQUEST.ends == {S.PARTIALLY_FULFILLED, S.CLOSED, S.REJECTED, S.CANCELLED, S.EXPIRED}
    assert BILL.ends == set(BillState) - {BillState.OPEN}


async def test_the_database_takes_no_confirmed_request_without_a_bill(clinic: Node, priya: Caller) -> None:
    made = await ask(priya)
    with pytest.raises(asyncpg.CheckViolationError):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE request SET state = 'confirmed' WHERE id = $1", UUID(made["id"]))
