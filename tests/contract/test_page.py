"""The reference at `/docs` in a real browser, under its own security policy."""

from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from carewire.contract import asyncapi
from carewire.gateway import server


async def open_page(browser: Browser, gateway: server.Running, **options: Any) -> tuple[Page, list[str]]:
    """The page, and everything the browser complained about."""
    page = await browser.new_page(**options)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    await page.goto(f"{gateway.http_url}/docs")
    return page, complaints


async def test_every_command_topic_event_and_reason_stands_on_the_page(
    browser: Browser, gateway: server.Running, document: dict[str, Any]
) -> None:
    page, complaints = await open_page(browser, gateway)
    shown = set(await page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)"))
    for name, operation in document["operations"].items():
        if operation["action"] == "receive":
            assert name in shown
        else:
            assert f"on-{name.replace('@', '-').replace('.', '-')}" in shown
    assert {f"topic-{prefix}" for prefix in document["x-topics"]} <= shown
    assert {f"reason-{error['reason']}" for error in document["x-errors"]} <= shown
    assert {f"close-{close['code']}" for close in document["x-close-codes"]} <= shown
    assert complaints == []


async def test_no_link_of_the_page_leads_nowhere_and_no_id_stands_twice(
    browser: Browser, gateway: server.Running
) -> None:
    page, _ = await open_page(browser, gateway)
    dead = await page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(link => link.hash.slice(1))"
        ".filter(id => !document.getElementById(id))"
    )
    assert dead == []
    ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(element => element.id)")
    assert sorted(ids) == sorted(set(ids))


async def test_the_filter_leaves_what_fits_and_escape_brings_all_back(
    browser: Browser, gateway: server.Running
) -> None:
    page, _ = await open_page(browser, gateway)
    await page.keyboard.press("/")
    await page.keyboard.type("subscribe position")
    await expect(page.locator("[id='socket.ping']")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.locator("[id='socket.ping']")).to_be_visible()
    await page.locator("#filter").fill("no such thing at all")
    await expect(page.locator("#nothing")).to_be_visible()
    await page.goto(f"{gateway.http_url}/docs#topic.subscribe")
    await expect(page.locator("[id='topic.subscribe']")).to_be_in_viewport()


async def test_a_phone_scrolls_one_way_only_and_finds_the_contents_behind_a_button(
    browser: Browser, gateway: server.Running
) -> None:
    page, complaints = await open_page(browser, gateway, viewport={"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(page.locator("#contents")).to_be_hidden()
    await page.locator("#menu").click()
    await page.locator("#contents a", has_text="Close codes").click()
    await expect(page.locator("#close-codes")).to_be_in_viewport()
    await expect(page.locator("#contents")).to_be_hidden()
    assert complaints == []


async def test_the_page_is_whole_without_scripts(browser: Browser, gateway: server.Running) -> None:
    page, _ = await open_page(browser, gateway, java_script_enabled=False)
    await expect(page.locator("[id='topic.subscribe']")).to_be_visible()
    await expect(page.locator("#filter")).to_be_hidden()


async def test_the_files_are_those_of_the_running_server_and_are_not_sent_twice(
    gateway: server.Running, document: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(base_url=gateway.http_url) as http:
        first = await http.get("/contract/asyncapi.json")
        assert first.content == asyncapi.encode(document)
        assert (await http.get("/asyncapi.json")).content == first.content
        again = await http.get("/contract/asyncapi.json", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        types = await http.get("/contract/carewire.ts")
        assert types.headers["content-type"].startswith("text/plain")
        assert b"export interface Commands" in types.content
        page = await http.get("/docs")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert b"<style" not in page.content
        assert b" style=" not in page.content
