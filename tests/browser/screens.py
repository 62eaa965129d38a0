"""What one does with a screen."""

from typing import Any

from playwright.async_api import Page, expect

from carewire.gateway import server
from tests.browser.conftest import Desk
from tests.conftest import PROMPTLY_S
from tests.patience import PATIENCE_S

SECOND = 1_000
"""In milliseconds, as the browser's waits are told."""
PROMPTLY = int(PROMPTLY_S * SECOND)
expect.set_options(timeout=PATIENCE_S * SECOND)


def phase(page: Page, name: str) -> Any:
    return page.locator(f"body[data-phase={name}]")


async def visit(page: Page, clinic: server.Running) -> str:
    """Open the page; the pairing code it shows."""
    await page.goto(f"{clinic.http_url}/display")
    await expect(phase(page, "pairing")).to_be_visible()
    return await page.locator("#code").inner_text()


async def paired(page: Page, clinic: server.Running, desk: Desk, *rooms: str) -> str:
    """A screen that shows the board; its id."""
    display_id = await desk.approve(await visit(page, clinic), *rooms)
    await expect(phase(page, "board")).to_be_visible()
    return display_id
