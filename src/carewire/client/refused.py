"""How a client hears no, and what it does then."""

from typing import Any


class Refused(Exception):
    """The server's typed no. `retry` is "never", "same" or {"after_ms": n}."""

    def __init__(self, error: dict[str, Any]) -> None:
        data = error.get("data") or {}
        self.code: int = error["code"]
        self.reason: str = data.get("reason", "")
        self.retry: str | dict[str, int] = data.get("retry", "never")
        self.data: dict[str, Any] = data
        super().__init__(f"{self.reason}: {error['message']}")


class Lost(ConnectionError):
    """The socket went away and the client may not or could not come back."""


def pause_before(retry: str | dict[str, int]) -> float | None:
    """Seconds to wait before sending again; None: do not."""
    if isinstance(retry, dict):
        return retry["after_ms"] / 1000
    return 0.2 if retry == "same" else None
