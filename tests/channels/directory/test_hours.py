"""When places are open, on their own clocks: over midnight, split, on holidays, as clocks change (PRODUCT 9, 26)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from carewire.wall_clock import moments
from channels.directory.demo import CLINIC, PHARMACY
from channels.identity.demo import ADMIN_ID, ASHA, DESK, PHARMACIST, PRIYA
from tests.channels.callers import told
from tests.channels.directory.conftest import Enter

SHOP = {"place_id": str(PHARMACY)}


def at(weekday: int, opens: str, closes: str, **more: Any) -> dict[str, Any]:
    return {"weekday": weekday, "opens": f"{opens}:00", "closes": f"{closes}:00", **more}


async def test_only_who_works_there_says_when_it_is_open_or_pauses_orders(enter: Enter) -> None:
    for account_id in (PRIYA.account_id, DESK.account_id, ASHA.account_id):
        who = await enter(account_id)
        with pytest.raises(NotFound):
            await who.call("provider.set_hours", **SHOP, weekly=[], holidays=[])
        with pytest.raises(NotFound):
            await who.call("provider.pause_orders", **SHOP, until=None)
    with pytest.raises(NotFound):
        await (await enter(PHARMACIST.account_id)).call(
            "provider.set_hours", place_id=str(uuid4()), weekly=[], holidays=[]
        )
    assert (await (await enter(ADMIN_ID)).call("provider.set_hours", **SHOP, weekly=[], holidays=[]))["weekly"] == []


@pytest.mark.parametrize(
    "weekly",
    [
        [at(1, "09:00", "13:00"), at(1, "12:59", "18:00")],
        [at(7, "22:00", "06:00"), at(1, "05:59", "09:00")],
        [at(3, "00:00", "00:00"), at(3, "10:00", "11:00")],
        [at(8, "09:00", "13:00")],
        [{"weekday": 1, "opens": "09:00:30", "closes": "10:00:00"}],
        [{"weekday": 1, "opens": "09:00:00Z", "closes": "10:00:00"}],
        [at(1, "24:00", "01:00")],
        [at(1, f"{n // 60:02}:{n % 60:02}", f"{n // 60:02}:{n % 60 + 1:02}") for n in range(0, 102, 2)],
    ],
    ids=["overlap", "sunday into monday", "all day", "eighth day", "seconds", "offset", "24:00", "too many"],
)
async def test_a_week_that_cannot_be_is_refused(enter: Enter, weekly: list[Any]) -> None:
    with pytest.raises(InvalidParams):
        await (await enter(PHARMACIST.account_id)).call("provider.set_hours", **SHOP, weekly=weekly, holidays=[])


async def test_the_doors_are_open_when_the_places_own_clock_says_so(clinic: Node, enter: Enter) -> None:
    owner = await enter(PHARMACIST.account_id)
    await owner.call(
        "provider.set_hours",
        **SHOP,
        # A split Monday; Friday into Saturday; all of Wednesday.
        weekly=[
            at(1, "09:00", "13:00"), at(1, "16:00", "20:00"), at(5, "22:00", "02:00"), at(3, "00:00", "00:00"),
        ],
        holidays=[
            {"day": "2026-03-09", "name": "Holi"},
            {"day": "2026-03-16", "name": "Half a day", "openings": [{"opens": "10:00:00", "closes": "11:00:00"}]},
            {"day": "2026-03-14", "name": "The night before still counts"},
        ],
    )  # fmt: skip
    expected = {
        "2026-03-02 08:59": False, "2026-03-02 09:00": True, "2026-03-02 12:59": True, "2026-03-02 13:00": False,
        "2026-03-02 16:00": True, "2026-03-02 20:00": False,
        "2026-03-06 21:59": False, "2026-03-06 22:00": True, "2026-03-07 01:59": True, "2026-03-07 02:00": False,
        "2026-03-04 00:00": True, "2026-03-04 23:59": True, "2026-03-05 00:00": False,
        "2026-03-09 10:00": False, "2026-03-16 09:30": False, "2026-03-16 10:30": True,
        "2026-03-14 01:00": True, "2026-03-14 22:00": False,
    }  # fmt: skip
    for zone in ("Asia/Kolkata", "America/New_York", "Pacific/Apia"):
        async with clinic.db.transaction() as tx:
            await tx.execute("UPDATE place SET zone = $2 WHERE id = $1", PHARMACY, zone)
            for wall, is_open in expected.items():
                moment = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))
                assert await tx.fetchval("SELECT place_open($1, $2)", PHARMACY, moment) is is_open, (zone, wall)


async def test_where_nobody_said_when_it_is_open_nobody_knows(clinic: Node, enter: Enter) -> None:
    anybody, owner = await enter(PRIYA.account_id), await enter(PHARMACIST.account_id)
    assert (await anybody.call("provider.hours", **SHOP))["open_now"] is None
    for asked in (True, False):
        assert (await anybody.call("pharmacy.list", open_now=asked))["rows"] == []
    week = [at(day, "00:00", "00:00") for day in range(1, 8)]
    assert (await owner.call("provider.set_hours", **SHOP, weekly=week, holidays=[]))["open_now"] is True
    (found,) = (await anybody.call("pharmacy.list", open_now=True))["rows"]
    assert (found["open_now"], len(found["opening_hours"])) == (True, 7)
    (event,) = await told(clinic, "catalogue:pharmacy")
    assert event[1]["entry"]["opening_hours"] == found["opening_hours"]


async def test_a_pause_is_told_and_ends_by_itself_or_by_word(clinic: Node, enter: Enter) -> None:
    owner, anybody = await enter(PHARMACIST.account_id), await enter(PRIYA.account_id)
    until = (clinic.clock.now() + timedelta(hours=2)).isoformat()
    assert (await owner.call("provider.pause_orders", **SHOP, until=until))["orders_paused_until"]
    assert (await anybody.call("pharmacy.get", pharmacy_id=str(PHARMACY)))["orders_paused_until"]
    await owner.call("provider.pause_orders", **SHOP, until=None)
    assert [data["entry"]["orders_paused_until"] is None for _, data in await told(clinic, "catalogue:pharmacy")] == [
        False,
        True,
    ]
    for wrong in (timedelta(seconds=-1), timedelta(days=31)):
        with pytest.raises(InvalidParams):
            await owner.call("provider.pause_orders", **SHOP, until=(clinic.clock.now() + wrong).isoformat())
    with pytest.raises(InvalidParams):
        await (await enter(ASHA.account_id)).call("provider.pause_orders", place_id=str(CLINIC), until=until)


WALL = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@examples(max_examples=200)
@given(
    zone=st.sampled_from(["Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
    day=st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    opens=WALL,
    closes=WALL,
)
def test_a_window_is_never_negative_nor_longer_than_a_day_and_an_hour(
    zone: str, day: date, opens: time, closes: time
) -> None:
    here = ZoneInfo(zone)
    found = moments(here, day, opens, closes)
    if found is None:
        return
    begins, ends = found
    assert timedelta(0) < ends - begins <= timedelta(hours=25)
    assert begins.tzinfo is UTC
    shown = begins.astimezone(here).replace(tzinfo=None)
    assert timedelta(0) <= shown - datetime.combine(day, opens) <= timedelta(hours=1)
