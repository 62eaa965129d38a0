"""The screen's wire: revoked, cut off, moved, told twice. Real Chromium, real server; only the network is bent."""

import asyncio
import json
import re
from typing import Any

from msgspec.structs import replace
from playwright.async_api import Page, WebSocketRoute, expect

from carewire.app import create_app
from carewire.gateway import server
from carewire.settings import Settings
from tests.browser.conftest import Desk
from tests.browser.screens import PROMPTLY, SECOND, paired, phase, visit
from tests.patience import PATIENCE_S


async def test_a_revoked_screen_is_dark_within_a_second_and_may_ask_for_a_new_code(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    display_id = await paired(page, clinic, desk)
    await desk.walk_in("Fatima")
    await expect(page.locator(".row-number").first).to_have_text("1")
    await desk.client.command("display.revoke", display_id=display_id)
    await expect(phase(page, "dark")).to_be_visible(timeout=PROMPTLY)
    assert await page.locator(".card").count() == 0
    await page.get_by_role("button", name="Get a new pairing code").click()
    await expect(phase(page, "pairing")).to_be_visible()
    await desk.approve(await page.locator("#code").inner_text())
    await expect(page.locator(".row-number").first).to_have_text("1")


async def test_a_screen_revoked_while_it_was_off_stays_dark(page: Page, clinic: server.Running, desk: Desk) -> None:
    display_id = await paired(page, clinic, desk)
    await page.goto("about:blank")
    await desk.client.command("display.revoke", display_id=display_id)
    await page.goto(f"{clinic.http_url}/display")
    await expect(phase(page, "dark")).to_be_visible()


async def test_no_name_reaches_the_screen_nor_its_socket(page: Page, clinic: server.Running, desk: Desk) -> None:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    await paired(page, clinic, desk)
    await desk.walk_in("Gulabchand Premji")
    await desk.on_session("session.start")
    token = await desk.on_session("queue.call_next")
    await expect(page.locator(".number")).to_have_text("1")
    assert "Gulabchand" not in await page.content()
    assert any("queue:updated" in frame for frame in frames)
    assert not [frame for frame in frames if "Gulabchand" in frame or token["id"] in frame]


async def test_a_lost_connection_is_told_with_its_time_and_everything_missed_is_caught_up(
    page: Page, clinic: server.Running, desk: Desk, settings: Settings
) -> None:
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal", "Hari")
    await desk.on_session("session.start")
    first = await desk.on_session("queue.call_next")
    await expect(page.locator(".number")).to_have_text("1")
    await clinic.stop()
    await expect(page.locator("#link")).to_contain_text("Connection lost since")
    await expect(page.locator(".number")).to_have_text("1")

    # Meanwhile the clinic goes on, on another node.
    elsewhere = await server.start(create_app(settings), settings)
    desk.client.url = elsewhere.url
    await desk.on_token("queue.begin", first)
    await desk.on_session("queue.call_next", finish_current=True)
    back = await server.start(create_app(settings), settings, port=clinic.port)
    await expect(page.locator("#link")).to_have_text("Connected again. Everything is up to date.")
    await expect(page.locator(".number")).to_have_text("2")
    await expect(page.locator(".fact-waiting dd").first).to_have_text("1")
    await desk.client.close()
    for running in (elsewhere, back):
        await running.stop()


async def test_a_server_that_says_do_not_come_back_is_obeyed(page: Page, clinic: server.Running, desk: Desk) -> None:
    sockets: list[WebSocketRoute] = []

    def relay(route: WebSocketRoute) -> None:
        route.connect_to_server()
        sockets.append(route)

    await page.route_web_socket("**/ws", relay)
    await paired(page, clinic, desk)
    await sockets[0].close(code=4200, reason="sent far beyond the limits")
    await expect(phase(page, "stopped")).to_be_visible()
    assert len(sockets) == 1
    await page.get_by_role("button", name="Try again").click()
    await expect(phase(page, "board")).to_be_visible()


async def test_a_screen_told_to_move_resumes_elsewhere_before_it_lets_go(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    sockets: list[WebSocketRoute] = []
    told: list[str] = []

    def relay(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()
        number = len(sockets)
        sockets.append(route)

        def up(frame: str | bytes) -> None:
            call = json.loads(frame)
            topics = sorted(name.split(":")[0] for name in call["params"].get("topics", ()))
            told.append(" ".join([str(number), call["method"], *topics]))
            upstream.send(frame)

        async def close(code: int | None, reason: str | None) -> None:
            told.append(f"{number} closed")
            await upstream.close()

        route.on_message(up)
        route.on_close(close)

    await page.route_web_socket("**/ws", relay)
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima")
    await expect(page.locator(".row-number").first).to_have_text("1")
    moving = {"jsonrpc": "2.0", "method": "socket:moving", "params": {"after_ms": 0, "grace_ms": 5_000}}
    sockets[0].send(json.dumps(moving))
    await desk.walk_in("Gopal")
    await expect(page.locator(".row-number").nth(1)).to_have_text("2")
    await expect(page.locator("body")).to_have_attribute("data-link", "up")
    async with asyncio.timeout(PATIENCE_S):
        while "0 closed" not in told:
            await page.evaluate("1")  # a round trip through the page
    # Whatever else it says meanwhile (a ping): it is logged in and resumed there before it lets go here.
    steps = ["1 auth.authenticate", "1 socket.resume board line", "0 closed"]
    assert [one for one in told if one in steps] == steps
    await desk.walk_in("Hari")
    await expect(page.locator(".row-number").nth(2)).to_have_text("3")


async def test_an_event_heard_before_is_not_applied_again(page: Page, clinic: server.Running, desk: Desk) -> None:
    down: list[dict[str, Any]] = []
    sockets: list[WebSocketRoute] = []

    def relay(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()
        sockets.append(route)

        def pass_on(frame: str | bytes) -> None:
            down.append(json.loads(frame))
            route.send(frame)

        upstream.on_message(pass_on)

    await page.route_web_socket("**/ws", relay)
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal")
    await expect(page.locator(".row-number").nth(1)).to_have_text("2")
    old = [frame for frame in down if frame.get("method") == "queue:updated"][-1]
    old["params"]["data"]["gone"] = [1]
    sockets[0].send(json.dumps(old))
    await desk.walk_in("Hari")
    await expect(page.locator(".row-number").nth(2)).to_have_text("3")
    await expect(page.locator(".row-number").first).to_have_text("1")


async def test_a_code_that_nobody_used_in_time_is_renewed(page: Page, clinic: server.Running, desk: Desk) -> None:
    first = await visit(page, clinic)
    await page.evaluate(
        """() => {
            const kept = JSON.parse(localStorage['carewire.display.credential']);
            localStorage['carewire.display.credential'] = JSON.stringify({...kept, expiresAt: '2020-01-01T00:00:00Z'});
        }"""
    )
    await page.reload()
    await expect(page.locator("#code")).not_to_have_text(first)
    await expect(page.locator("#code")).to_have_text(re.compile(r"^\w{3} \w{3}$"))
    await desk.approve(await page.locator("#code").inner_text())
    await expect(phase(page, "board")).to_be_visible()


async def test_the_clock_on_the_wall_is_the_clinics_own(
    page: Page, clinic: server.Running, desk: Desk, settings: Settings
) -> None:
    fast = await server.start(create_app(replace(settings, clock_rate=120.0)), settings)
    await paired(page, fast, desk)
    shown = await page.locator("#time").inner_text()
    await expect(page.locator("#time")).not_to_have_text(shown, timeout=3 * SECOND)
    await fast.stop()
