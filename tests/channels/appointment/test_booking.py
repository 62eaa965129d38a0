"""Booking a seat: who may, for whom, of what, and what she pays.

H-013, M-095 (models), H-116, M-144, M-145, M-233, M-355, M-375, H-301; PRODUCT 5, 7, 9, 22, 23.
"""

from carewire.node import Node
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, refuses
from tests.channels.callers import Caller, rows, told

HER = {"patient_id": people.PRIYA_PATIENT}


async def test_a_stranger_books_for_nobody_elses_patient(vikram: Doctor, stranger: Caller, priya: Caller) -> None:
    with refuses("not_found"):
        await stranger.call("appointment.book", **vikram.slot(9), **HER)
    with refuses("not_found"):
        await priya.call("appointment.book", **vikram.slot(9), patient_id=people.WALK_IN_PATIENT)
    with refuses("invalid_params"):
        await priya.call("appointment.book", **vikram.slot(9))


async def test_one_seat_is_booked_once(vikram: Doctor, priya: Caller, patients: Patients) -> None:
    ((other, other_id),) = await patients(1)
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert (booked["state"], booked["payment"], booked["fee"]["amount"]) == ("booked", "counter", 50_000)
    assert len(booked["number"]) == 8
    with refuses("slot_taken"):
        await other.call("appointment.book", **vikram.slot(9), patient_id=other_id)
    with refuses("already_booked"):
        await priya.call("appointment.book", **vikram.slot(9), **HER)


async def test_what_is_not_offered_is_not_booked(vikram: Doctor, priya: Caller, time_: ProductClock) -> None:
    for wrong in (vikram.slot(7), vikram.slot(9, 7), vikram.slot(9, days=-1), vikram.slot(9, days=100)):
        with refuses("slot_unavailable"):
            await priya.call("appointment.book", **wrong, **HER)
    with refuses("slot_unavailable"):
        await priya.call("appointment.book", **vikram.slot(9) | {"mode": "teleconsult"}, **HER)


async def test_the_doctor_hears_of_it_and_both_topics_have_it(clinic: Node, vikram: Doctor, priya: Caller) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER, complaint="A cough since Monday")
    (mine,) = await told(clinic, f"appointments:{people.PRIYA_PATIENT}")
    assert mine == ("appointment:created", {"patient_id": str(people.PRIYA_PATIENT), "appointment": booked})
    (theirs,) = await told(clinic, f"agenda:{vikram.id}:{places.CLINIC}:{booked['day']}")
    assert theirs[1]["appointment"] == booked | {"patient": "Priya Sharma"}
    assert "cough" not in str(theirs)
    (free,) = await told(clinic, f"slots:{vikram.id}:{booked['day']}")
    assert [(slot["capacity"], slot["free"]) for slot in free[1]["slots"]] == [(1, 0)]


async def test_by_her_own_hand_the_doctor_may_read_her_by_the_desks_hand_he_may_not(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    related = "SELECT state FROM relationship WHERE patient_id = $1 AND doctor_id = $2"
    await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert [row["state"] for row in await rows(clinic, related, people.PRIYA_PATIENT, vikram.id)] == ["standing"]
    made = await desk.call("appointment.book", **vikram.slot(10), patient={"name": "Walk In", "phone": "+919811111111"})
    assert await rows(clinic, related, made["patient_id"], vikram.id) == []
    again = await desk.call(
        "appointment.book", **vikram.slot(11), patient={"name": "walk in", "phone": "+919811111111"}
    )
    assert again["patient_id"] == made["patient_id"]
    assert made["booked_side"] == "desk"


async def test_a_request_waits_for_the_doctors_yes_and_ends_without_it(
    vikram: Doctor, priya: Caller, doctor: Caller, time_: ProductClock
) -> None:
    await vikram.sees(needs_confirmation=True)
    asked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert asked["state"] == "requested"
    assert asked["confirm_by"]
    with refuses("forbidden"):
        await priya.call("appointment.confirm", appointment_id=asked["id"])
    yes = await doctor.call("appointment.set_status", appointment_id=asked["id"], state="appointment_confirmed")
    assert (yes["state"], yes["confirm_by"]) == ("appointment_confirmed", None)


async def test_a_guardian_books_for_her_child(vikram: Doctor, priya: Caller) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), patient_id=people.ARJUN_PATIENT)
    assert booked["patient_id"] == str(people.ARJUN_PATIENT)
    assert booked["booked_side"] == "patient"


async def test_withdrawn_approval_blocks_what_is_new_and_lets_stand_what_stands(
    clinic: Node, vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE place SET approval = 'withdrawn' WHERE id = $1", places.CLINIC)
    with refuses("slot_unavailable"):
        await priya.call("appointment.book", **vikram.slot(10), **HER)
    assert (await desk.call("appointment.get", appointment_id=booked["id"]))["state"] == "booked"
    await priya.call("appointment.cancel", appointment_id=booked["id"], reason="elsewhere")


async def test_a_way_of_paying_that_is_not_the_places_is_refused(vikram: Doctor, priya: Caller) -> None:
    await vikram.sees(payment_modes=["online"])
    with refuses("payment_mode_refused"):
        await priya.call("appointment.book", **vikram.slot(9), **HER, payment="counter")
    online = await priya.call("appointment.book", **vikram.slot(9), **HER)
    assert online["payment"] == "online"
    assert online["pay_by"]


async def test_an_override_is_one_seat_more_granted_by_a_head_and_used_once(
    vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller, patients: Patients
) -> None:
    await priya.call("appointment.book", **vikram.slot(9), **HER)
    with refuses("not_found"):
        await desk.call("appointment.grant_override", **vikram.slot(9), reason="An old friend")
    granted = await doctor.call("appointment.grant_override", **vikram.slot(9), reason="She is in pain")
    first, second = {"name": "In Pain"}, {"name": "Also In Pain"}
    with refuses("override_used"):
        await desk.call("appointment.book", **vikram.slot(10), patient=first, override_id=granted["id"])
    await desk.call("appointment.book", **vikram.slot(9), patient=first, override_id=granted["id"])
    with refuses("override_used"):
        await desk.call("appointment.book", **vikram.slot(9), patient=second, override_id=granted["id"])


async def test_more_seats_are_offered_at_once_and_fewer_let_stand_what_stands(
    vikram: Doctor, patients: Patients
) -> None:
    people_ = await patients(5)
    await vikram.sees(capacity=3)
    for caller, patient_id in people_[:3]:
        await caller.call("appointment.book", **vikram.slot(9), patient_id=patient_id)
    await vikram.sees(capacity=2)
    first, first_id = people_[0]
    ((booked),) = (await first.call("appointment.list", patient_id=first_id))["rows"]
    await first.call("appointment.cancel", appointment_id=booked["id"], reason="other")
    late, late_id = people_[3]
    with refuses("slot_taken"):
        await late.call("appointment.book", **vikram.slot(9), patient_id=late_id)
    await vikram.sees(capacity=4)
    for caller, patient_id in people_[3:]:
        await caller.call("appointment.book", **vikram.slot(9), patient_id=patient_id)
    with refuses("slot_taken"):
        await first.call("appointment.book", **vikram.slot(9), patient_id=first_id)


async def test_a_doctor_is_not_in_an_old_slot_and_in_a_new_one_at_once(vikram: Doctor, patients: Patients) -> None:
    (one, one_id), (two, two_id) = await patients(2)
    await one.call("appointment.book", **vikram.slot(9, 15), patient_id=one_id)
    await vikram.sees(minutes=20)
    with refuses("slot_taken"):
        await two.call("appointment.book", **vikram.slot(9, 20), patient_id=two_id)
    await two.call("appointment.book", **vikram.slot(9, 40), patient_id=two_id)


async def test_who_holds_too_much_holds_no_more(vikram: Doctor, priya: Caller, time_: ProductClock) -> None:
    for hour in (9, 10, 11):
        await priya.call("appointment.hold", **vikram.slot(hour), **HER)
    with refuses("too_many_holds"):
        await priya.call("appointment.hold", **vikram.slot(12), **HER)
    time_.turn(minutes=11)
    await priya.call("appointment.hold", **vikram.slot(12), **HER)


async def test_a_hold_is_worth_nothing_after_its_time_although_nobody_has_noticed(
    clinic: Node, vikram: Doctor, priya: Caller, patients: Patients, time_: ProductClock
) -> None:
    ((other, other_id),) = await patients(1)
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    with refuses("slot_taken"):
        await other.call("appointment.book", **vikram.slot(9), patient_id=other_id)
    time_.turn(minutes=11)
    with refuses("hold_expired"):
        await priya.call("appointment.book", hold_id=held["id"])
    await other.call("appointment.book", **vikram.slot(9), patient_id=other_id)
    names = [(name, data["hold"]["state"]) for name, data in await told(clinic, f"appointments:{people.PRIYA_PATIENT}")]
    assert names == [("hold:updated", "standing"), ("hold:updated", "expired")]


async def test_a_hold_becomes_a_booking_once(vikram: Doctor, priya: Caller) -> None:
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    booked = await priya.call("appointment.book", hold_id=held["id"])
    assert booked["starts_at"] == held["starts_at"]
    for again in ("appointment.book", "appointment.release"):
        with refuses("hold_expired"):
            await priya.call(again, hold_id=held["id"])


async def test_what_was_shown_before_booking_holds_whatever_is_changed_later(
    vikram: Doctor, priya: Caller, desk: Caller
) -> None:
    booked = await priya.call("appointment.book", **vikram.slot(9), **HER)
    await vikram.sees(fee=90_000, refund="[]")
    seen = await desk.call("appointment.get", appointment_id=booked["id"])
    assert seen["fee"]["amount"] == 50_000


async def test_what_is_held_is_booked_on_the_terms_of_when_it_was_held(vikram: Doctor, priya: Caller) -> None:
    """The clinic raises its fee while she looks for her card; who comes after her pays it."""
    held = await priya.call("appointment.hold", **vikram.slot(9), **HER)
    await vikram.sees(fee=80_000, needs_confirmation=True, refund="[]", payment_modes=["online"])
    booked = await priya.call("appointment.book", hold_id=held["id"])
    later = await priya.call("appointment.book", **vikram.slot(10), **HER)
    assert [(one["fee"]["amount"], one["payment"], one["state"]) for one in (booked, later)] == [
        (50_000, "counter", "booked"),
        (80_000, "online", "requested"),
    ]


async def test_a_hold_ends_with_its_slot_at_the_latest(vikram: Doctor, desk: Caller, time_: ProductClock) -> None:
    """The desk holds the visit that has just begun; nobody books it when it is over."""
    await vikram.sees(hold_minutes=60)
    time_.until(vikram.at(9), minutes=-5)
    known = await desk.call("appointment.book", **vikram.slot(10, days=0), patient={"name": "Known there"})
    held = await desk.call("appointment.hold", **vikram.slot(9, days=0), patient_id=known["patient_id"])
    assert held["expires_at"] == held["ends_at"]
    time_.until(held["ends_at"])
    with refuses("hold_expired"):
        await desk.call("appointment.book", hold_id=held["id"])
