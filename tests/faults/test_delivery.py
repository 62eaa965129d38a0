"""Nothing is ever lost: a few seeds of the delivery checker. `make soak` runs as many as you like."""

import pytest

from tests.faults.schedule import Fault, schedule
from tests.faults.trial import run


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_lost_doubled_or_left_unanswered_under_thirty_faults(seed: int) -> None:
    assert len(schedule(seed)) >= 30
    verdict = await run(seed)
    assert verdict.violations == []
    assert sum(verdict.faults.values()) >= 30
    assert verdict.ops["ok"] > 100


async def test_a_restored_backup_makes_everybody_start_over_and_nobody_miss_anything() -> None:
    """Work goes on between backup and restore; offsets of that time must not pass for offsets of afterwards."""
    faults = [Fault(0.5, "back_up", 0, 0), Fault(3.0, "restore", 0, 0), Fault(5.0, "clients_cut", 0, 0)]
    verdict = await run(3, run_s=7, faults=faults)
    assert verdict.violations == []
    assert verdict.lost > 10
    assert verdict.resyncs > 10


async def test_a_standby_that_takes_over_without_the_last_commits_makes_everybody_start_over() -> None:
    """Its link is cut, work goes on for two seconds and is told; then the first server dies, the second takes over."""
    verdict = await run(5, run_s=9, faults=[Fault(0.3, "fail_over", 0, 2.0), Fault(8.0, "clients_cut", 0, 0)])
    assert verdict.violations == []
    assert verdict.lost > 10
    assert verdict.resyncs > 10


async def test_a_reader_that_stops_is_closed_as_too_slow_and_its_log_is_whole_or_says_that_it_starts_over() -> None:
    verdict = await run(7, run_s=5, faults=[Fault(0.5, "client_stuck", 0, 2.5)])
    assert verdict.violations == []
    assert verdict.closes[4102] >= 1
    assert verdict.resyncs >= 1


def test_the_same_seed_is_the_same_schedule_and_every_tenth_loses_valkey_for_half_a_minute() -> None:
    assert schedule(7) == schedule(7) != schedule(8)
    assert max(fault.for_s for fault in schedule(10)) == 30
    assert max(fault.for_s for fault in schedule(11)) < 10
