"""A real Chromium before the real product, and the desk that works behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from carewire.client import Client
from carewire.gateway import server
from channels.directory import demo as places
from channels.identity import demo as people
from channels.queue import demo as lines
from tests.conftest import Connect
from tests.people import log_in

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

OpenPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def clinic(seeded: None, gateway: server.Running) -> server.Running:
    """A gateway with the demo clinic."""
    return gateway


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture
async def open_page(browser: Browser, clinic: server.Running) -> AsyncIterator[OpenPage]:
    """Open `/display`, each in a browser profile of its own. A page that complained on its console fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        # The browser itself reports each failed try to reach a server that is away.
        if message.type == "error" and "ERR_CONNECTION_REFUSED" not in message.text:
            complaints.append(message.text)

    async def open_(**options: Any) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1280, "height": 720}, "locale": "en-IN"} | options)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert complaints == []


class Desk:
    """The front desk: approves screens and runs the line of Dr. Vikram's sitting in room 2."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.session_id = str(lines.session_of(datetime.now(UTC).astimezone(lines.ZONE).date(), 2))
        self.room_id = str(places.ROOM_2)

    async def approve(self, code: str, *rooms: str) -> str:
        """Approve the screen with this code for rooms (room 2 unless told); answers its id."""
        shown = await self.client.command(
            "display.approve",
            place_id=str(places.CLINIC),
            code=code,
            label="Entrance",
            room_ids=[*rooms] or [self.room_id],
        )
        return str(shown["id"])

    async def walk_in(self, *names: str) -> None:
        """People without an appointment come to the desk."""
        for name in names:
            await self.client.command("queue.walk_in", session_id=self.session_id, name=name)

    async def on_session(self, method: str, **params: Any) -> Any:
        """A command about the sitting."""
        return await self.client.command(method, session_id=self.session_id, **params)

    async def on_token(self, method: str, token: dict[str, Any]) -> Any:
        """A command about a token."""
        return await self.client.command(method, token_id=token["id"])


@pytest_asyncio.fixture
async def desk(clinic: server.Running, connect: Connect) -> Desk:
    """Sunita at the front desk, logged in with a code like anybody."""
    client = await connect()
    await log_in(client, people.DESK.phone)
    return Desk(client)


@pytest_asyncio.fixture
async def page(open_page: OpenPage) -> Page:
    """A screen on the wall."""
    return await open_page()
