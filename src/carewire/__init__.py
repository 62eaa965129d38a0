"""Carewire, the platform: commands up, events down, nothing lost. It knows no medicine."""
