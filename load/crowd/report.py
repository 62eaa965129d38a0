"""What a run came to."""

import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct

Say = Callable[[str], None]


class Result(Struct, frozen=True, kw_only=True):
    """Figures by name, numbers for a test and for the table.

    `problems` is everything that broke a promise; `late` is what took longer than it should, which a slower machine
    may be the cause of.
    """

    name: str
    figures: dict[str, Any]
    problems: list[str]
    late: list[str]

    def table(self) -> str:
        """As markdown rows."""
        rows = [f"| {self.name} | {name} | {_shown(value)} |" for name, value in self.figures.items()]
        broken = len(self.problems) + len(self.late)
        verdict = "kept" if not broken else f"**{broken} broken**"
        return "\n".join([*rows, f"| {self.name} | promises | {verdict} |"])


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}" if isinstance(
        value, float
    ) else f"{value:,}" if isinstance(value, int) else str(value)  # fmt: skip


def quiet(text: str) -> None:
    """Say nothing."""


def teller() -> Say:
    """Lines with the time since now."""
    began = time.monotonic()
    return lambda text: print(f"[{time.monotonic() - began:5.1f} s] {text}", flush=True)
