"""The faults of a seed, and when: the same seed gives the same list, on any machine."""

import random
from typing import Final

from msgspec import Struct


class Fault(Struct, frozen=True):
    """At `at_s` after the work began, `kind` happens to `target` (a gateway's or client's number) for `for_s`."""

    at_s: float
    kind: str
    target: int
    for_s: float


RUN_S: Final = 15.0
LONG_AWAY_S: Final = 30.0

# How often each kind is in a run, and how long it lasts at least and at most. What takes a process to start again is
# costly, so its number is fixed; together they are more than thirty.
KINDS: Final[tuple[tuple[str, int, float, float], ...]] = (
    ("gateway_kill", 1, 0.1, 1.0),
    ("kill_before_commit", 1, 0.1, 1.0),
    ("kill_after_commit", 1, 0.1, 1.0),
    ("stop_before_commit", 1, 0.5, 3.0),
    ("stop_after_commit", 1, 0.5, 3.0),
    ("gateway_stop", 2, 0.3, 3.0),
    ("rolling_restart", 1, 0.0, 0.0),
    ("postgres_crash", 2, 0.0, 0.5),
    ("postgres_cut", 2, 0.0, 0.0),
    ("postgres_freeze", 1, 0.5, 2.5),
    ("valkey_restart", 1, 0.0, 0.3),
    ("valkey_away", 1, 5.0, 5.0),
    ("valkey_flush", 2, 0.0, 0.0),
    ("valkey_cut", 1, 0.0, 0.0),
    ("valkey_freeze", 1, 0.5, 3.0),
    ("hints_late", 2, 1.0, 3.0),
    ("hints_twice", 2, 1.0, 3.0),
    ("hints_lost", 2, 0.5, 2.0),
    ("client_cut_after_send", 5, 0.0, 0.0),
    ("client_cut_after_receive", 5, 0.0, 0.0),
    ("client_frozen", 4, 0.5, 6.0),
    ("client_away", 3, 1.0, 3.0),
    ("clients_cut", 2, 0.0, 0.0),
    # A new kind goes behind the others: a seed's earlier faults stay what they were.
    ("client_stuck", 2, 2.0, 3.0),
)


def schedule(seed: int, *, run_s: float = RUN_S, only: frozenset[str] | None = None) -> list[Fault]:
    """All faults of a seed in order of time. Every tenth seed Valkey is away for half a minute."""
    rng = random.Random(f"{seed}/schedule")
    faults = []
    for kind, number, shortest, longest in KINDS:
        if only is not None and kind not in only:
            continue
        if kind == "valkey_away" and seed % 10 == 0:
            shortest = longest = LONG_AWAY_S
        for _ in range(number):
            faults.append(
                Fault(
                    at_s=round(rng.uniform(0.3, run_s - 1), 3),
                    kind=kind,
                    target=rng.randrange(1_000),
                    for_s=round(rng.uniform(shortest, longest), 3),
                )
            )
    return sorted(faults, key=lambda fault: (fault.at_s, fault.kind, fault.target))


def lasts_s(faults: list[Fault], run_s: float = RUN_S) -> float:
    """How long the work goes on: to the end of the last fault at least."""
    return max([run_s, *(fault.at_s + fault.for_s for fault in faults)])
