"""The readable reference: one page made from the AsyncAPI document, with its style sheet and script beside it."""

from carewire.contract.page.layout import render

__all__ = ["render"]
