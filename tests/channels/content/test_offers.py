"""Which hospital offers which treatment (ledger: M-092, M-187, M-188, M-216)."""

from collections.abc import Callable
from typing import Any

import pytest

from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import PHARMACY
from channels.identity.demo import DESK, PRIYA
from tests.channels.callers import Caller, told

PRICES = [{"amount": 45_000_000, "currency": "INR"}, {"amount": 540_000, "currency": "USD"}]


async def offer(admin: Caller, hospital: Any, name: str = "Knee replacement", **more: Any) -> Any:
    treatment = await admin.call("treatment.create", name=name)
    return await admin.call(
        "hospital.add_treatment", hospital_id=hospital["id"], treatment_id=treatment["id"], **{"prices": PRICES, **more}
    )


async def test_only_the_hospitals_heads_and_editors_offer(
    clinic: Node, admin: Caller, hospital: Any, caller: Callable[..., Caller]
) -> None:
    made = await offer(admin, hospital)
    target = {"hospital_id": hospital["id"], "treatment_id": made["treatment_id"]}
    desk, patient = caller(), caller()
    await desk.log_in(DESK.phone)
    await patient.log_in(PRIYA.phone)
    for name, params in (
        ("hospital.add_treatment", {**target, "prices": PRICES}),
        ("hospital.update_treatment", {**target, "is_available": False}),
        ("hospital.remove_treatment", target),
    ):
        with pytest.raises(NotFound):
            await desk.call(name, **params)
        with pytest.raises(Forbidden):
            await patient.call(name, **params)
    with pytest.raises(NotFound):
        await admin.call("hospital.add_treatment", **{**target, "hospital_id": str(PHARMACY)}, prices=PRICES)
    with pytest.raises(Conflict):
        await admin.call("hospital.add_treatment", **target, prices=PRICES)


async def test_prices_stand_once_for_each_currency_and_with_its_own_exponent(
    clinic: Node, admin: Caller, hospital: Any
) -> None:
    with pytest.raises(InvalidParams) as twice:
        await offer(admin, hospital, prices=[PRICES[0], PRICES[0]])
    assert twice.value.fields[0].path == "$.prices[1].currency"
    with pytest.raises(InvalidParams):
        await offer(admin, hospital, "Hip", prices=[{"amount": 5, "currency": "JPY", "exponent": 2}])
    made = await offer(
        admin, hospital, "Eye", prices=[{"amount": 5, "currency": "JPY"}, {"amount": 7, "currency": "KWD"}]
    )
    assert [(p["currency"], p["exponent"]) for p in made["prices"]] == [("JPY", 0), ("KWD", 3)]


async def test_everybody_finds_hospitals_by_treatment_cheapest_first(
    clinic: Node, admin: Caller, anon: Caller, hospital: Any
) -> None:
    made = await offer(admin, hospital)
    other = await admin.call("hospital.create", kind="hospital", name="Moon", city="Delhi", zone="Asia/Kolkata")
    await admin.call(
        "hospital.add_treatment",
        hospital_id=other["id"],
        treatment_id=made["treatment_id"],
        prices=[{"amount": 100_000, "currency": "USD"}],
    )

    async def found(**more: Any) -> list[str]:
        page = await anon.call("treatment.list_hospitals", treatment_id=made["treatment_id"], **more)
        return [row["hospital"] for row in page["rows"]]

    assert await found(currency="USD") == ["Moon", "Sunrise Hospital"]
    assert await found(currency="INR") == ["Sunrise Hospital"]
    assert await found(currency="USD", price_max=200_000) == ["Moon"]
    assert set(await found()) == {"Moon", "Sunrise Hospital"}
    first = await anon.call("treatment.list_hospitals", treatment_id=made["treatment_id"], currency="USD", limit=1)
    assert await found(currency="USD", cursor=first["cursor"]) == ["Sunrise Hospital"]
    with pytest.raises(InvalidParams):
        await found(price_max=5)


async def test_a_follower_of_a_hospital_sees_each_change_and_what_is_gone(
    clinic: Node, admin: Caller, anon: Caller, hospital: Any
) -> None:
    made = await offer(admin, hospital)
    target = {"hospital_id": hospital["id"], "treatment_id": made["treatment_id"]}
    await admin.call("hospital.update_treatment", **target, prices=PRICES[:1], success_basis_points=9_500)
    await admin.call("hospital.update_treatment", **target, is_available=False)
    shown: dict[str, Any] = {}
    for _, data in await told(clinic, f"offers:{hospital['id']}"):
        if data["offer"] is None:
            shown.pop(data["treatment_id"], None)
        else:
            shown[data["treatment_id"]] = data["offer"]
    assert shown == {}
    assert await anon.call("hospital.list_treatments", hospital_id=hospital["id"]) == []
    await admin.call("hospital.update_treatment", **target, is_available=True)
    (listed,) = await anon.call("hospital.list_treatments", hospital_id=hospital["id"])
    last = (await told(clinic, f"offers:{hospital['id']}"))[-1][1]["offer"]
    assert last == listed["offer"]
    assert listed["offer"]["prices"] == [{**PRICES[0], "exponent": 2}]
    await admin.call("hospital.remove_treatment", **target)
    with pytest.raises(NotFound):
        await admin.call("hospital.remove_treatment", **target)
