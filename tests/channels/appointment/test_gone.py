"""Who is gone comes no more: her seats are free, and go to who waits; nobody is reminded.

H-117, M-152, PRODUCT 2, 22; issue 7, item 2.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from carewire.node import Node
from channels.appointment.jobs import AppointmentDue, AppointmentReminder, PatientGone
from channels.identity import demo as people
from channels.identity.erasures import ErasureDue
from channels.queue.jobs import PatientGone as TokenGone
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, pay, refuses, run_job
from tests.channels.appointment.test_waitlist import offers, wait
from tests.channels.callers import Caller, rows
from tests.channels.queue.conftest import MakeSession


async def gone(node: Node, patient_id: UUID) -> None:
    """The job that her going left, at once and once more for who was booking at that moment."""
    sql = "SELECT due_at FROM job WHERE name = 'appointment.patient_gone' ORDER BY id DESC LIMIT 2"
    once_more, at_once = await rows(node, sql)
    assert once_more["due_at"] - at_once["due_at"] == timedelta(minutes=1)
    await run_job(node, PatientGone(patient_id=patient_id))
    await run_job(node, PatientGone(patient_id=patient_id))  # a worker died before it could say that it had done it


async def test_a_deleted_patients_appointments_are_called_off_and_her_seats_offered(
    clinic: Node, vikram: Doctor, patients: Patients, coordinator: Caller, time_: ProductClock
) -> None:
    (her, her_id), (next_, next_id) = await patients(2)
    booked = await her.call("appointment.book", **vikram.slot(9), patient_id=her_id)
    assert await pay(clinic, booked["id"]) == "applied"
    await her.call("appointment.hold", **vikram.slot(10), patient_id=her_id)
    await her.call("waitlist.join", **wait(vikram, her_id))
    time_.turn(seconds=1)
    await next_.call("waitlist.join", **wait(vikram, next_id))
    await coordinator.call("patient.delete", patient_id=her_id)
    await gone(clinic, her_id)
    over = await coordinator.call("appointment.get", appointment_id=booked["id"])
    assert (over["state"], over["ended_side"], over["refund_percent"]) == ("cancelled", "system", 100)
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == next_id
    assert sorted([await free(clinic, vikram, 9), await free(clinic, vikram, 10)]) == [0, 1]
    time_.until(booked["starts_at"], minutes=59)
    await run_job(clinic, AppointmentReminder())
    told = "SELECT 1 FROM job WHERE name = 'notification.new_many' AND payload::text LIKE '%' || $1 || '%'"
    assert not await rows(clinic, told, booked["id"])
    with refuses("not_found"):
        await her.call("appointment.book", **vikram.slot(11), patient_id=her_id)


async def test_what_had_run_out_when_she_went_ends_as_what_it_was(
    clinic: Node, vikram: Doctor, patients: Patients, coordinator: Caller, time_: ProductClock
) -> None:
    """Whichever job comes first says the same."""
    ((her, her_id),) = await patients(1)
    unpaid = await her.call("appointment.book", **vikram.slot(9), patient_id=her_id, payment="online")
    time_.until(unpaid["pay_by"])
    await coordinator.call("patient.delete", patient_id=her_id)
    await gone(clinic, her_id)
    over = await coordinator.call("appointment.get", appointment_id=unpaid["id"])
    assert (over["state"], over["end_reason"], over["ended_side"]) == ("cancelled", "unpaid", "system")
    await run_job(clinic, AppointmentDue(appointment_id=UUID(unpaid["id"])))
    (steps,) = await rows(clinic, "SELECT array_agg(move ORDER BY revision) AS moves FROM appointment_step"
                                  " WHERE appointment_id = $1", UUID(unpaid["id"]))  # fmt: skip
    assert steps["moves"] == ["book", "expire"]


async def test_who_goes_while_she_waits_in_the_line_leaves_it_and_all_of_it_goes_back(
    clinic: Node, vikram: Doctor, patients: Patients, coordinator: Caller, desk: Caller, make_session: MakeSession,
    time_: ProductClock,
) -> None:  # fmt: skip
    """One is called off in the line; one who is with the doctor is seen to the end."""
    (waits, waits_id), (inside, inside_id) = await patients(2)
    booked = {
        patient_id: await who.call("appointment.book", **vikram.slot(9, minute), patient_id=patient_id)
        for minute, who, patient_id in ((0, inside, inside_id), (15, waits, waits_id))
    }
    for made in booked.values():
        assert await pay(clinic, made["id"]) == "applied"
    time_.until(booked[inside_id]["starts_at"], minutes=5)
    session = await make_session()
    there = {
        patient_id: await desk.call("appointment.check_in", appointment_id=made["id"])
        for patient_id, made in booked.items()
    }
    await desk.call("queue.call", token_id=there[inside_id]["token_id"])
    await desk.call("queue.begin", token_id=there[inside_id]["token_id"])
    for patient_id in booked:
        await coordinator.call("patient.delete", patient_id=patient_id)
        await run_job(clinic, TokenGone(patient_id=patient_id))
        await gone(clinic, patient_id)
    off = await coordinator.call("appointment.get", appointment_id=booked[waits_id]["id"])
    assert (off["state"], off["ended_side"], off["refund_percent"]) == ("cancelled", "system", 100)
    on = await coordinator.call("appointment.get", appointment_id=booked[inside_id]["id"])
    assert on["state"] == "consultation_in_progress"
    await desk.call("queue.complete", token_id=there[inside_id]["token_id"])
    await desk.call("session.end", session_id=session)
    on = await coordinator.call("appointment.get", appointment_id=booked[inside_id]["id"])
    assert on["state"] == "consultation_completed"


async def test_who_had_herself_erased_is_expected_nowhere(
    clinic: Node, vikram: Doctor, patients: Patients, time_: ProductClock
) -> None:
    ((her, her_id),) = await patients(1)
    booked = await her.call("appointment.book", **vikram.slot(9, days=9), patient_id=her_id)
    assert her.actor is not None
    erasure = uuid4()
    async with clinic.db.transaction() as tx:
        now = time_.now()
        await tx.execute(
            "INSERT INTO erasure (id, account_id, asked_at, due_at, state) VALUES ($1, $2, $3, $4, 'waiting')",
            erasure,
            her.actor.id,
            now - timedelta(days=3),
            now,
        )
    await run_job(clinic, ErasureDue(erasure_id=erasure))
    await gone(clinic, her_id)
    (row,) = await rows(clinic, "SELECT state FROM appointment WHERE id = $1", UUID(booked["id"]))
    assert row["state"] == "cancelled"
    assert await free(clinic, vikram, 9, days=9) == 1


async def test_an_offer_goes_past_who_cannot_take_it(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    """Her account is shut; it would wait a quarter of an hour for nobody."""
    (shut, shut_id), (open_, open_id) = await patients(2)
    booked = await priya.call("appointment.book", **vikram.slot(9), patient_id=people.PRIYA_PATIENT)
    for caller, patient_id in ((shut, shut_id), (open_, open_id)):
        await caller.call("waitlist.join", **wait(vikram, patient_id))
        time_.turn(seconds=1)
    assert shut.actor is not None
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = 'deactivated' WHERE id = $1", shut.actor.id)
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    (offer,) = await offers(clinic)
    assert offer["patient_id"] == open_id


async def test_what_she_waited_for_she_may_move_her_visit_into(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    """Who waits for an earlier time has a later one: the seat held for her takes her visit, and the old one is free."""
    ((her, her_id),) = await patients(1)
    early = await priya.call("appointment.book", **vikram.slot(9), patient_id=people.PRIYA_PATIENT)
    hers = await her.call("appointment.book", **vikram.slot(9, days=5), patient_id=her_id)
    await her.call("waitlist.join", **wait(vikram, her_id, last=3))
    await priya.call("appointment.cancel", appointment_id=early["id"], reason="other")
    moved = await her.call("appointment.reschedule", appointment_id=hers["id"], starts_at=vikram.at(9))
    assert (moved["starts_at"], moved["id"]) == (early["starts_at"], hers["id"])
    states = await rows(clinic, "SELECT h.state, w.state AS wait FROM hold h JOIN waitlist w ON w.id = h.waitlist_id")
    assert [tuple(row) for row in states] == [("booked", "taken")]
    assert await free(clinic, vikram, 9) == 0
    assert await free(clinic, vikram, 9, days=5) == 1
