"""Searching doctors and places in three scripts, with slips, and with what is no search at all.

Ledger: search.full_text H-097, search.location_filter H-098, search.filters H-099, doctor.list H-109, specialty.list
H-111; decision 0070.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import InvalidParams
from carewire.node import Node
from channels.identity.demo import ADMIN_ID, PRIYA
from tests.channels.callers import Caller, rows
from tests.channels.directory.conftest import Enter

PEOPLE = {
    "Dr. Priya Sharma": ("cardiology", "Delhi"),
    "डॉ. अनिल शर्मा": ("dermatology", "दिल्ली"),
    "د. محمد الخطيب": ("cardiology", "دبي"),
    "Dr. Mohammed Iqbal": ("orthopaedics", "Mumbai"),
    "Dr. Lakshmi Chaudhary": ("gynaecology", "Chennai"),
    "डॉ. सुनीता चौधरी": ("paediatrics", "पुणे"),
    "Dr. Zoë O’Neil": ("paediatrics", "Pune"),
    "தமிழ் செல்வி": ("cardiology", "Chennai"),
}


async def fill(clinic: Node) -> None:
    async with clinic.db.transaction() as tx:
        for n, (name, (specialty, city)) in enumerate(PEOPLE.items()):
            await tx.execute(
                "WITH a AS (INSERT INTO account (phone, name, created_at) VALUES ($1, 'x', now()) RETURNING id),"
                " c AS (INSERT INTO account_capacity (account_id, capacity, state, since)"
                "   SELECT id, 'doctor', 'active', now() FROM a),"
                " p AS (INSERT INTO place (kind, name, zone, city, created_at, approval)"
                "   VALUES ('clinic', 'House ' || $2, 'Asia/Kolkata', $4, now(), 'approved') RETURNING id),"
                " d AS (INSERT INTO doctor (account_id, name, specialty, created_at) SELECT id, $2, $3, now() FROM a"
                "   RETURNING id)"
                " INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)"
                " SELECT d.id, p.id, 'accepted', now(), now() FROM d, p",
                f"+91933300000{n}",
                name,
                specialty,
                city,
            )
        await tx.execute(
            "UPDATE specialty SET aliases = ARRAY['heart', 'cardiologist', 'हृदय रोग', 'أمراض القلب']"
            " WHERE slug = 'cardiology'"
        )


async def found(caller: Caller, search: str, **more: Any) -> list[str]:
    return [row["name"] for row in (await caller.call("doctor.list", search=search, limit=100, **more))["rows"]]


async def test_nothing_typed_is_search_syntax_and_what_holds_no_word_finds_nothing(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    anybody = await enter(PRIYA.account_id)
    before = await rows(clinic, "SELECT count(*) AS n FROM doctor")
    for text in (
        "%", "_", "!!!", "' OR 1=1 --", "a' | 'b", ":*", "(((", "!sharma", "\\", "🙂", "🧑🏽‍⚕️", "\u202e\u202d",
        "\u200b", "<->", "sharma <-> priya", "\"'; DROP TABLE doctor; --", "{0}", "{value}", "$1", "ـــ", "ّّّ", "़",
        "&" * 100, "a:b:c:d", "x" * 100, "Ⅷ ﬁ ½", "\ud7ff",
    ):  # fmt: skip
        names = await found(anybody, text)
        if not any(ch.isalnum() for ch in text):
            assert names == [], text
    assert await rows(clinic, "SELECT count(*) AS n FROM doctor") == before
    for text in ("", "x" * 101, "x" * 10_000):
        with pytest.raises(InvalidParams):
            await found(anybody, text)


@examples(max_examples=60)
@given(text=st.text(min_size=1, max_size=100).filter(lambda text: "\u0000" not in text))
async def test_any_text_is_answered(clinic: Node, text: str) -> None:
    async with clinic.db.snapshot() as tx:
        query = await tx.fetchval("SELECT query FROM search_match('doctor', $1)", text)
        if query is not None:
            await tx.fetchval("SELECT ''::tsvector @@ $1::text::tsquery", query)
        assert not (await tx.fetchval("SELECT search_names($1)", text)).strip("abcdefghijklmnopqrstuvwxyz0123456789 AL")


MEANT: list[tuple[str, set[str]]] = [
    ("sharma", {"Dr. Priya Sharma", "डॉ. अनिल शर्मा"}),
    ("शर्मा", {"Dr. Priya Sharma", "डॉ. अनिल शर्मा"}),
    ("SHARMA", {"Dr. Priya Sharma", "डॉ. अनिल शर्मा"}),
    ("shrma", {"Dr. Priya Sharma", "डॉ. अनिल शर्मा"}),
    ("shamra", {"Dr. Priya Sharma", "डॉ. अनिल शर्मा"}),
    ("sharma priya", {"Dr. Priya Sharma"}),
    ("Dr. Priya", {"Dr. Priya Sharma"}),
    ("pri", {"Dr. Priya Sharma"}),
    ("sharma delhi", {"Dr. Priya Sharma"}),
    ("sharma दिल्ली", {"डॉ. अनिल शर्मा"}),
    ("chowdhary", {"Dr. Lakshmi Chaudhary", "डॉ. सुनीता चौधरी"}),
    ("चौधरी", {"Dr. Lakshmi Chaudhary", "डॉ. सुनीता चौधरी"}),
    ("laxmi", {"Dr. Lakshmi Chaudhary"}),
    ("محمد", {"د. محمد الخطيب", "Dr. Mohammed Iqbal"}),
    ("مُحَمَّد", {"د. محمد الخطيب", "Dr. Mohammed Iqbal"}),
    ("محـــمد", {"د. محمد الخطيب", "Dr. Mohammed Iqbal"}),
    ("mohammed", {"د. محمد الخطيب", "Dr. Mohammed Iqbal"}),
    ("muhamad iqbal", {"Dr. Mohammed Iqbal"}),
    ("خطيب", {"د. محمد الخطيب"}),
    ("oneil", {"Dr. Zoë O’Neil"}),
    ("o'neil zoe", {"Dr. Zoë O’Neil"}),
    ("தமிழ்", {"தமிழ் செல்வி"}),
    ("heart", {"Dr. Priya Sharma", "د. محمد الخطيب", "தமிழ் செல்வி"}),
    ("cardiologst chennai", {"தமிழ் செல்வி"}),
    ("हृदय", {"Dr. Priya Sharma", "د. محمد الخطيب", "தமிழ் செல்வி"}),
    ("القلب", {"Dr. Priya Sharma", "د. محمد الخطيب", "தமிழ் செல்வி"}),
    ("दिल्ली", {"डॉ. अनिल शर्मा"}),
    ("dr", {*PEOPLE, "Dr. Asha Rao", "Dr. Vikram Singh"}),
    ("sharma lakshmi", set()),
    ("qqqqqq", set()),
]


async def test_who_is_meant_is_found_in_any_script(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    anybody = await enter(PRIYA.account_id)
    assert {typed: set(await found(anybody, typed)) for typed, _ in MEANT} == dict(MEANT)


async def test_what_fits_better_comes_first_and_pages_meet_in_that_order(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE place SET name = 'Sharma House' WHERE name = 'House Dr. Mohammed Iqbal'")
    anybody = await enter(PRIYA.account_id)
    names = await found(anybody, "sharma")
    assert names[-1] == "Dr. Mohammed Iqbal", "a name counts more than where somebody works"
    assert sorted(names) == sorted(await found(anybody, "sharma", order="name"))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await anybody.call("doctor.list", search="sharma", limit=1, **cursor)
        seen += [row["name"] for row in page["rows"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert seen == names
    with pytest.raises(InvalidParams):
        await anybody.call("doctor.list", cursor=cursor["cursor"])


async def test_who_is_not_listed_is_not_found_and_a_new_name_at_once(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    anybody = await enter(PRIYA.account_id)
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "UPDATE account SET state = 'deactivated'"
            " WHERE id = (SELECT account_id FROM doctor WHERE name LIKE '%Priya%')"
        )
        await tx.execute("UPDATE doctor SET name = 'Dr. Quirin Xylander' WHERE name LIKE '%Iqbal'")
    assert await found(anybody, "priya sharma") == []
    assert await found(anybody, "ksilander") == await found(anybody, "xylander") == ["Dr. Quirin Xylander"]


async def test_places_and_specialties_are_found_the_same_way(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    admin, anybody = await enter(ADMIN_ID), await enter(PRIYA.account_id)
    for noun, typed, name in (
        ("pharmacy", "arogia", "Arogya Pharmacy · आरोग्य फार्मेसी"),
        ("pharmacy", "आरोग्य bengaluru", "Arogya Pharmacy · आरोग्य फार्मेसी"),
        ("laboratory", "jeevan", "Jeevan Laboratory · जीवन लैब"),
        ("hospital", "sunrize", "Sunrise Clinic · सनराइज़ क्लिनिक"),
        ("specialty", "हृदय", "Cardiology"),
        ("specialty", "pediatrics", "Paediatrics"),
    ):
        listed = (await anybody.call(f"{noun}.list", search=typed))["rows"]
        assert name in [row["name"] for row in listed], typed
    assert (await anybody.call("pharmacy.list", search="jeevan"))["rows"] == []
    await admin.call("specialty.update", slug="cardiology", aliases=["pumpology"])
    assert "Dr. Priya Sharma" in await found(anybody, "pumpology")
    assert await found(anybody, "heart") == []


async def test_what_was_found_is_counted_whatever_order_it_comes_in(clinic: Node, enter: Enter) -> None:
    await fill(clinic)
    anybody = await enter(PRIYA.account_id)
    for more in ({}, {"order": "name"}, {"order": "relevance", "limit": 1}):
        page = await anybody.call("doctor.list", search="sharma", count=True, **more)
        assert page["total"] == 2
