"""When periodic jobs fall due."""

from datetime import UTC, datetime, timedelta

import pytest

from carewire.jobs.job import PERIODIC, Job
from carewire.jobs.plan import Plan


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plan(**words: object) -> Plan:
    made = Plan.declared("a test", **{"every": None, "cron": None, "zone": None, **words})  # type: ignore[arg-type]
    assert made is not None
    return made


def test_every_so_often_is_the_same_for_all_nodes_whenever_they_started() -> None:
    often = plan(every=timedelta(minutes=10))
    assert often.after(at("2026-03-01 12:03:07")) == at("2026-03-01 12:10")
    assert often.after(at("2026-03-01 12:10")) == at("2026-03-01 12:20")


def test_a_wall_clock_time_follows_its_zone() -> None:
    morning = plan(cron="0 7 * * *", zone="Asia/Kolkata")
    assert morning.after(at("2026-03-01 00:00")) == at("2026-03-01 01:30")
    assert morning.after(at("2026-03-01 01:30")) == at("2026-03-02 01:30")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28 12:00", "2026-03-29 01:00"),  # 02:30 does not exist that night: at the change, 03:00 summer time
        ("2026-10-24 12:00", "2026-10-25 00:30"),  # 02:30 comes twice: the first
        ("2026-10-25 00:30", "2026-10-26 01:30"),  # and not the second
    ],
)
def test_a_change_of_clocks_neither_skips_nor_repeats_an_occurrence(after: str, expected: str) -> None:
    assert plan(cron="30 2 * * *", zone="Europe/Berlin").after(at(after)) == at(expected)


@pytest.mark.parametrize(
    "words",
    [
        {"cron": "0 7 * * *"},
        {"zone": "Asia/Kolkata"},
        {"cron": "0 7 * *", "zone": "Asia/Kolkata"},
        {"cron": "0 7 * * *", "zone": "Asia/Nowhere"},
        {"cron": "0 7 * * *", "zone": "Asia/Kolkata", "every": timedelta(hours=1)},
        {"every": timedelta(0)},
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_at_import(words: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        type("Bad", (Job,), {"__annotations__": {}}, name="toy.bad_plan", **words)
    assert "toy.bad_plan" not in PERIODIC
