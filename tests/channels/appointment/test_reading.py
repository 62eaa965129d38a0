"""Looking appointments up, and who reads why she comes.

H-114, H-115, H-180, H-282, H-283, M-196, M-206, M-231, M-232, M-234; PRODUCT 3, 5.
"""

from typing import Any

from carewire.node import Node
from channels.appointment.rows import number_of, serial_of
from channels.directory import demo as places
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, Patients, ProductClock, free, refuses
from tests.channels.callers import Caller, rows

HER = {"patient_id": people.PRIYA_PATIENT}


async def test_why_she_comes_is_read_by_her_side_and_her_doctor_and_each_look_is_written_down(
    clinic: Node, vikram: Doctor, priya: Caller, doctor: Caller, desk: Caller, coordinator: Caller
) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER, complaint="A cough since Monday")
    await doctor.call("appointment.update", appointment_id=made["id"], notes="X-ray of last year")
    looks = "SELECT 1 FROM audit WHERE kind = 'read' AND patient = $1"
    before = len(await rows(clinic, looks, people.PRIYA_PATIENT))
    for who, reads in ((priya, True), (doctor, True), (desk, False), (coordinator, False)):
        seen = await who.call("appointment.get", appointment_id=made["id"])
        told = ("A cough since Monday", "X-ray of last year") if reads else (None, None)
        assert (seen["complaint"], seen["notes"], seen["hidden"]) == (*told, not reads)
        assert seen["patient"] == (None if who is coordinator else "Priya Sharma")
    assert len(await rows(clinic, looks, people.PRIYA_PATIENT)) == before + 2
    assert seen["policy"]["refund"][0] == {"hours_before": 24, "percent": 100}
    await priya.call("appointment.cancel", appointment_id=made["id"], reason="other")
    with refuses("illegal_move"):
        await priya.call("appointment.update", appointment_id=made["id"], complaint="It is better now")


async def test_the_desk_and_administrators_write_nothing_clinical(
    vikram: Doctor, desk: Caller, coordinator: Caller, priya: Caller, doctor: Caller
) -> None:
    with refuses("invalid_params"):
        await desk.call("appointment.book", **vikram.slot(9), patient={"name": "Anybody"}, complaint="A cough")
    walk_in = await desk.call("appointment.book", **vikram.slot(9), patient={"name": "Anybody"})
    for who, word in ((desk, "not_found"), (coordinator, "forbidden"), (priya, "not_found"), (doctor, "not_found")):
        with refuses(word):  # the doctor: nobody of hers had a hand in it
            await who.call("appointment.update", appointment_id=walk_in["id"], complaint="A cough")


async def test_lists_show_what_one_may_see_page_by_page(
    vikram: Doctor, priya: Caller, desk: Caller, doctor: Caller, stranger: Caller, coordinator: Caller,
    patients: Patients,
) -> None:  # fmt: skip
    ((other, other_id),) = await patients(1)
    mine = [await priya.call("appointment.book", **vikram.slot(hour), **HER) for hour in (9, 10, 11)]
    hers = await other.call("appointment.book", **vikram.slot(12), patient_id=other_id)
    await priya.call("appointment.cancel", appointment_id=mine[0]["id"], reason="other")

    async def listed(who: Caller, **more: Any) -> list[str]:
        found, cursor = [], None
        while True:
            page = await who.call("appointment.list", limit=2, cursor=cursor, **more)
            found += [row["id"] for row in page["rows"]]
            if (cursor := page["cursor"]) is None:
                return found

    ids = [one["id"] for one in mine]
    assert await listed(priya) == ids[::-1]
    assert await listed(priya, upcoming=True) == ids[1:]
    assert await listed(priya, upcoming=False) == ids[:1]
    assert await listed(desk, doctor_id=vikram.id) == [hers["id"], *ids[::-1]]
    assert await listed(doctor, day=vikram.day(), state="cancelled") == ids[:1]
    assert await listed(desk, number=hers["number"].lower()) == [hers["id"]]
    assert await listed(priya, number=hers["number"]) == []
    assert await listed(stranger) == []
    assert await listed(other, patient_id=people.PRIYA_PATIENT) == []
    assert await listed(coordinator, patient_id=other_id) == [hers["id"]]
    named = (await coordinator.call("appointment.list", patient_id=other_id))["rows"][0]["patient"]
    assert named is None
    with refuses("invalid_params"):
        await desk.call("appointment.list", number="not a number")


async def test_slots_that_can_be_booked_now_are_listed_for_everybody(
    clinic: Node, vikram: Doctor, caller: Any, priya: Caller, time_: ProductClock
) -> None:
    anybody = caller()
    await priya.call("appointment.book", **vikram.slot(9), **HER)
    seen = await anybody.call("slot.list", doctor_id=vikram.id, first=vikram.day(), count=1, mode="in_person")
    assert len(seen["slots"]) == 48
    assert [slot["free"] for slot in seen["slots"][:6]] == [1, 1, 1, 1, 0, 1]
    free_ = await anybody.call(
        "slot.list", doctor_id=vikram.id, first=vikram.day(), count=1, place_id=places.CLINIC, only_free=True
    )
    assert len(free_["slots"]) == 47
    assert await free(clinic, vikram, 9) == 0
    with refuses("not_found"):
        await anybody.call("slot.list", doctor_id=people.PRIYA_PATIENT)


async def test_appointments_stand_in_her_history(vikram: Doctor, priya: Caller) -> None:
    made = await priya.call("appointment.book", **vikram.slot(9), **HER)
    seen = await priya.call("patient.history", patient_id=people.PRIYA_PATIENT, kind="appointment")
    assert [(row["id"], row["state"]) for row in seen["rows"]] == [(made["id"], "booked")]


def test_numbers_are_read_out_and_typed_back_and_no_two_are_alike() -> None:
    numbers = {number_of(serial) for serial in range(1, 20_000)}
    assert len(numbers) == 19_999
    for serial in (1, 2, 31, 32, 1_048_576, 20_000_000_000):
        assert serial_of(number_of(serial)) == serial
    assert serial_of(number_of(77).lower().replace("-", " ")) == 77
    assert serial_of("U00-0000") is None
