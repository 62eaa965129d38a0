"""`python -m tests.sagas`: write docs/sagas.md anew. A test in tests/style compares it."""

from pathlib import Path
from typing import Final

from carewire.contract.declarations import discover_product
from carewire.saga import render

PAGE: Final = Path(__file__).parents[1] / "docs" / "sagas.md"

if __name__ == "__main__":
    discover_product()
    PAGE.write_text(render(), "utf-8")
