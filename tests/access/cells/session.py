"""Sittings: anybody with an account may know of them, those who run a line plan them."""

from tests.access.matrix import Params, cells
from tests.access.who import DOCTOR, RUNS
from tests.access.world import World, soon


def planned(w: World) -> Params:
    return {
        "place_id": w.place,
        "doctor_id": w.doctor[DOCTOR],
        "starts_at": soon(48),
        "ends_at": soon(50),
    }


cells("session.create", planned, opens=RUNS)
cells("session.get", lambda w: {"session_id": w.sitting})
cells("session.list", lambda w: {"place_id": w.place})
