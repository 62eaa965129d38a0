"""A doctor's entry: who writes it, what it shows, and what verification sticks to.

Ledger: doctor.list H-109 H-254 M-191, doctor.get H-110 H-255 M-192, doctor.create M-193, doctor.update M-194 H-147,
doctor.delete M-195, doctors M-089 H-009, search.location_filter H-098, search.filters H-099; PRODUCT 7.
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.node import Node
from channels.directory import on_facts_changed, sticky
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM
from channels.directory.errors import AlreadyListed, UnknownSpecialty
from channels.identity import Capacity, Scope
from channels.identity.demo import ADMIN_ID, ASHA, DESK, PRIYA, VIKRAM
from tests.channels.callers import Caller, rows, told
from tests.channels.directory.conftest import Enter, Newcomer

NEW: dict[str, Any] = {
    "name": "Dr. Meera Nair",
    "specialty": "cardiology",
    "registration": "TCMC-1",
    "council": "Kerala",
}
ASHA_ID = {"doctor_id": str(DOCTOR_ASHA)}


async def names(caller: Caller, **asked: Any) -> list[str]:
    return [row["name"] for row in (await caller.call("doctor.list", **asked))["rows"]]


async def test_a_stranger_neither_makes_nor_changes_nor_closes_an_entry(enter: Enter, newcomer: Newcomer) -> None:
    patient, desk, other = await enter(PRIYA.account_id), await enter(DESK.account_id), await enter(VIKRAM.account_id)
    money = await enter(await newcomer(Capacity.ADMIN, "active", Scope.MONEY))
    for who in (patient, desk, other, money):
        with pytest.raises(NotFound):
            await who.call("doctor.update", **ASHA_ID, bio="gone")
        with pytest.raises(NotFound):
            await who.call("doctor.delete", **ASHA_ID)
    with pytest.raises(NotFound):
        await patient.call("doctor.create", **NEW)
    with pytest.raises(Forbidden):
        await other.call("doctor.create", **NEW, account_id=str(PRIYA.account_id))
    with pytest.raises(Forbidden):
        await (await enter(ASHA.account_id)).call("doctor.delete", **ASHA_ID)


async def test_who_waits_for_verification_writes_an_entry_that_only_she_and_administrators_see(
    enter: Enter, newcomer: Newcomer
) -> None:
    waiting = await enter(await newcomer(Capacity.DOCTOR, "pending"))
    made = await waiting.call("doctor.create", **NEW, fee={"amount": 50000, "currency": "INR"})
    assert (made["listed"], made["fee"]) == (False, {"amount": 50000, "currency": "INR", "exponent": 2})
    assert await waiting.call("doctor.get", doctor_id=made["id"]) == made
    admin, stranger = await enter(ADMIN_ID), await enter(PRIYA.account_id)
    assert await names(admin, pending=True) == ["Dr. Meera Nair"]
    with pytest.raises(NotFound):
        await stranger.call("doctor.get", doctor_id=made["id"])
    assert await names(stranger, pending=True) == []
    with pytest.raises(AlreadyListed):
        await waiting.call("doctor.create", **NEW)
    with pytest.raises(UnknownSpecialty):
        await waiting.call("doctor.update", doctor_id=made["id"], specialties=["phrenology"])


@pytest.mark.parametrize("fact", ["name", "registration", "council"])
async def test_changing_what_was_verified_returns_her_to_pending_and_off_every_list(
    clinic: Node, enter: Enter, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(sticky, "_HOOKS", [])

    @on_facts_changed
    async def hear(ctx: Any, subject: Any, subject_id: UUID, facts: frozenset[str]) -> None:
        heard.append((subject, subject_id, set(facts)))

    asha, anybody = await enter(ASHA.account_id), await enter(PRIYA.account_id)
    before = await asha.call("doctor.get", **ASHA_ID)
    same = {key: before[key] for key in ("name", "registration") if before[key]}
    await asha.call("doctor.update", **ASHA_ID, **same, bio="Twenty years of practice")
    assert heard == []
    assert (await anybody.call("doctor.get", **ASHA_ID))["bio"] == "Twenty years of practice"

    changed = await asha.call("doctor.update", **ASHA_ID, **{fact: "Another"})
    assert (changed[fact], changed["listed"]) == ("Another", False)
    assert heard == [("doctor", DOCTOR_ASHA, {fact})]
    with pytest.raises(NotFound):
        await anybody.call("doctor.get", **ASHA_ID)
    actor = await rows(
        clinic,
        "SELECT state FROM account_capacity WHERE account_id = $1 AND capacity = 'doctor'",
        ASHA.account_id,
    )
    assert [row["state"] for row in actor] == ["pending"]
    events = await told(clinic, "catalogue:doctor")
    assert [data["change"] for _, data in events] == ["updated", "deleted"]
    assert events[-1][1]["entry"] is None


async def test_a_stored_reply_is_not_for_an_administrator_who_lost_the_scope(
    clinic: Node, enter: Enter, newcomer: Newcomer
) -> None:
    admin_id = await newcomer(Capacity.ADMIN, "active", Scope.CONTENT)
    admin = await enter(admin_id)
    keyed = {**ASHA_ID, "bio": "Written by the house", "idempotency_key": str(uuid7())}
    assert (await admin.call("doctor.update", **keyed))["bio"] == "Written by the house"
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE admin_scope SET until = now() WHERE account_id = $1", admin_id)
    with pytest.raises(NotFound):
        await admin.call("doctor.update", **keyed)


async def test_a_closed_entry_is_gone_for_everybody_and_stays_for_history(clinic: Node, enter: Enter) -> None:
    admin, asha = await enter(ADMIN_ID), await enter(ASHA.account_id)
    await admin.call("doctor.delete", **ASHA_ID)
    assert await names(asha) == ["Dr. Vikram Singh"]
    with pytest.raises(NotFound):
        await asha.call("doctor.update", **ASHA_ID, bio="Back again")
    assert await rows(clinic, "SELECT FROM affiliation WHERE doctor_id = $1", DOCTOR_ASHA)


@pytest.mark.parametrize(
    "name",
    ["Dr. Аsha Rao", "Dr. Ash\u0430 Rao", "Dr. Asha \u202eoaR", "\u200b\u200b", "x" * 121, "", "a\u0000b"],
    ids=["cyrillic capital", "cyrillic a", "turned around", "nothing to see", "long", "empty", "nul"],
)
async def test_a_name_that_only_looks_like_another_is_refused(enter: Enter, name: str) -> None:
    with pytest.raises(InvalidParams):
        await (await enter(ASHA.account_id)).call("doctor.update", **ASHA_ID, name=name)


@pytest.mark.parametrize("name", ["डॉ. आशा राव", "د. آشا راو", "Dr. Αριστοτέλης", "Dr. Zoë O’Neil-Łuk", "Доктор Аша"])
async def test_a_name_of_one_script_is_a_name(enter: Enter, name: str) -> None:
    assert (await (await enter(ASHA.account_id)).call("doctor.update", **ASHA_ID, name=name))["name"] == name


async def test_filters_and_orders_say_what_they_say(clinic: Node, enter: Enter) -> None:
    asha, vikram = await enter(ASHA.account_id), await enter(VIKRAM.account_id)
    await asha.call(
        "doctor.update",
        **ASHA_ID,
        fee={"amount": 70000, "currency": "INR", "exponent": 2},
        practising_since=1999,
        languages=["en", "kn"],
        teleconsult=True,
        specialties=["general_medicine", "cardiology"],
    )
    await vikram.call("doctor.update", doctor_id=str(DOCTOR_VIKRAM), practising_since=2015)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE doctor SET rating_sum = 9, rating_count = 2 WHERE id = $1", DOCTOR_VIKRAM)
    anybody = await enter(PRIYA.account_id)
    both = {"Dr. Asha Rao", "Dr. Vikram Singh"}
    for asked, found in (
        ({"specialty": "cardiology"}, {"Dr. Asha Rao"}),
        ({"language": "kn"}, {"Dr. Asha Rao"}),
        ({"teleconsult": True}, {"Dr. Asha Rao"}),
        ({"fee_max": 70000}, {"Dr. Asha Rao"}),
        ({"fee_max": 69999}, set()),
        ({"fee_min": 0, "fee_currency": "KWD"}, set()),
        ({"experience_min": 20}, {"Dr. Asha Rao"}),
        ({"experience_min": 1}, both),
        ({"rating_min": 4.5}, {"Dr. Vikram Singh"}),
        ({"rating_min": 4.6}, set()),
        ({"city": " BENGALURU "}, both),
        ({"state": "karnataka"}, both),
        ({"place_id": str(CLINIC)}, both),
        ({"place_id": str(uuid4())}, set()),
    ):
        assert set(await names(anybody, **asked)) == found, asked
    for order, first in (("fee", "Asha"), ("rating", "Vikram"), ("experience", "Asha"), ("name", "Asha")):
        assert first in (await names(anybody, order=order))[0], order
    shown = await anybody.call("doctor.get", doctor_id=str(DOCTOR_VIKRAM))
    assert (shown["rating"], shown["rating_count"], shown["fee"]) == (4.5, 2, None)


@pytest.mark.parametrize(
    "fee",
    [
        {"amount": 1, "currency": "INR", "exponent": 3},
        {"amount": -1, "currency": "INR"},
        {"amount": 1, "currency": "rupees"},
        {"amount": 1.5, "currency": "INR"},
        {"amount": 10**10, "currency": "INR"},
    ],
)
async def test_money_of_another_exponent_or_without_a_limit_is_refused(enter: Enter, fee: Any) -> None:
    with pytest.raises(InvalidParams):
        await (await enter(ASHA.account_id)).call("doctor.update", **ASHA_ID, fee=fee)


async def test_a_card_is_what_its_doctor_is_whoever_changes_what(clinic: Node, enter: Enter) -> None:
    """Every way by which a card goes stale: each is taken, then all cards are made anew and compared."""
    cards = "SELECT to_jsonb(c) AS card FROM doctor_card c ORDER BY id"
    for change in (
        "UPDATE account SET state = 'deactivated' WHERE id = '{account}'",
        "UPDATE account SET state = 'active' WHERE id = '{account}'",
        "UPDATE account_capacity SET state = 'withdrawn' WHERE account_id = '{account}' AND capacity = 'doctor'",
        "UPDATE account_capacity SET state = 'active' WHERE account_id = '{account}' AND capacity = 'doctor'",
        "UPDATE place SET city = 'Mysuru', state = 'Karnataka'",
        "UPDATE place SET approval = 'withdrawn'",
        "UPDATE place SET approval = 'approved'",
        "UPDATE affiliation SET state = 'ended', until = now() WHERE doctor_id = '{doctor}'",
        "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)"
        " VALUES ('{doctor}', '{place}', 'accepted', now(), now())",
        "INSERT INTO doctor_specialty VALUES ('{doctor}', 'cardiology')",
        "DELETE FROM doctor_specialty",
        "UPDATE doctor SET name = 'Dr. Other', fee = 5, fee_currency = 'INR', rating_sum = 5, rating_count = 1",
        "UPDATE doctor SET closed_at = now() WHERE id = '{doctor}'",
    ):
        before = await rows(clinic, cards)
        async with clinic.db.transaction() as tx:
            await tx.execute(change.format(account=ASHA.account_id, doctor=DOCTOR_ASHA, place=CLINIC))
        kept = await rows(clinic, cards)
        assert kept != before, f"nothing came of: {change}"
        async with clinic.db.transaction() as tx:
            await tx.execute("DELETE FROM doctor_card")
            await tx.execute("SELECT refresh_doctor_cards(array_agg(id)) FROM doctor")
        assert await rows(clinic, cards) == kept, change


async def test_two_who_change_different_halves_of_a_card_at_once_both_count(clinic: Node) -> None:
    """The second waits for the first and then reads what it committed."""
    async with clinic.db.transaction() as first:
        await first.execute("UPDATE doctor SET bio = NULL, fee = 5, fee_currency = 'INR' WHERE id = $1", DOCTOR_ASHA)
        assert clinic.settings.database_url
        other = await asyncpg.connect(clinic.settings.database_url)
        try:
            change = asyncio.create_task(
                other.execute(
                    "UPDATE account_capacity SET state = 'pending' WHERE account_id = $1 AND capacity = 'doctor'",
                    ASHA.account_id,
                )
            )
            while not await first.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ):
                pass
        except BaseException:
            await other.close()
            raise
    await change
    await other.close()
    (card,) = await rows(clinic, "SELECT fee, listed FROM doctor_card WHERE id = $1", DOCTOR_ASHA)
    assert (card["fee"], card["listed"]) == (5, False)


async def test_a_follower_hears_that_a_doctor_came_changed_and_went(
    clinic: Node, enter: Enter, newcomer: Newcomer
) -> None:
    admin, asha = await enter(ADMIN_ID), await enter(ASHA.account_id)
    await asha.call("doctor.update", **ASHA_ID, bio="One")
    await asha.call("doctor.update", **ASHA_ID, bio="One")
    await admin.call("doctor.update", **ASHA_ID, bio=None)
    await admin.call("doctor.delete", **ASHA_ID)
    events = await told(clinic, "catalogue:doctor")
    assert [(data["change"], data["entry"] and data["entry"]["bio"]) for _, data in events] == [
        ("updated", "One"),
        ("updated", None),
        ("deleted", None),
    ]
    assert all(str(ASHA.account_id) not in str(data) for _, data in events)


async def test_what_has_no_text_in_a_language_is_shown_in_english_and_marked(enter: Enter) -> None:
    asha = await enter(ASHA.account_id)
    await asha.call("doctor.update", **ASHA_ID, bio="Twenty years of practice")
    reader = await enter(PRIYA.account_id, locale="ar")
    shown = await reader.call("doctor.get", **ASHA_ID)
    assert (shown["bio"], shown["locale"], shown["fallback"]) == ("Twenty years of practice", "ar", ["bio"])
    assert (await reader.call("doctor.get", **ASHA_ID, locale="en"))["fallback"] == []
    (found,) = (await reader.call("specialty.list", search="cardiology"))["rows"]
    assert (found["locale"], found["fallback"]) == ("ar", ["name"])
