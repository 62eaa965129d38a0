"""Who acts in the calendar's tests."""

from tests.channels.directory.conftest import enter, newcomer

__all__ = ["enter", "newcomer"]
