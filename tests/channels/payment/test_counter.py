"""Money at the counter: whole, once, for what is still owed, and entered only by who takes money there.

M-233; PRODUCT 1 (the desk takes counter payments), 33.
"""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from carewire.errors import Conflict, Forbidden, InvalidParams, NotFound
from carewire.ids import uuid7
from carewire.node import Node
from carewire.store import migrate
from channels.appointment.rows import number_of
from channels.directory import demo as places
from channels.identity import demo as people
from channels.payment.errors import NothingOwed, OtherAmount
from tests.channels.appointment.conftest import Doctor
from tests.channels.callers import Caller, rows, told
from tests.channels.payment.test_refunds import heard

HER = {"patient_id": people.PRIYA_PATIENT}
FIVE_HUNDRED = {"amount": 50_000, "currency": "INR"}


async def booked(vikram: Doctor, priya: Caller, hour: int = 9) -> dict[str, Any]:
    """At the counter, five hundred rupees."""
    return await priya.call("appointment.book", **vikram.slot(hour), **HER)


def cash(appointment: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"about": "appointment", "about_id": appointment["id"], "money": FIVE_HUNDRED, "means": "cash"} | changes


async def taken(node: Node) -> int:
    async with node.db.transaction() as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM payment")
    return count


async def test_who_takes_no_money_there_does_not_even_find_it(
    clinic: Node, vikram: Doctor, priya: Caller, stranger: Caller, doctor: Caller
) -> None:
    appointment = await booked(vikram, priya)
    with pytest.raises((NotFound, Forbidden)):
        await stranger.call("payment.take", **cash(appointment))
    with pytest.raises(Forbidden):
        await priya.call("payment.take", **cash(appointment))
    with pytest.raises((NotFound, Forbidden)):
        await doctor.call("payment.owed", about="appointment", about_id=appointment["id"])
    assert await taken(clinic) == 0


async def test_nothing_but_the_whole_amount_is_taken(clinic: Node, vikram: Doctor, priya: Caller, desk: Caller) -> None:
    appointment = await booked(vikram, priya)
    for wrong in ({"amount": 49_999, "currency": "INR"}, {"amount": 50_000, "currency": "USD"}):
        with pytest.raises(OtherAmount) as refused:
            await desk.call("payment.take", **cash(appointment, money=wrong))
        assert refused.value.data["owed"]["amount"] == 50_000
    with pytest.raises(InvalidParams):
        await desk.call("payment.take", **cash(appointment, money={"amount": 50_000, "currency": "INR", "exponent": 0}))
    assert await taken(clinic) == 0
    assert (await priya.call("appointment.get", appointment_id=appointment["id"]))["state"] == "booked"


async def test_paid_at_the_desk_is_confirmed_and_both_sides_hear_of_it(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    appointment = await booked(vikram, priya)
    owed = await desk.call("payment.owed", about="appointment", about_id=appointment["id"])
    assert (owed["money"]["amount"], owed["place_id"]) == (50_000, str(places.CLINIC))
    answer = await desk.call("payment.take", **cash(appointment))
    assert answer["answer"] == {"outcome": "applied"}
    assert answer["payment"]["money"] == {"amount": 50_000, "currency": "INR", "exponent": 2}
    after = await priya.call("appointment.get", appointment_id=appointment["id"])
    assert after["state"] == "appointment_confirmed"
    names = [name for name, _ in await told(clinic, f"appointments:{people.PRIYA_PATIENT}")]
    assert names[-1] == "appointment:updated"
    for caller, whose in ((desk, {"place_id": places.CLINIC}), (priya, HER)):
        page = await caller.call("payment.list", **whose)
        assert [row["id"] for row in page["rows"]] == [answer["payment"]["id"]]


async def test_two_desks_that_take_it_at_once_take_it_once(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    appointment = await booked(vikram, priya)
    answers = await asyncio.gather(
        *(desk.call("payment.take", **cash(appointment)) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert all(isinstance(answer, dict | NothingOwed | Conflict) for answer in answers)
    assert await taken(clinic) == 1


async def test_the_same_key_again_is_the_same_payment(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller, time_: Any
) -> None:
    appointment = await booked(vikram, priya)
    key = uuid7(time_.now().timestamp())
    first = await desk.call("payment.take", **cash(appointment), idempotency_key=key)
    again = await desk.call("payment.take", **cash(appointment), idempotency_key=key)
    assert again == first
    assert await taken(clinic) == 1


async def test_what_is_called_off_is_not_owed_any_more(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    appointment = await booked(vikram, priya)
    await priya.call("appointment.cancel", appointment_id=appointment["id"], reason="other")
    assert (await desk.call("payment.owed", about="appointment", about_id=appointment["id"]))["money"] is None
    with pytest.raises(NothingOwed):
        await desk.call("payment.take", **cash(appointment))
    assert await taken(clinic) == 0


async def test_a_payment_stays_as_it_was_taken(clinic: Node, vikram: Doctor, priya: Caller, desk: Caller) -> None:
    await desk.call("payment.take", **cash(await booked(vikram, priya)))
    for statement in ("UPDATE payment SET amount = 1", "DELETE FROM payment"):
        with pytest.raises(asyncpg.CheckViolationError, match="stays"):
            async with clinic.db.transaction() as tx:
                await tx.execute(statement)


async def test_a_list_is_of_one_place_or_one_patient(desk: Caller, priya: Caller, stranger: Caller) -> None:
    for params in ({}, {"place_id": places.CLINIC, **HER}):
        with pytest.raises(InvalidParams):
            await desk.call("payment.list", **params)
    with pytest.raises((NotFound, Forbidden)):
        await stranger.call("payment.list", place_id=places.CLINIC)
    with pytest.raises((NotFound, Forbidden)):
        await stranger.call("payment.list", **HER)


async def test_an_appointment_that_is_called_off_is_paid_back_where_it_was_paid(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    appointment = await booked(vikram, priya)
    await desk.call("payment.take", **cash(appointment))
    await desk.call("appointment.cancel", appointment_id=appointment["id"], reason="other")
    (refund,) = (await desk.call("payment.refunds", place_id=str(places.CLINIC)))["rows"]
    assert (refund["about"], refund["money"]["amount"], refund["reason"]) == ("appointment", 50_000, "cancelled")
    ((serial,),) = await rows(clinic, "SELECT serial FROM appointment WHERE id = $1", UUID(appointment["id"]))
    assert refund["number"] == number_of(serial)
    await desk.call("payment.hand_back", refund_id=refund["id"], means="cash")
    await heard(clinic, places.CLINIC)
    (hers,) = (await priya.call("payment.refunds", **HER, handed=True))["rows"]
    assert hers["id"] == refund["id"]


async def test_what_was_due_before_there_was_a_list_of_it_stands_in_it(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    appointment = await booked(vikram, priya)
    await desk.call("payment.take", **cash(appointment))
    await desk.call("appointment.cancel", appointment_id=appointment["id"], reason="other")
    before = await rows(clinic, "SELECT * FROM counter_refund")
    (text,) = [file.read_text() for file in migrate.files() if file.stem == "0159_counter_refund"]
    async with clinic.db.transaction() as tx:
        await tx.execute("ALTER TABLE counter_refund DISABLE TRIGGER counter_refund_stays")
        await tx.execute("DELETE FROM counter_refund")
        await tx.execute("ALTER TABLE counter_refund ENABLE TRIGGER counter_refund_stays")
        await tx.execute(text[text.index("INSERT INTO counter_refund") :])
    assert await rows(clinic, "SELECT * FROM counter_refund") == before
