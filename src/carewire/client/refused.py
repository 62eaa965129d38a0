"""How a client hears no, and what it does then."""

import random
from typing import Any, Final

SAME_S: Final = (0.2, 5.0)
"""The first and the longest pause before sending again what was refused with `retry: "same"`."""

PAUSE_S: Final = (1.0, 10.0)
"""The bound of the first and of the longest pause between tries to connect."""


class Refused(Exception):
    """The server's typed no.

    `reason` is the stable word to branch on, `retry` the verdict ("never", "same" or {"after_ms": n}), `fields` what is
    wrong with which parameter (`[{"path": "$.limit", "problem": …}]`), `data` everything the error came with.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        data = error.get("data") or {}
        self.code: int = error["code"]
        self.reason: str = data.get("reason", "")
        self.retry: str | dict[str, int] = data.get("retry", "never")
        self.fields: list[dict[str, str]] = data.get("fields", [])
        self.data: dict[str, Any] = data
        super().__init__(f"{self.reason}: {error['message']}")


class Lost(ConnectionError):
    """No answer will come: the client was closed, may not come back, or its patience ended.

    What was sent last may or may not have had its effect; the same command with the same key tells.
    """


def pause_before(retry: str | dict[str, int], attempt: int = 0) -> float | None:
    """Seconds to wait before sending again for the n-th time; None: do not. Jittered, so that callers spread."""
    if isinstance(retry, dict):
        return retry["after_ms"] / 1000 * random.uniform(1.0, 1.2)
    if retry != "same":
        return None
    first, longest = SAME_S
    return min(longest, first * 2.0 ** min(attempt, 10)) * random.uniform(0.5, 1.0)


class Backoff:
    """Pauses between tries to connect: random up to a bound that doubles, so that a crowd does not come back as one."""

    def __init__(self, first_s: float = PAUSE_S[0], longest_s: float = PAUSE_S[1]) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._bound_s = first_s

    def next(self, at_least_s: float = 0.0) -> float:
        """The pause before the next try."""
        pause = at_least_s + random.uniform(0, self._bound_s)
        self._bound_s = min(self._bound_s * 2, self._longest_s)
        return pause

    def reset(self) -> None:
        """A connection has lasted: the next pause is short again."""
        self._bound_s = self._first_s
