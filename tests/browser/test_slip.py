"""What the code on a printed slip opens: without a login, without a name, and only the one number."""

from playwright.async_api import expect

from carewire.gateway import server
from tests.browser.conftest import Desk, OpenPage


async def test_a_slip_shows_its_number_its_turn_and_where_to_go_and_no_name(
    open_page: OpenPage, clinic: server.Running, desk: Desk
) -> None:
    await desk.walk_in("Fatima")
    token = await desk.on_session("queue.walk_in", name="Gopal Secret")
    slip = await desk.client.call("queue.slip", token_id=token["id"])
    page = await open_page()
    await page.goto(clinic.http_url + slip["path"])
    await expect(page.locator("#number")).to_have_text("2")
    await expect(page.locator("#state")).to_have_text("1 before you")
    await expect(page.locator("#expected")).to_contain_text("expected")
    await desk.on_session("session.start")
    await desk.on_token("queue.call", token)
    await page.reload()
    await expect(page.locator("#state")).to_have_text("Please come in: Room 2 · कक्ष 2")
    assert "Secret" not in await page.content()


async def test_a_slip_speaks_the_phones_language_and_says_when_it_is_worthless(
    open_page: OpenPage, clinic: server.Running
) -> None:
    for locale, direction in (("hi-IN", "ltr"), ("ar-EG", "rtl"), ("de-DE", "ltr")):
        page = await open_page(locale=locale)
        await page.goto(f"{clinic.http_url}/slip#no-such-key")
        await expect(page.locator("#state")).not_to_be_empty()
        await expect(page.locator("html")).to_have_attribute("dir", direction)
        await expect(page.locator("#number")).to_be_empty()
