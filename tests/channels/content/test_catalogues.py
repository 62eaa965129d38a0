"""Treatments, packages, insurers, questions and pages: who writes them and who sees them (ledger: M-091, M-092, M-093,
M-100, M-110, M-111, M-211, M-212, M-213, M-214, M-215, M-216, M-217, M-218, M-219, M-220, M-221, M-222, M-265, M-266,
M-267, M-268, M-269, M-326, M-327, M-328, M-329, M-330, M-331, M-333, M-334, M-335)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound, Unauthenticated
from carewire.node import Node
from channels.identity.demo import PRIYA
from tests.channels.callers import Caller, told

ENTRIES: dict[str, dict[str, Any]] = {
    "treatment": {"name": "Knee replacement", "category": "orthopaedics"},
    "package": {"name": "Knee in Pune", "country": "IN", "duration_days": 14, "currency": "INR", "amount": 45_000_000},
    "insurance": {"name": "Suraksha", "country": "IN", "coverage": ["Hospital stays"]},
    "faq": {"question": "May I bring a companion?", "answer": "One, free of charge.", "display_order": 2},
    "website": {"slug": "about", "title": "About us", "content": "We bring people together."},
}


def key_of(noun: str, entry: Any) -> dict[str, Any]:
    return {"slug": entry["slug"]} if noun == "website" else {f"{noun}_id": entry["id"]}


@pytest.mark.parametrize("noun", ENTRIES)
async def test_administrators_write_and_everybody_reads_what_is_published(
    noun: str, clinic: Node, admin: Caller, anon: Caller, caller: Callable[..., Caller]
) -> None:
    patient = caller()
    await patient.log_in(PRIYA.phone)
    for stranger, refused in ((anon, Unauthenticated), (patient, Forbidden)):
        with pytest.raises(refused):
            await stranger.call(f"{noun}.create", **ENTRIES[noun])
    entry = await admin.call(f"{noun}.create", **ENTRIES[noun])
    key = key_of(noun, entry)
    assert await anon.call(f"{noun}.get", **key) == {**entry, **{k: v for k, v in entry.items() if k == "locale"}}
    shown = "is_published" if noun in ("faq", "website") else "is_active"
    await admin.call(f"{noun}.update", **key, **{shown: False})
    with pytest.raises(NotFound):
        await anon.call(f"{noun}.get", **key)
    assert (await anon.call(f"{noun}.list", count=True))["total"] == 0
    assert (await admin.call(f"{noun}.get", **key))[shown] is False
    await admin.call(f"{noun}.update", **key, **{shown: True})
    await admin.call(f"{noun}.delete", **key)
    with pytest.raises(NotFound):
        await admin.call(f"{noun}.get", **key)
    changes = [data["change"] for _, data in await told(clinic, f"catalogue:{noun}")]
    assert changes == ["created", "deleted", "created", "deleted"]


async def test_an_administrator_without_the_scope_writes_nothing(clinic: Node, admin: Caller) -> None:
    async with clinic.db.transaction() as tx:
        assert admin.actor is not None
        await tx.execute(
            "UPDATE admin_scope SET scope = 'money' WHERE account_id = $1 AND scope = 'super'", admin.actor.id
        )
        await tx.execute(
            "UPDATE admin_scope SET until = now() WHERE account_id = $1 AND scope <> 'money' AND until IS NULL",
            admin.actor.id,
        )
    for noun, entry in ENTRIES.items():
        with pytest.raises(Forbidden):
            await admin.call(f"{noun}.create", **entry)


async def test_the_same_treatment_twice_is_a_conflict(clinic: Node, admin: Caller) -> None:
    await admin.call("treatment.create", name="Knee replacement")
    with pytest.raises(Conflict):
        await admin.call("treatment.create", name="KNEE replacement")


async def test_questions_come_in_their_order_and_by_category(clinic: Node, admin: Caller, anon: Caller) -> None:
    for order, question, category in ((3, "C?", "visa"), (1, "A?", None), (2, "B?", "visa")):
        more = {"category": category} if category else {}
        await admin.call("faq.create", question=question, answer="Yes.", display_order=order, **more)
    assert [faq["question"] for faq in (await anon.call("faq.list"))["rows"]] == ["A?", "B?", "C?"]
    assert [faq["question"] for faq in (await anon.call("faq.list", category="visa"))["rows"]] == ["B?", "C?"]


async def test_a_package_costs_what_its_season_says_and_seasons_never_overlap(
    clinic: Node, admin: Caller, anon: Caller
) -> None:
    package = await admin.call("package.create", **ENTRIES["package"])
    assert package["price"] == package["price_now"] == {"amount": 45_000_000, "currency": "INR", "exponent": 2}
    today = datetime.now(UTC).date()
    day = timedelta(days=1)
    now = {"first": str(today - day), "last": str(today + day), "amount": 60_000_000}
    later = {"first": str(today + 2 * day), "last": str(today + 9 * day), "amount": 30_000_000}
    changed = await admin.call("package.set_seasons", package_id=package["id"], seasons=[later, now])
    assert changed["price_now"]["amount"] == 60_000_000
    assert changed["seasons"] == [now, later]
    assert (await anon.call("package.get", package_id=package["id"]))["price_now"]["amount"] == 60_000_000
    for bad, path in (
        ([now, {**later, "first": now["last"]}], "$.seasons[1].first"),
        ([{**now, "last": str(today - 2 * day)}], "$.seasons[0].last"),
    ):
        with pytest.raises(InvalidParams) as refused:
            await admin.call("package.set_seasons", package_id=package["id"], seasons=bad)
        assert refused.value.fields[0].path == path
    await admin.call("package.set_seasons", package_id=package["id"], seasons=[])
    assert (await anon.call("package.get", package_id=package["id"]))["price_now"]["amount"] == 45_000_000


async def test_packages_are_found_by_country_price_and_length(clinic: Node, admin: Caller, anon: Caller) -> None:
    for name, country, days, amount in (("A", "IN", 7, 100), ("B", "AE", 14, 200), ("C", "IN", 21, 300)):
        await admin.call(
            "package.create", name=name, country=country, duration_days=days, currency="USD", amount=amount
        )

    async def found(**filters: Any) -> list[str]:
        return [row["name"] for row in (await anon.call("package.list", **filters))["rows"]]

    assert await found(country="IN") == ["A", "C"]
    assert await found(price_min=150, price_max=300, currency="USD") == ["B", "C"]
    assert await found(duration_max=14) == ["A", "B"]
    assert await found(order="price") == ["A", "B", "C"]


async def test_a_package_names_only_what_is_there(clinic: Node, admin: Caller, hospital: Any) -> None:
    treatment = await admin.call("treatment.create", name="Knee replacement")
    package = await admin.call(
        "package.create", **ENTRIES["package"], hospital_ids=[hospital["id"]], treatment_ids=[treatment["id"]]
    )
    assert (package["hospital_ids"], package["treatment_ids"]) == ([hospital["id"]], [treatment["id"]])
    with pytest.raises(Conflict):
        await admin.call("package.update", package_id=package["id"], treatment_ids=[hospital["id"]])
