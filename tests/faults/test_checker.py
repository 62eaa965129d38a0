"""The checker checked: with any one part of the gateways switched off it must find something, on real processes."""

import pytest

from tests.faults.schedule import Fault
from tests.faults.trial import run
from tests.faults.world import SWITCHES

MIXED = [Fault(0.2, "hints_late", 0, 3), Fault(1.5, "hints_twice", 0, 2)]
RESTORED = [Fault(0.3, "back_up", 0, 0), Fault(2.5, "restore", 0, 0), Fault(4.0, "clients_cut", 1, 0)]
SCHEDULES = {
    "gap_healing": [Fault(0.5, "hints_lost", 0, 2)],
    "receipt_claim": [Fault(0.5 + n / 10, "client_cut_after_send", n, 0) for n in range(8)],
    "ordering": MIXED,
    "sweep": [],
    "root_lock": [Fault(0.3 + n / 2, "client_away", n, 0.3) for n in range(1, 6)],
    "epoch_check": RESTORED,
    "rights_watch": [],
}
"""What brings each of them out soon; the workload and the last lost hints are always there."""
SIGNS = {
    "gap_healing": "the head is",
    "receipt_claim": "took effect 2 times",
    "ordering": " after ",
    "sweep": "the head is",
    "root_lock": "the sum is",
    "epoch_check": "",
    "rights_watch": "without a right",
}
"""A word of what is to be found."""
SEEDS = range(1, 11)
"""A slow machine may do too little in one trial for what is missing to matter, and two may miss each other by chance in
several: it ends with the first that finds it."""


@pytest.mark.parametrize("part", SWITCHES)
async def test_the_checker_notices_what_is_missing(part: str) -> None:
    run_s = {"epoch_check": 5, "rights_watch": 12, "root_lock": 5}.get(part, 3)
    batch = 0 if part == "root_lock" else None  # those who share a transaction do not need the lock
    found: list[str] = []
    for seed in SEEDS:
        verdict = await run(
            seed, run_s=run_s, faults=SCHEDULES[part], without=[part], batch=batch, finish_s=6, jobs_s=6, head_s=4
        )
        found += verdict.violations
        if any(SIGNS[part] in text for text in found):
            return
    pytest.fail(f"not noticed in {len(SEEDS)} trials; found {found[:5]}")
