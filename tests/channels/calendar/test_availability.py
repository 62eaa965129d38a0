"""When doctors are there and can be booked: what they say, and what everybody is shown.

Ledger: doctor.set_availability H-169 M-198, doctor.schedule H-168 M-197; PRODUCT 9, 26.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_ASHA, PHARMACY
from channels.identity.demo import ADMIN_ID, ASHA, PRIYA, VIKRAM
from tests.channels.callers import rows
from tests.channels.directory.conftest import Enter

DOCTOR = {"doctor_id": str(DOCTOR_ASHA)}
NOTHING: dict[str, Any] = {"weekly": [], "leave": [], "extra": []}


def at(weekday: int, opens: str, closes: str, **more: Any) -> dict[str, Any]:
    return {"weekday": weekday, "opens": f"{opens}:00", "closes": f"{closes}:00", **more}


async def move(clinic: Node, place_id: UUID, zone: str) -> None:
    async with clinic.db.transaction() as tx:
        await tx.execute("UPDATE place SET zone = $2 WHERE id = $1", place_id, zone)


async def test_only_she_and_administrators_say_when_she_is_there(enter: Enter) -> None:
    for account_id in (PRIYA.account_id, VIKRAM.account_id):
        with pytest.raises(NotFound):
            await (await enter(account_id)).call("doctor.set_availability", **DOCTOR, **NOTHING)
    for account_id in (ASHA.account_id, ADMIN_ID):
        await (await enter(account_id)).call("doctor.set_availability", **DOCTOR, **NOTHING)


@pytest.mark.parametrize(
    "weekly",
    [
        [at(1, "09:00", "13:00"), at(1, "12:59", "18:00")],
        [at(7, "22:00", "06:00"), at(1, "05:59", "09:00")],
        [at(1, "09:00", "13:00", mode="in_person")],
        [at(1, "09:00", "09:10")],
        [at(1, "23:55", "00:09")],
        [at(1, "09:00", "13:00", slot_minutes=4)],
        [at(1, "09:00", "13:00", capacity=0)],
        [at(1, "09:00", "13:00", capacity=51)],
        [at(1, "09:00", "13:00", buffer_minutes=-1)],
        [at(1, "09:00", "13:00", mode="by letter")],
    ],
    ids=[
        "overlap", "sunday into monday", "in person nowhere", "shorter than a visit", "so over midnight", "visits of 4",
        "for nobody", "for 51", "negative pause", "no such mode",
    ],
)  # fmt: skip
async def test_a_week_that_cannot_be_is_refused(enter: Enter, weekly: list[Any]) -> None:
    with pytest.raises(InvalidParams):
        await (await enter(ASHA.account_id)).call("doctor.set_availability", **DOCTOR, **{**NOTHING, "weekly": weekly})


async def test_a_doctors_week_becomes_moments_that_are_right_where_clocks_change(clinic: Node, enter: Enter) -> None:
    asha, anybody = await enter(ASHA.account_id), await enter(PRIYA.account_id)
    await move(clinic, CLINIC, "America/New_York")
    await asha.call(
        "doctor.set_availability",
        **DOCTOR,
        zone="America/New_York",
        weekly=[at(7, "01:30", "03:30", place_id=str(CLINIC)), at(1, "22:00", "01:00")],
        leave=[{"first": "2026-03-16", "last": "2026-03-22"}],
        extra=[{"day": "2026-03-17", "opens": "10:00:00", "closes": "11:00:00"}],
    )
    shown = await anybody.call("doctor.schedule", **DOCTOR, first="2026-03-01", count=29)
    assert [(o["starts_at"], o["ends_at"], o["place_id"]) for o in shown["occasions"]] == [
        ("2026-03-01T06:30:00Z", "2026-03-01T08:30:00Z", str(CLINIC)),
        ("2026-03-03T03:00:00Z", "2026-03-03T06:00:00Z", None),
        ("2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z", str(CLINIC)),  # the night of the spring forward is shorter
        ("2026-03-10T02:00:00Z", "2026-03-10T05:00:00Z", None),
        ("2026-03-15T05:30:00Z", "2026-03-15T07:30:00Z", str(CLINIC)),
        ("2026-03-17T14:00:00Z", "2026-03-17T15:00:00Z", None),  # besides, although on leave
        ("2026-03-24T02:00:00Z", "2026-03-24T05:00:00Z", None),
        ("2026-03-29T05:30:00Z", "2026-03-29T07:30:00Z", str(CLINIC)),
    ]
    autumn = await anybody.call("doctor.schedule", **DOCTOR, first="2026-11-01", count=1)
    assert (autumn["occasions"][0]["starts_at"], autumn["occasions"][0]["ends_at"]) == (
        "2026-11-01T05:30:00Z",  # 01:30 comes twice: the first is meant
        "2026-11-01T08:30:00Z",
    )


async def test_places_on_three_clocks_are_each_right_on_the_nights_they_change(clinic: Node, enter: Enter) -> None:
    """Mornings in New York and Sydney, evenings by video from London: through March, April, October and November."""
    asha, anybody = await enter(ASHA.account_id), await enter(PRIYA.account_id)
    await move(clinic, CLINIC, "America/New_York")
    await move(clinic, PHARMACY, "Australia/Sydney")
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO affiliation (doctor_id, place_id, state, offered_at, since)"
            " VALUES ($1, $2, 'accepted', now(), now())",
            DOCTOR_ASHA,
            PHARMACY,
        )
    said = {
        ("America/New_York", str(CLINIC)): ("06:00", "06:30"),
        ("Australia/Sydney", str(PHARMACY)): ("09:00", "09:30"),
        ("Europe/London", None): ("20:00", "20:30"),
    }
    await asha.call(
        "doctor.set_availability",
        **DOCTOR,
        zone="Europe/London",
        weekly=[
            at(day, opens, closes, place_id=place_id) for (_, place_id), (opens, closes) in said.items()
            for day in range(1, 8)
        ],
        leave=[],
        extra=[],
    )  # fmt: skip
    for first in ("2026-03-01", "2026-04-01", "2026-10-01", "2026-11-01"):
        shown = await anybody.call("doctor.schedule", **DOCTOR, first=first, count=31)
        walls: dict[Any, list[str]] = {}
        for one in shown["occasions"]:
            here = datetime.fromisoformat(one["starts_at"]).astimezone(ZoneInfo(one["zone"]))
            walls.setdefault((one["zone"], one["place_id"]), []).append(f"{here:%H:%M}")
        assert walls == {key: [opens] * 31 for key, (opens, _) in said.items()}
        starts = [one["starts_at"] for one in shown["occasions"]]
        assert starts == sorted(starts)


async def test_she_is_only_where_she_works(enter: Enter) -> None:
    asha = await enter(ASHA.account_id)
    for place_id in (PHARMACY, uuid4()):
        with pytest.raises(NotFound):
            await asha.call(
                "doctor.set_availability",
                **DOCTOR,
                weekly=[at(1, "09:00", "10:00", place_id=str(place_id))],
                leave=[],
                extra=[],
            )
    with pytest.raises(InvalidParams):
        await asha.call(
            "doctor.set_availability",
            **DOCTOR,
            weekly=[],
            leave=[{"first": "2026-02-02", "last": "2026-02-01"}],
            extra=[],
        )
    with pytest.raises(NotFound):
        await asha.call("doctor.schedule", doctor_id=str(uuid4()))


async def test_two_who_set_the_same_week_at_once_leave_one_week(clinic: Node, enter: Enter) -> None:
    first, second = await enter(ASHA.account_id), await enter(ADMIN_ID)
    weeks = [[at(1, "09:00", "12:00")], [at(1, "10:00", "13:00"), at(2, "10:00", "13:00")]]
    await asyncio.gather(
        *(
            who.call("doctor.set_availability", **DOCTOR, weekly=week, leave=[], extra=[])
            for who, week in zip((first, second), weeks, strict=True)
        )
    )
    kept = await rows(clinic, "SELECT weekday FROM doctor_window WHERE doctor_id = $1", DOCTOR_ASHA)
    assert len(kept) in (1, 2)
    assert len(kept) == len({row["weekday"] for row in kept})
