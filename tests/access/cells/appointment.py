"""Appointments with the doctor of the sitting, here: her side, the desk and the doctor make them; administrators who
coordinate call off and move, those who give support look."""

from typing import Any
from uuid import UUID

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import (
    COORDINATE,
    DOCTOR,
    FAMILY,
    HERSELF,
    KNOWN,
    MANAGER,
    OWNER,
    RUNS,
    SUPER,
    SUPPORT,
    Who,
)
from tests.access.world import World, soon

HEADS = frozenset({OWNER, MANAGER, DOCTOR})
PARTIES = RUNS | FAMILY
COORDINATES = frozenset({COORDINATE, SUPER})
READERS = frozenset({COORDINATE, SUPPORT, SUPER})


@ground
async def bookable(w: World) -> None:
    """The doctor of the sitting is there around the clock; she has an appointment, a hold and waits for another."""
    await w.sql(
        "WITH made AS (INSERT INTO doctor_window (doctor_id, place_id, weekday, opens, closes, mode, slot_minutes,"
        " capacity) SELECT $1, $2, n, '00:00', '00:00', 'in_person', 15, 50 FROM generate_series(1, 7) n"
        " RETURNING 1) SELECT count(*) FROM made",
        w.doctor[DOCTOR],
        w.place,
    )
    await w.sql("UPDATE admin_settings SET value = value || '{\"holds_max\": 50}'::jsonb")
    w.slots = (await w.socket(HERSELF).call("slot.list", doctor_id=w.doctor[DOCTOR], count=20))["slots"]
    w.next_slot = iter(range(len(w.slots) - 1, 0, -1))
    w.appointment = await an_appointment(w)
    w.day = (await w.socket(HERSELF).call("appointment.get", appointment_id=w.appointment))["day"]


def slot(w: World, number: int | None = None) -> Params:
    """A slot nobody has used yet, or this one."""
    found = w.slots[next(w.next_slot) if number is None else number]
    return {
        "doctor_id": w.doctor[DOCTOR],
        "place_id": w.place,
        "mode": "in_person",
        "starts_at": found["starts_at"],
    }


async def an_appointment(w: World) -> UUID:
    made = await w.socket(HERSELF).command("appointment.book", **slot(w), patient_id=w.she)
    return UUID(made["id"])


async def a_hold(w: World) -> UUID:
    """Hers, made by her guardian's side: each cell uses one up."""
    held = await w.socket(HERSELF).command("appointment.hold", **slot(w), patient_id=w.she)
    return UUID(held["id"])


async def a_wait(w: World) -> UUID:
    await w.sql("UPDATE waitlist SET state = 'left', ended_at = joined_at WHERE state = 'waiting'")
    wait = await w.socket(HERSELF).command("waitlist.join", **waiting(w))
    return UUID(wait["id"])


def waiting(w: World) -> Params:
    asked = {name: value for name, value in slot(w, 0).items() if name != "starts_at"}
    return asked | {"first": soon(24).date(), "last": soon(48).date(), "patient_id": w.she}


def known(w: World) -> Params:
    return {"appointment_id": w.appointment}


async def used_up(w: World, one: Who) -> Params:
    """One of her appointments for who may do something to it; the others all ask about the same."""
    return {"appointment_id": await an_appointment(w) if one in PARTIES | COORDINATES else w.appointment}


async def holding(w: World, one: Who) -> Any:
    if one not in PARTIES:
        return {"hold_id": w.hold}
    return {"hold_id": await a_hold(w)}


@ground
async def held(w: World) -> None:
    """The hold and the wait that strangers ask about."""
    w.hold = await a_hold(w)
    w.wait = await a_wait(w)


async def with_hold(w: World, one: Who) -> Params:
    return dict(await holding(w, one))


async def leaving(w: World, one: Who) -> Params:
    return {"wait_id": await a_wait(w) if one in PARTIES else w.wait}


async def moving(w: World, one: Who) -> Params:
    return dict(await used_up(w, one)) | {"starts_at": slot(w)["starts_at"]}


async def cancelling(w: World, one: Who) -> Params:
    return dict(await used_up(w, one)) | {"reason": "other"}


async def setting(w: World, one: Who) -> Params:
    return dict(await used_up(w, one)) | {"state": "cancelled", "reason": "other"}


cells("appointment.hold", lambda w: dict(slot(w)) | {"patient_id": w.she}, opens=PARTIES)
cells("appointment.release", with_hold, opens=PARTIES)
cells("appointment.book", lambda w: dict(slot(w)) | {"patient_id": w.she}, opens=PARTIES)
cells("appointment.grant_override", lambda w: dict(slot(w)) | {"reason": "In pain"}, opens=HEADS)
cells("appointment.confirm", used_up, opens=RUNS | COORDINATES)
cells("appointment.reschedule", moving, opens=PARTIES | COORDINATES)
cells("appointment.cancel", cancelling, opens=PARTIES | COORDINATES)
cells("appointment.set_status", setting, opens=PARTIES | COORDINATES)
cells("appointment.update", lambda w: dict(known(w)) | {"complaint": "A cough"}, opens=FAMILY | {DOCTOR})
cells("appointment.check_in", known, opens=PARTIES, answers=("invalid_params",))
cells("appointment.no_show", known, opens=RUNS)
cells("appointment.undo_no_show", known, opens=RUNS)
cells("appointment.get", known, opens=PARTIES | READERS)
cells("appointment.list")
cells("appointment.video_call", known, opens=FAMILY | {DOCTOR})
cells("slot.list", lambda w: {"doctor_id": w.doctor[DOCTOR]})
cells("waitlist.join", waiting, opens=PARTIES)
cells("waitlist.leave", leaving, opens=PARTIES)
cells("waitlist.list", lambda w: {"doctor_id": w.doctor[DOCTOR], "place_id": w.place}, opens=RUNS)

hears("appointments:{patient_id}", lambda w: w.she, opens=FAMILY)
hears("agenda:{doctor_id}:{place}:{day}", lambda w: f"{w.doctor[DOCTOR]}:{w.place}:{w.day}", opens=RUNS)
hears("slots:{doctor_id}:{day}", lambda w: f"{w.doctor[DOCTOR]}:{w.day}", opens=KNOWN, names=False)
