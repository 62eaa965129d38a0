"""Carewire, the platform: commands up, events down, nothing lost. It knows no medicine."""

from typing import Final

__version__: Final = "0.1.0"
