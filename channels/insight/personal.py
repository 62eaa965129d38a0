"""Insight keeps numbers and nobody; see `carewire.personal`."""

from carewire.personal import harmless

harmless("platform_count", "value", why="counts of everybody")
