"""A coordinator answers with a bill, the patient's side confirms it, and it becomes orders.

H-280 (respond), H-138 (confirm), H-310, H-311 (request:responded, request:confirmed), H-316, H-317 (states), H-243,
H-244 (requests a provider is quoted in).
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from carewire.errors import Forbidden, IllegalMove, InvalidParams, NotFound
from carewire.paid import Applied, Due, RefundDue
from channels.identity.demo import PRIYA
from channels.order.errors import Currencies, NotServing, OtherItem
from channels.request.asking import LINES_MOST
from channels.request.billing import BILLS_MAX
from channels.request.errors import BillExpired, NothingAsked, NotInHand, OtherBill, SubstitutesOpen, TooManyBills
from channels.stock.errors import OutOfStock, PrescriptionNeeded, Restricted
from tests.channels.callers import Caller, rows
from tests.channels.request.conftest import administrator, photo
from tests.channels.request.market import FEE, Market

PRICE = 2_500
TOTAL = 2 * PRICE + FEE["amount"]


# --- who may not, and what is no answer -------------------------------------------------------------------------------
async def test_only_the_coordinator_who_has_it_in_hand_answers(market: Market, stranger: Caller) -> None:
    asked = await market.ask()
    given: Any = {"request_id": asked["id"], "quotes": [market.quote()], "valid_until": market.soon(hours=1)}
    for who in (market.priya, stranger, market.here.pharmacist):
        with pytest.raises(Forbidden):
            await who.call("request.respond", **given)
    with pytest.raises(Forbidden):
        await (await administrator(market.node, "support")).call("request.respond", **given)
    with pytest.raises(NotInHand):
        await (await administrator(market.node, "coordinate")).call("request.respond", **given)


async def test_a_provider_that_cannot_be_quoted_is_refused_with_why(market: Market) -> None:
    asked = await market.ask()
    elsewhere = await market.ask(postal_code="110001")
    with pytest.raises(NotServing) as no:
        await market.respond(elsewhere)
    assert no.value.data["why"] == "not_served"
    await market.here.pharmacist.call("provider.pause_orders", place_id=str(market.here.id), until=market.soon(hours=9))
    with pytest.raises(NotServing) as no:
        await market.respond(asked)
    assert no.value.data["why"] == "paused"
    await market.here.pharmacist.call("provider.pause_orders", place_id=str(market.here.id), until=None)
    closed = market.now.astimezone().isoweekday() % 7 + 1
    weekly = [{"weekday": closed % 7 + 1, "opens": "03:00:00", "closes": "03:01:00"}]
    await market.here.pharmacist.call("provider.set_hours", place_id=str(market.here.id), weekly=weekly, holidays=[])
    with pytest.raises(NotServing) as no:
        await market.respond(asked)
    assert no.value.data["why"] == "closed"


async def test_what_the_pharmacy_does_not_offer_or_nobody_may_sell_is_on_no_bill(market: Market) -> None:
    asked = await market.ask()
    wrong: list[tuple[Any, Any]] = [
        (OtherItem, market.quote(item=market.other_paracetamol)),
        (OtherItem, market.quote(item=uuid4())),
        (Restricted, market.quote(item=market.tramadol)),
        (PrescriptionNeeded, market.quote(item=market.metformin)),
        (PrescriptionNeeded, market.quote(item=market.metformin, line_id=asked["lines"][0]["id"])),
        (InvalidParams, {"place_id": str(market.here.id), "lines": [{"name": "Something", "quantity": 1}]}),
        (InvalidParams, market.quote(unit_price={"amount": 1, "currency": "INR"})),
        (InvalidParams, market.quote(line_id=str(uuid4()))),
        (InvalidParams, market.quote(substitute=True)),
        (Currencies, market.quote(unit_price={"amount": 1, "currency": "USD"}, price_reason="export")),
    ]
    typed = {"name": "Tramadol 50", "unit_price": {"amount": 900, "currency": "INR"}, "price_reason": "by telephone"}
    for refusal, schedule in (
        (InvalidParams, {}),
        (Restricted, {"schedule": "x"}),
        (PrescriptionNeeded, {"schedule": "h"}),
    ):
        wrong.append((refusal, {"place_id": str(market.here.id), "lines": [typed | schedule]}))
    for refusal, quote in wrong:
        with pytest.raises(refusal):
            await market.respond(asked, quote)
    with pytest.raises(InvalidParams):
        await market.respond(asked, market.quote(), market.quote())
    for hours in (0.01, 73, -1):
        with pytest.raises(InvalidParams):
            await market.respond(asked, hours=hours)
    assert {held for _, held in (await market.stock()).values()} == {0}


async def test_photos_nobody_has_read_are_not_priced_and_read_ones_not_beyond_what_they_say(market: Market) -> None:
    asked = await market.ask(lines=[], media_ids=[await photo(market.node, PRIYA.account_id)])
    with pytest.raises(NothingAsked):
        await market.respond(asked)
    await market.admin.call("request.ask_reader", request_id=asked["id"], place_id=str(market.here.id))
    read = await market.here.pharmacist.call(
        "request.read_lines", request_id=asked["id"], lines=[{"name": "Metformin 500", "quantity": 3}]
    )
    line_id = read["lines"][0]["id"]
    with pytest.raises(PrescriptionNeeded):
        await market.respond(asked, market.quote(item=market.metformin, packs=4, line_id=line_id))
    answered = await market.respond(asked, market.quote(item=market.metformin, packs=3, line_id=line_id))
    assert answered["bill"]["parts"][0]["lines"][0]["schedule"] == "h"


async def test_photos_are_read_anew_after_a_withdrawn_bill_which_keeps_its_own_words(market: Market) -> None:
    asked = await market.ask(media_ids=[await photo(market.node, PRIYA.account_id)])
    await market.admin.call("request.ask_reader", request_id=asked["id"], place_id=str(market.here.id))

    async def read(*names: str) -> Any:
        lines = [{"name": name, "quantity": 3} for name in names]
        return await market.here.pharmacist.call("request.read_lines", request_id=asked["id"], lines=lines)

    first = await read("Metformin 500", "Zinc")
    line_id = first["lines"][1]["id"]
    bill = await market.respond(asked, market.quote(item=market.metformin, packs=1, line_id=line_id))
    await market.admin.call("request.withdraw_bill", request_id=asked["id"], reason="misread")
    for names in (["Metformin 1000"], ["Metformin 850", "ORS"]):
        again = await read(*names)
        assert [line["name"] for line in again["lines"]] == [asked["lines"][0]["name"], *names]
    with pytest.raises(InvalidParams):  # it stands no longer
        await market.respond(asked, market.quote(item=market.metformin, packs=1, line_id=line_id))
    (kept,) = (await market.priya.call("request.get", request_id=asked["id"]))["bills"]
    assert kept["parts"][0]["lines"] == bill["bill"]["parts"][0]["lines"]
    fresh = await market.respond(asked, market.quote(item=market.metformin, packs=1, line_id=again["lines"][1]["id"]))
    assert (await market.confirm(fresh))["state"] == "confirmed"


async def test_no_more_is_read_than_a_request_can_have(market: Market) -> None:
    asked = await market.ask(
        lines=[{"name": f"Article {n}"} for n in range(50)], media_ids=[await photo(market.node, PRIYA.account_id)]
    )
    await market.admin.call("request.ask_reader", request_id=asked["id"], place_id=str(market.here.id))
    lines = [{"name": f"Read {n}", "quantity": 1} for n in range(50)]
    given: Any = {"request_id": asked["id"], "lines": lines}
    for _ in range(2):
        read = await market.here.pharmacist.call("request.read_lines", **given)
        assert len(read["lines"]) == LINES_MOST
    async with market.node.db.transaction() as tx:  # as a prescription's lines would
        await tx.execute(
            "INSERT INTO request_line (request_id, n, name, quantity, source) VALUES ($1, 51, 'One more', 1, 'asked')"
            " ON CONFLICT DO NOTHING",
            UUID(asked["id"]),
        )
        await tx.execute("UPDATE request_line SET source = 'asked' WHERE request_id = $1 AND n = 51", UUID(asked["id"]))
    with pytest.raises(InvalidParams):
        await market.here.pharmacist.call("request.read_lines", **given)


async def test_what_a_paper_says_in_tablets_is_not_sold_in_as_many_packs(market: Market) -> None:
    strip = await market.here.article("Glycomet 850", (400, 30), schedule="h", pack_size=10)
    asked = await market.ask(lines=[], media_ids=[await photo(market.node, PRIYA.account_id)])
    await market.admin.call("request.ask_reader", request_id=asked["id"], place_id=str(market.here.id))
    read = await market.here.pharmacist.call(
        "request.read_lines", request_id=asked["id"], lines=[{"name": "Metformin 850", "quantity": 15}]
    )
    line_id = read["lines"][0]["id"]
    for packs in (15, 3):
        with pytest.raises(PrescriptionNeeded):
            await market.respond(asked, market.quote(item=strip, packs=packs, line_id=line_id))
    answered = await market.respond(asked, market.quote(item=strip, packs=2, line_id=line_id))
    assert answered["state"] == "responded"


# --- prices and stock -------------------------------------------------------------------------------------------------
async def test_a_bill_keeps_its_prices_and_its_stock_whatever_the_catalogue_says_afterwards(market: Market) -> None:
    answered = await market.answered()
    assert answered["bill"]["total"] == {"amount": TOTAL, "currency": "INR", "exponent": 2}
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    await market.here.pharmacist.call(
        "medicine.update", medicine_id=str(market.paracetamol), price={"amount": 9_900, "currency": "INR"}
    )
    again = await market.priya.call("request.get", request_id=answered["id"])
    assert again["request"]["bill"]["total"]["amount"] == TOTAL
    with pytest.raises(asyncpg.CheckViolationError):
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE bill SET total = total - 1")
    with pytest.raises(asyncpg.CheckViolationError):
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE bill_line SET unit_price = 1")


async def test_what_will_have_expired_before_it_is_fetched_is_not_offered(market: Market) -> None:
    soon = await market.here.article("Syrup", (6, 5), (30, 1))
    asked = await market.ask()
    with pytest.raises(OutOfStock) as no:
        await market.respond(asked, market.quote(item=soon, packs=2))
    assert no.value.data["lines"][0]["left"] == 1
    assert (await market.confirm(await market.respond(asked, market.quote(item=soon, packs=1))))["state"] == "confirmed"


async def test_of_two_answers_for_the_last_packs_one_keeps_them_and_the_other_hears_at_once(market: Market) -> None:
    one, two = await market.ask(), await market.ask()
    answers = await asyncio.gather(
        market.respond(one, market.quote(packs=6)), market.respond(two, market.quote(packs=6)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["OutOfStock", "dict"]
    assert (await market.stock())["Paracetamol 500"] == (10, 6)
    await market.check()


async def test_another_version_has_what_the_one_before_kept_and_a_withdrawn_bill_keeps_nothing(market: Market) -> None:
    first = await market.respond(await market.ask(), market.quote(packs=9))
    second = await market.respond(first, market.quote(packs=10))
    assert (second["bill"]["version"], second["state"]) == (2, "responded")
    assert (await market.stock())["Paracetamol 500"] == (10, 10)
    with pytest.raises(OtherBill):
        await market.confirm(first)
    with pytest.raises(OutOfStock):
        await market.respond(second, market.quote(packs=11))
    assert (await market.stock())["Paracetamol 500"] == (10, 10), "the version before stands"
    taken_back = await market.admin.call("request.withdraw_bill", request_id=first["id"], reason="wrong dose")
    assert (taken_back["state"], taken_back["bill"]) == ("accepted", None)
    assert len(await market.facts("request.withdrawn")) == 1
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    with pytest.raises(IllegalMove):
        await market.confirm(second)
    history = (await market.priya.call("request.get", request_id=first["id"]))["bills"]
    assert [(bill["version"], bill["state"]) for bill in history] == [(2, "withdrawn"), (1, "superseded")]


async def test_answered_a_hundred_times_the_last_bill_stands_or_the_request_is_rejected(market: Market) -> None:
    answered = await market.answered()
    async with market.node.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO bill (request_id, version, state, currency, total, valid_until, made_by, made_at, substitutes)"
            " SELECT request_id, n, 'superseded', currency, total, valid_until, made_by, made_at, false"
            " FROM bill, generate_series(2, $1) n",
            BILLS_MAX,
        )
        await tx.execute(
            "INSERT INTO bill_part (bill_id, n, place_id, delivery_fee)"
            " SELECT b.id, 1, $1, b.total FROM bill b WHERE b.version > 1",
            market.here.id,
        )
    with pytest.raises(TooManyBills):
        await market.respond(answered)
    assert (await market.stock())["Paracetamol 500"] == (10, 2), "the bill that stands keeps what it kept"
    await market.admin.call("request.withdraw_bill", request_id=answered["id"], reason="no end to it")
    with pytest.raises(TooManyBills):
        await market.respond(answered)
    over = await market.admin.call("request.reject", request_id=answered["id"], reason="ask anew")
    assert over["state"] == "rejected"


async def test_a_provider_sees_its_own_part_and_no_other_price_nor_what_was_asked_for(market: Market) -> None:
    asked = await market.ask(notes="she is at home after six")
    answered = await market.respond(
        asked,
        market.quote(),
        market.quote(item=market.other_paracetamol, packs=1, place=market.there.id,
                     unit_price={"amount": 1_111, "currency": "INR"}, price_reason="by telephone"),
    )  # fmt: skip
    seen = await market.here.pharmacist.call("request.get", request_id=answered["id"])
    text = str(seen)
    assert "'amount': 1111" not in text
    assert "Paracip" not in text
    assert "after six" not in text
    assert [part["place_id"] for part in seen["request"]["bill"]["parts"]] == [str(market.here.id)]
    assert seen["request"]["bill"]["total"]["amount"] == TOTAL
    assert (seen["request"]["lines"], seen["bills"], seen["steps"], seen["address"]) == ([], [], [], None)
    listed = await market.here.pharmacist.call("request.list")
    assert [row["id"] for row in listed["rows"]] == [asked["id"]]
    await market.admin.call("request.withdraw_bill", request_id=asked["id"], reason="no")
    with pytest.raises(NotFound):
        await market.here.pharmacist.call("request.get", request_id=answered["id"])


# --- confirm ----------------------------------------------------------------------------------------------------------
async def test_a_bill_that_ran_out_is_never_confirmed_whatever_the_code_believes(market: Market) -> None:
    answered = await market.answered()
    market.clock.turn(hours=2)  # its job has not run yet
    with pytest.raises(BillExpired):
        await market.confirm(answered)
    with pytest.raises(asyncpg.CheckViolationError) as no:
        async with market.node.db.transaction() as tx:
            await tx.execute(
                "UPDATE bill SET state = 'confirmed', confirmed_at = $2 WHERE id = $1",
                UUID(answered["bill"]["id"]),
                market.now,
            )
    assert no.value.constraint_name == "bill_in_time"
    with pytest.raises(asyncpg.CheckViolationError) as no:
        async with market.node.db.transaction() as tx:
            await tx.execute(
                "UPDATE request SET state = 'confirmed', confirmed_at = $2, payment_mode = 'counter', chosen_by = $3,"
                " chosen_at = $2 WHERE id = $1",
                UUID(answered["id"]),
                market.now,
                PRIYA.account_id,
            )
    assert no.value.constraint_name == "request_by_its_bill"
    await market.settle()
    expired = await market.priya.call("request.get", request_id=answered["id"])
    assert (expired["request"]["state"], expired["request"]["bill"]["state"]) == ("expired", "expired")
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    with pytest.raises(IllegalMove):
        await market.confirm(answered)
    await market.check()


async def test_confirmed_for_the_counter_it_is_one_order_for_each_provider_at_once(market: Market) -> None:
    asked = await market.ask()
    answered = await market.respond(
        asked, market.quote(), market.quote(item=market.other_paracetamol, packs=1, place=market.there.id)
    )
    confirmed = await market.confirm(answered)
    assert (confirmed["state"], confirmed["bill"]["state"]) == ("confirmed", "confirmed")
    made = (await market.priya.call("order.list", request_id=asked["id"]))["rows"]
    assert {order["place_id"]: order["total"]["amount"] for order in made} == {
        str(market.here.id): TOTAL, str(market.there.id): PRICE,
    }  # fmt: skip
    assert {part["order_id"] for part in confirmed["bill"]["parts"]} == {order["id"] for order in made}
    assert all(order["source"] == "request" and order["accept_by"] for order in made)
    assert (await market.stock())["Paracetamol 500"] == (10, 2)
    for verb, more in (("request.cancel", {}), ("request.confirm", {"bill_id": confirmed["bill"]["id"],
                                                                     "payment_mode": "counter"})):  # fmt: skip
        with pytest.raises(IllegalMove):
            await market.priya.call(verb, request_id=asked["id"], **more)
    await market.check()


async def test_many_confirmations_at_once_make_one_set_of_orders(market: Market) -> None:
    answered = await market.answered()
    answers = await asyncio.gather(*(market.confirm(answered) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert {type(answer) for answer in answers if not isinstance(answer, dict)} == {IllegalMove}
    assert len((await market.priya.call("order.list"))["rows"]) == 1
    await market.check()


async def test_a_substitute_needs_her_word_also_in_the_database(market: Market) -> None:
    asked = await market.ask(lines=[{"name": "Crocin 500"}])
    answered = await market.respond(asked, market.quote(substitute=True, line_id=asked["lines"][0]["id"]))
    assert answered["bill"]["parts"][0]["lines"][0]["replaces"] == "Crocin 500"
    with pytest.raises(SubstitutesOpen):
        await market.confirm(answered)
    with pytest.raises(asyncpg.CheckViolationError) as no:
        async with market.node.db.transaction() as tx:
            await tx.execute("UPDATE bill SET state = 'confirmed', confirmed_at = made_at")
    assert no.value.constraint_name == "bill_with_consent"
    confirmed = await market.confirm(answered, accept_substitutes=True)
    assert confirmed["state"] == "confirmed"


# --- money ------------------------------------------------------------------------------------------------------------
async def test_paid_online_it_is_confirmed_by_the_money_once(market: Market) -> None:
    answered = await market.answered()
    assert await market.pay_request(answered["id"], TOTAL) == RefundDue(reason=Due.OVER), "nobody has chosen it"
    chosen = await market.confirm(answered, "online")
    assert (chosen["state"], chosen["payment_mode"]) == ("responded", "online")
    assert (await market.priya.call("order.list"))["rows"] == []
    assert await market.pay_request(answered["id"], TOTAL - 1) == RefundDue(reason=Due.WRONG_AMOUNT)
    payment = uuid4()
    paid = await asyncio.gather(*(market.pay_request(answered["id"], TOTAL, payment) for _ in range(3)))
    assert paid == [Applied()] * 3
    assert await market.pay_request(answered["id"], TOTAL) == RefundDue(reason=Due.PAID_ALREADY)
    now = await market.priya.call("request.get", request_id=answered["id"])
    assert now["request"]["state"] == "confirmed"
    (order,) = (await market.priya.call("order.list"))["rows"]
    assert (order["paid"]["amount"], order["state"]) == (TOTAL, "created")
    assert order["accept_by"] is not None
    await market.check()


async def test_money_that_comes_too_late_goes_back_and_confirms_nothing(market: Market) -> None:
    late, cancelled = await market.answered(), await market.answered()
    for one in (late, cancelled):
        await market.confirm(one, "online")
    await market.priya.call("request.cancel", request_id=cancelled["id"])
    assert await market.pay_request(cancelled["id"], TOTAL) == RefundDue(reason=Due.CANCELLED)
    market.clock.turn(hours=2)
    assert await market.pay_request(late["id"], TOTAL) == RefundDue(reason=Due.EXPIRED)
    await market.settle()
    assert await market.pay_request(late["id"], TOTAL) == RefundDue(reason=Due.EXPIRED)
    assert (await market.priya.call("order.list"))["rows"] == []
    assert (await market.stock())["Paracetamol 500"] == (10, 0)
    assert await rows(market.node, "SELECT 1 FROM order_refund") == []
    await market.check()
