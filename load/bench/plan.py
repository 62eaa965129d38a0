"""What is measured, at which sizes and how often, and what has to come out: all of it data."""

import math
from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

WORKS: Final = {
    "A": "fan-out",
    "B": "one command, one commit",
    "C": "memory of an idle socket",
    "D": "connects",
    "E": "a command on one node, its event on another",
    "F": "resume",
}
BEST: Final = "best peer"
PYTHON: Final = ("fastapi", "litestar", "python-socketio", "channels")


class Sizes(Struct, frozen=True, kw_only=True):
    """How large, how long (seconds) and how often."""

    listeners: Sequence[int]
    idle: Sequence[int]
    connects: int
    resumes: int
    joins: int
    missed: Sequence[int] = (0, 10, 300)
    commands_per_s: Sequence[int] = (50, 200)
    deliveries_per_s: int = 20_000
    commanders: int = 100
    paced_per_s: int = 800
    seconds: float
    warm: float
    tail_s: float
    """For how long delays are watched: a p99 wants some hundred events."""
    rounds: dict[str, int]
    budget_s: float = math.inf
    """No further round of a work begins after this; every work has its first."""


QUICK: Final = Sizes(
    listeners=(1000,),
    idle=(5000,),
    connects=1500,
    resumes=1000,
    joins=1000,
    seconds=2.0,
    warm=0.5,
    tail_s=8.0,
    rounds={"A": 3, "B": 2, "C": 1, "D": 1, "E": 2, "F": 2},
    budget_s=780,
)
FULL: Final = Sizes(
    listeners=(200, 1000, 5000),
    idle=(5000, 18_000),
    connects=3000,
    resumes=1000,
    joins=1500,
    seconds=4.0,
    warm=1.0,
    tail_s=12.0,
    rounds={"A": 3, "B": 3, "C": 2, "D": 2, "E": 3, "F": 3},
)
TINY: Final = Sizes(
    listeners=(50,),
    idle=(100,),
    connects=100,
    resumes=50,
    joins=50,
    seconds=0.5,
    warm=0.2,
    tail_s=0.75,
    rounds=dict.fromkeys(WORKS, 1),
)


class Figure(Struct, frozen=True):
    """One number of one contender: a variant of a work, with its unit and which way is better."""

    work: str
    variant: str
    unit: str
    better: Literal["more", "less"] = "more"


def paced(listeners: int) -> Figure:
    return Figure("A", f"paced, {listeners} listeners", "deliveries/s")


def burst(listeners: int) -> Figure:
    return Figure("A", f"burst, {listeners} listeners", "deliveries/s")


def fan_delay(share: str, listeners: int) -> Figure:
    return Figure("A", f"{share} at 20k deliveries/s, {listeners} listeners", "ms", "less")


def commands(queues: str) -> Figure:
    return Figure("B", queues, "commands/s")


def command_delay(share: str, queues: str, per_s: int) -> Figure:
    return Figure("B", f"{queues}, {share} at {per_s}/s", "ms", "less")


def memory(sockets: int) -> Figure:
    return Figure("C", f"{sockets} sockets", "KiB per socket", "less")


CONNECTS: Final = Figure("D", "open and ready", "connects/s")
CONNECTS_LISTENING: Final = Figure("D", "listening to three topics", "connects/s")


def cross_delay(share: str, per_s: int) -> Figure:
    return Figure("E", f"{share} at {per_s} commands/s", "ms", "less")


def resumes(missed: int) -> Figure:
    return Figure("F", f"{missed} missed", "resumes/s")


def statements(missed: int) -> Figure:
    return Figure("F", f"{missed} missed, SQL", "statements per resume", "less")


class Target(Struct, frozen=True):
    """A bound. `peer` empty: on our own figure; else on the ratio to that peer."""

    work: str
    variant: str
    lane: str
    peer: str
    sign: Literal["≥", "≤"]
    bound: float

    def reached(self, value: float) -> bool:
        return value >= self.bound if self.sign == "≥" else value <= self.bound


def fan_targets() -> list[Target]:
    at = paced(1000).variant
    bounds = {"ws": 1.2, "socket.io": 1.4, "fastapi": 2.3, "litestar": 3, "python-socketio": 8, "channels": 18}
    bounds |= {"uws": 0.85, "floor": 0.75}
    found = [Target("A", at, "", peer, "≥", bound) for peer, bound in bounds.items()]
    for peer, bound in {"ws": 10, "socket.io": 10, "uws": 0.9}.items():
        found.append(Target("A", burst(1000).variant, "", peer, "≥", bound))
    for peer, bound in {"ws": 0.85, "socket.io": 0.75}.items():
        found.append(Target("A", fan_delay("p99", 1000).variant, "", peer, "≤", bound))
    return found


HOT: Final = "one hot queue"
SPREAD: Final = "1,000 queues"
BATCHED: Final = "batched lane"
ORDINARY: Final = "ordinary lane"

TARGETS: Final = (
    *fan_targets(),
    Target("B", HOT, BATCHED, BEST, "≥", 8),
    Target("B", SPREAD, BATCHED, BEST, "≥", 2.5),
    Target("B", SPREAD, BATCHED, "socket.io", "≥", 4),
    Target("B", HOT, ORDINARY, "socket.io", "≥", 1.5),
    Target("B", SPREAD, ORDINARY, "socket.io", "≥", 1.5),
    Target("C", memory(5000).variant, "", "", "≤", 12),
    Target("C", memory(5000).variant, "", "socket.io", "≤", 0.7),
    Target("D", CONNECTS.variant, "", "socket.io", "≥", 2),
    *(Target("D", CONNECTS.variant, "", peer, "≥", 2.5) for peer in PYTHON),
    Target("E", cross_delay("p99", 50).variant, "", BEST, "≤", 0.8),
    Target("E", cross_delay("p99", 200).variant, "", BEST, "≤", 0.8),
    Target("F", resumes(0).variant, "", "", "≥", 1000),
    Target("F", statements(0).variant, "", "", "≤", 0.1),
)
"""The figures the product has set itself."""


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """The order of a round: each begins with another contender, so that nobody always has the warm machine."""
    start = (turn * max(1, len(names) // 3)) % len(names) if names else 0
    return [*names[start:], *names[:start]]
