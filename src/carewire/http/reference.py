"""The generated reference is served here."""

from typing import Any

REFERENCE: list[Any] = []
