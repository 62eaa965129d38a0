"""A prescription that was written here and brought to the till as a paper is sold by its line, so that its units count.

Ledger: H-027, H-205, H-206. PRODUCT 28; decision 0158.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from channels.identity.demo import PRIYA_PATIENT, VIKRAM
from channels.prescription.errors import NotInForce, Overspent
from channels.stock.errors import LineNeeded
from channels.stock.papers import same_words
from tests.channels.callers import rows
from tests.channels.order.test_prescribed import of, paper, spent
from tests.channels.queue.conftest import as_person
from tests.channels.request.market import Market
from tests.channels.stock.conftest import Shop

__all__ = ["paper"]


async def copy(market: Market, paper: Any, days: int = 0, **other: str) -> Any:
    """What a pharmacist copies from its print."""
    (row,) = await rows(
        market.node,
        "SELECT p.doctor, k.name, (p.issued_at AT TIME ZONE 'Asia/Kolkata')::date AS day FROM prescription p"
        " JOIN patient k ON k.id = p.patient_id WHERE p.id = $1",
        UUID(paper["id"]),
    )
    written: date = row["day"] - timedelta(days=days)
    said = {"prescriber": row["doctor"], "prescriber_address": "4 Hill Road", "patient": row["name"]}
    return {**said, "written_on": written.isoformat(), **other}


async def sell(shop: Shop, item: UUID, paper: Any, **line: str) -> Any:
    lines = [{"medicine_id": str(item), "quantity": 1, **line}]
    return await shop.pharmacist.call("stock.sell", pharmacy_id=str(shop.id), lines=lines, paper=paper)


async def test_what_an_order_showed_to_the_pharmacy_is_not_had_once_more_on_its_print(
    market: Market, paper: Any
) -> None:
    line_id = paper["lines"][0]["id"]
    print_ = await copy(market, paper)
    made = await market.order(**of(market, paper, packs=2))
    assert await spent(market) == 20
    for said in (print_, print_ | {"patient": print_["patient"].split()[0].upper()}, print_ | {"prescriber": "Vikram"}):
        with pytest.raises(LineNeeded) as no:
            await sell(market.here, market.metformin, said)
        assert no.value.data["lines"] == [{"medicine_id": str(market.metformin), "prescription_line_id": line_id}]
    with pytest.raises(Overspent):
        await sell(market.here, market.metformin, print_, prescription_line_id=line_id)
    assert (await market.stock())["Glycomet 500"] == (10, 2)
    cut = {"order_id": made["id"], "line_id": made["lines"][0]["id"], "count": 1, "reason": "one will do"}
    await market.priya.call("order.cancel_line", **cut)
    await sell(market.here, market.metformin, print_, prescription_line_id=line_id)
    assert await spent(market) == 20
    await market.check()


async def test_neither_is_what_its_doctor_took_back(market: Market, paper: Any) -> None:
    print_ = await copy(market, paper)
    await market.order(**of(market, paper))
    as_doctor = as_person(market.node, VIKRAM)
    await as_doctor.call("prescription.cancel", prescription_id=paper["id"], reason="another dose")
    with pytest.raises(LineNeeded):
        await sell(market.here, market.metformin, print_)
    with pytest.raises(NotInForce):
        await sell(market.here, market.metformin, print_, prescription_line_id=paper["lines"][0]["id"])


async def test_a_pharmacy_learns_of_no_prescription_that_it_was_not_shown(market: Market, paper: Any) -> None:
    print_ = await copy(market, paper)
    await market.order(**of(market, paper))
    assert (await sell(market.there, market.more["there"], print_))["state"] == "sold"
    asked = {"patient_id": str(PRIYA_PATIENT), "place_id": str(market.there.id), "records": ["prescription"]}
    await market.priya.call("consent.grant", **asked, purpose="dispensing", until=market.soon(days=3))
    with pytest.raises(LineNeeded):
        await sell(market.there, market.more["there"], print_)


@pytest.mark.parametrize("other", [{"patient": "Meena"}, {"prescriber": "Dr. Rao"}])
async def test_a_paper_of_another_doctor_or_patient_or_day_or_medicine_is_one_like_any_other(
    market: Market, paper: Any, other: Any
) -> None:
    await market.order(**of(market, paper))
    assert (await sell(market.here, market.metformin, await copy(market, paper, **other)))["state"] == "sold"
    assert (await sell(market.here, market.metformin, await copy(market, paper, days=40)))["state"] == "sold"
    antibiotic = await market.here.article("Amoxicillin", (400, 2), schedule="h1")
    assert (await sell(market.here, antibiotic, await copy(market, paper)))["state"] == "sold"
    assert await spent(market) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Dr. Vikram Rao", "vikram rao", True),
        ("Dr. Vikram Rao", "RAO, VIKRAM", True),
        ("Priya Sharma", "Mrs Priya", True),
        ("Priya Sharma", "Priya Rao", False),
        ("Dr.", "Dr. Rao", False),
        ("प्रिया शर्मा", "प्रिया", True),
    ],
)
def test_names_are_the_same_without_titles_and_in_any_order(one: str, other: str, same: bool) -> None:
    assert same_words(one, other) is same
