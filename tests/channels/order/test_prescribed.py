"""What is sold on prescription: its units are counted over all pharmacies before anything is paid, and come back.

H-203 (a request's order with its prescription), H-122 (prescription_id of an order), PRODUCT 28.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.paid import Due, RefundDue
from channels.identity.demo import ARJUN_PATIENT, VIKRAM
from channels.prescription.errors import NotInForce, Overspent
from channels.stock.errors import PrescriptionNeeded
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import as_person
from tests.channels.request.market import Market
from tests.channels.stock.conftest import Shop


@pytest_asyncio.fixture
async def paper(market: Market) -> Any:
    return await market.prescribe()


def of(market: Market, paper: Any, packs: int = 1, item: UUID | None = None) -> Any:
    wanted = {
        "item_id": str(item or market.metformin),
        "quantity": packs,
        "prescription_line_id": paper["lines"][0]["id"],
    }
    return {"items": [wanted], "prescription_id": paper["id"]}


async def spent(market: Market) -> int:
    (row,) = await rows(market.node, "SELECT sum(spent) AS spent FROM prescription_line")
    return int(row["spent"])


async def test_only_her_own_prescription_in_force_and_only_what_it_says_is_dispensed(
    market: Market, paper: Any, stranger: Caller
) -> None:
    wrong: list[tuple[Any, Any]] = [
        (NotFound, of(market, paper) | {"patient_id": str(ARJUN_PATIENT)}),
        (InvalidParams, of(market, paper) | {"prescription_id": None}),
        (PrescriptionNeeded, {"items": [{"item_id": str(market.metformin)}], "prescription_id": paper["id"]}),
        (PrescriptionNeeded, of(market, paper, item=market.paracetamol)),
        (Overspent, of(market, paper, packs=3)),
    ]
    for refusal, given in wrong:
        with pytest.raises(refusal):
            await market.order(**given)
    assert await spent(market) == 0
    assert (await market.stock())["Glycomet 500"] == (10, 0)
    made = await market.order(packs=1)
    with pytest.raises(asyncpg.CheckViolationError) as no:
        async with market.node.db.transaction() as tx:
            await tx.execute(
                "INSERT INTO order_line (order_id, n, name, schedule, quantity, unit_price)"
                " VALUES ($1, 9, 'Glycomet', 'h', 1, 1)",
                UUID(made["id"]),
            )
    assert no.value.constraint_name == "order_line_on_prescription"
    as_doctor = as_person(market.node, VIKRAM)
    await as_doctor.call("prescription.cancel", prescription_id=paper["id"], reason="another dose")
    with pytest.raises(NotInForce):
        await market.order(**of(market, paper))


async def test_two_pharmacies_at_once_never_dispense_more_than_the_line(market: Market, paper: Any) -> None:
    async def order(n: int) -> Any:
        item = market.metformin if n % 2 else market.more["there"]
        place = {} if n % 2 else {"place_id": str(market.there.id)}
        return await market.order(**of(market, paper, item=item), **place)

    answers = await asyncio.gather(*(order(n) for n in range(6)), return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, dict)]
    assert len(made) == 2
    assert {type(answer) for answer in answers if not isinstance(answer, dict)} == {Overspent}
    assert await spent(market) == 20
    await market.priya.call("order.cancel", order_id=made[0]["id"])
    await market.settle()
    assert await spent(market) == 10
    await market.order(**of(market, paper))
    assert await spent(market) == 20
    await market.check()


async def test_a_till_counts_what_it_gives_out_on_her_prescription_as_an_order_does(market: Market, paper: Any) -> None:
    async def sell(shop: Shop, item: UUID, packs: int = 1) -> Any:
        line = {"medicine_id": str(item), "quantity": packs, "prescription_line_id": paper["lines"][0]["id"]}
        return await shop.pharmacist.call("stock.sell", pharmacy_id=str(shop.id), lines=[line])

    for shop, item in ((market.here, market.metformin), (market.there, market.more["there"])):
        with pytest.raises(NotFound):  # nobody showed it to them
            await sell(shop, item)
    made = await market.order(**of(market, paper))
    with pytest.raises(NotFound):
        await sell(market.there, market.more["there"])
    with pytest.raises(PrescriptionNeeded):
        await sell(market.here, market.paracetamol)
    with pytest.raises(Overspent):
        await sell(market.here, market.metformin, 2)
    assert await spent(market) == 10
    sale = await sell(market.here, market.metformin)
    assert await spent(market) == 20
    assert (await market.stock())["Glycomet 500"] == (9, 1)
    with pytest.raises(Overspent):
        await sell(market.here, market.metformin)
    back = [{"medicine_id": str(market.metformin), "quantity": 1}]
    await market.here.pharmacist.call("stock.take_back", hold_id=sale["id"], lines=back, sellable=False)
    await market.priya.call("order.cancel", order_id=made["id"])
    await market.settle()
    assert await spent(market) == 10, "what was given out was given out"
    with pytest.raises(NotFound):  # the order is over, and with it what it showed
        await sell(market.here, market.metformin)
    await market.check()


async def test_the_pharmacist_reads_the_paper_until_thirty_days_after_and_no_longer(market: Market, paper: Any) -> None:
    for asked in (market.here, market.there):
        with pytest.raises(NotFound):
            await asked.pharmacist.call("prescription.get", prescription_id=paper["id"])
    made = await market.order(**of(market, paper))
    assert (await market.here.pharmacist.call("prescription.get", prescription_id=paper["id"]))["id"] == paper["id"]
    with pytest.raises(NotFound):
        await market.there.pharmacist.call("prescription.get", prescription_id=paper["id"])
    await market.move(made["id"], "confirmed", "preparing", "ready", "out_for_delivery", "delivered")
    assert await spent(market) == 10
    await market.later(days=29)
    await market.here.pharmacist.call("prescription.get", prescription_id=paper["id"])
    await market.later(days=2)
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("prescription.get", prescription_id=paper["id"])


async def test_a_cut_and_a_re_offer_take_their_units_along(market: Market, paper: Any) -> None:
    made = await market.order(**of(market, paper, packs=2))
    assert await spent(market) == 20
    line_id = made["lines"][0]["id"]
    await market.priya.call("order.cancel_line", order_id=made["id"], line_id=line_id, count=1, reason="one will do")
    assert await spent(market) == 10
    await market.here.pharmacist.call("order.reject", order_id=made["id"], reason="out of it")
    await market.admin.call(
        "order.reoffer",
        order_id=made["id"],
        place_id=str(market.there.id),
        items=[{"line_id": line_id, "item_id": str(market.more["there"])}],
    )
    assert await spent(market) == 10
    given = await rows(market.node, "SELECT place_id, sum(quantity) AS units FROM dispensing GROUP BY place_id")
    assert {row["place_id"]: row["units"] for row in given} == {market.here.id: 0, market.there.id: 10}
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("prescription.get", prescription_id=paper["id"])
    await market.priya.call("order.cancel", order_id=made["id"])
    await market.settle()
    assert await spent(market) == 0
    await market.check()


async def test_asked_for_by_prescription_what_is_left_is_asked_for_and_units_are_taken_at_her_yes(
    market: Market, paper: Any
) -> None:
    asked = await market.ask(lines=[], prescription_id=paper["id"])
    assert [(one["name"], one["quantity"]) for one in asked["lines"]] == [("Metformin 500 mg", 20)]
    line_id = asked["lines"][0]["id"]
    with pytest.raises(Forbidden):
        await market.admin.call("prescription.get", prescription_id=paper["id"])
    with pytest.raises(PrescriptionNeeded):
        await market.respond(asked, market.quote(item=market.metformin, packs=3, line_id=line_id))
    answered = await market.respond(asked, market.quote(item=market.metformin, packs=2, line_id=line_id))
    assert await spent(market) == 0
    direct = await market.order(**of(market, paper))
    with pytest.raises(Overspent):
        await market.confirm(answered)
    await market.priya.call("order.cancel", order_id=direct["id"])
    await market.settle()
    chosen = await market.confirm(answered, "online")
    assert await spent(market) == 20
    with pytest.raises(Overspent):
        await market.order(**of(market, paper))
    await market.later(hours=3)  # nobody paid
    assert await spent(market) == 0
    assert await market.pay_request(chosen["id"], 1) == RefundDue(reason=Due.EXPIRED)

    again = await market.ask(lines=[], prescription_id=paper["id"])
    line_id = again["lines"][0]["id"]
    answered = await market.respond(again, market.quote(item=market.metformin, packs=2, line_id=line_id))
    confirmed = await market.confirm(answered)
    assert await spent(market) == 20
    order_id = confirmed["bill"]["parts"][0]["order_id"]
    assert (await market.here.pharmacist.call("prescription.get", prescription_id=paper["id"]))["id"] == paper["id"]
    await market.priya.call("order.cancel", order_id=order_id)
    await market.settle()
    assert await spent(market) == 0
    await market.check()


async def test_who_chooses_anew_how_to_pay_takes_the_units_once(market: Market, paper: Any) -> None:
    asked = await market.ask(lines=[], prescription_id=paper["id"])
    line = {"item": market.metformin, "line_id": asked["lines"][0]["id"]}
    answered = await market.respond(asked, market.quote(packs=1, **line))
    for _ in range(2):
        await market.confirm(answered, "online")
        assert await spent(market) == 10
    await market.confirm(answered, "counter")
    assert await spent(market) == 10
    (order,) = (await market.priya.call("order.list"))["rows"]
    await market.priya.call("order.cancel", order_id=order["id"])
    await market.settle()
    assert await spent(market) == 0
    await market.check()


async def test_what_the_doctor_has_taken_back_is_not_handed_over(market: Market, paper: Any) -> None:
    made = await market.order(**of(market, paper))
    await market.move(made["id"], "confirmed", "preparing", "ready", "out_for_delivery")
    as_doctor = as_person(market.node, VIKRAM)
    await as_doctor.call("prescription.cancel", prescription_id=paper["id"], reason="another dose")
    with pytest.raises(NotInForce):
        await market.move(made["id"], "delivered")
    await market.move(made["id"], "failed", "returned", reason="the doctor took it back")
    await market.settle()
    assert await spent(market) == 0
    assert (await market.stock())["Glycomet 500"] == (10, 0)
    await market.check()
