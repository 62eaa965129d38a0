"""Each app opens to the right state in one round trip, and hears what happens from there on.

Issue 7, item 7; DESIGN 4.3 (no root that everybody writes).
"""

import asyncio
from datetime import timedelta

import pytest

from carewire.client import Event, Refused, Snapshot
from carewire.errors import Forbidden, NotFound
from carewire.gateway import server
from carewire.node import Node
from carewire.screen import TOPICS_MAX, Screen
from carewire.settings import Settings
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM, PHARMACY
from channels.identity import demo as people
from channels.identity.demo import ARJUN_PATIENT, DESK, PRIYA, PRIYA_PATIENT
from channels.seed import seed
from tests.channels.callers import Caller
from tests.channels.queue.conftest import MakeSession, as_person, desk, doctor, make_session, priya, session
from tests.conftest import Connect
from tests.patience import PATIENCE_S
from tests.people import log_in

__all__ = ["desk", "doctor", "make_session", "priya", "session"]


async def test_a_screen_is_only_for_whose_it_is(clinic: Node, session: str, desk: Caller, doctor: Caller) -> None:
    with pytest.raises(NotFound):
        await as_person(clinic, people.TECHNICIAN).call("home.topics", patient_id=PRIYA_PATIENT)
    with pytest.raises(NotFound):
        await desk.call("desk.topics", place_id=PHARMACY)
    with pytest.raises(Forbidden):
        await desk.call("day.topics")


async def test_a_home_names_her_lines_and_only_those_of_the_patient_asked_for(
    clinic: Node, session: str, priya: Caller
) -> None:
    token = await priya.call("queue.join", session_id=session, patient_id=PRIYA_PATIENT)
    hers = (await priya.call("home.topics", patient_id=PRIYA_PATIENT))["topics"]
    assert {f"token:{token['id']}", f"line:{session}", f"appointments:{PRIYA_PATIENT}"} <= set(hers)
    his = (await priya.call("home.topics", patient_id=ARJUN_PATIENT))["topics"]
    assert not {f"token:{token['id']}", f"line:{session}"} & set(his)
    await priya.call("queue.leave", token_id=token["id"])
    assert f"line:{session}" not in (await priya.call("home.topics", patient_id=PRIYA_PATIENT))["topics"]


async def test_a_day_has_todays_lines_of_the_doctor_and_of_the_desk(
    clinic: Node, session: str, make_session: MakeSession, doctor: Caller, desk: Caller
) -> None:
    tomorrow = clinic.clock.now() + timedelta(days=1)
    other = await make_session(live=False, starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=1))
    for screen in (await doctor.call("day.topics"), await desk.call("desk.topics")):
        assert f"queue:{session}" in screen["topics"]
        assert f"queue:{other}" not in screen["topics"]
        assert screen["more"] is False
    days = [name for name in (await doctor.call("day.topics"))["topics"] if name.startswith("agenda:")]
    assert [name.rsplit(":", 1)[0] for name in days] == [
        f"agenda:{DOCTOR_VIKRAM}:{CLINIC}", f"agenda:{DOCTOR_VIKRAM}:video",
    ]  # fmt: skip


def test_a_screen_never_takes_all_of_a_sockets_subscriptions() -> None:
    assert Screen.of([str(n) for n in range(TOPICS_MAX)]).more is False
    assert Screen.of([str(n) for n in range(TOPICS_MAX + 1)]).more is True
    assert len(Screen.of([str(n) for n in range(999)]).topics) == TOPICS_MAX


async def test_one_round_trip_brings_every_snapshot_and_the_events_after_it(
    gateway: server.Running, settings: Settings, connect: Connect
) -> None:
    assert settings.database_url
    await seed(settings.database_url, settings)
    priya, desk = await connect(), await connect()
    await log_in(priya, PRIYA.phone)
    await log_in(desk, DESK.phone)
    with pytest.raises(Refused, match="invalid_params"):
        await priya.open_screen("place.get", place_id=CLINIC)
    with pytest.raises(Refused, match="forbidden"):
        await priya.open_screen("desk.topics")
    with pytest.raises(Refused, match="invalid_params"):
        await priya.open_screen("home.topics")  # she acts for three
    with pytest.raises(Refused, match="unauthenticated"):
        await (await connect()).open_screen("home.topics")

    screen = await desk.open_screen("desk.topics", place_id=str(CLINIC))
    lines = [name for name in screen if name.startswith("queue:")]
    assert lines
    first = {name: await anext(heard) for name, heard in screen.items()}
    assert all(isinstance(change, Snapshot) for change in first.values())
    sitting = next(
        name.removeprefix("queue:")
        for name in lines
        if first[name].value["sitting"]["state"] == "live"  # type: ignore[union-attr]
    )
    await desk.command("queue.walk_in", session_id=sitting, name="Somebody new")
    told = await anext(screen[f"queue:{sitting}"])
    assert isinstance(told, Event)
    assert "Somebody new" in str(told.data)
    again = await desk.open_screen("desk.topics", place_id=str(CLINIC))  # an app that comes back to the foreground
    assert again.keys() == screen.keys()
    async with asyncio.timeout(PATIENCE_S):
        while not isinstance(fresh := await anext(again[f"queue:{sitting}"]), Snapshot):
            pass
    assert "Somebody new" in str(fresh.value)
