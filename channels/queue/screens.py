"""The page a screen in a waiting room opens. It is a client like any other: what it may hear, `access.py` says."""

from pathlib import Path

from carewire.http.pages import page

page("/display", folder=Path(__file__).parent / "pages", file="display.html")
