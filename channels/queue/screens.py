"""The pages of a queue: a screen in a waiting room, and what the code on a printed slip opens.

Each is a client like any other: what it may hear or look at, `access.py` and `paper.py` say.
"""

from pathlib import Path

from carewire.http.pages import page

page("/display", folder=Path(__file__).parent / "pages", file="display.html")
page("/slip", folder=Path(__file__).parent / "slip", file="slip.html")
