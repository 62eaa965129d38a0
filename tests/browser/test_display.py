"""The waiting-room screen as a visitor meets it: real Chromium, real server, nothing of ours replaced."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Page, expect

from carewire.gateway import server
from channels.directory import demo as places
from channels.queue import demo as lines
from tests.browser.conftest import Desk, OpenPage
from tests.browser.screens import PROMPTLY, paired, visit


async def test_a_new_screen_shows_a_code_and_once_approved_its_board_and_again_after_a_reload(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    code = await visit(page, clinic)
    await page.reload()
    await expect(page.locator("#code")).to_have_text(code)
    await desk.approve(code)
    await expect(page.locator(".doctor")).to_have_text("Dr. Vikram Singh")
    await expect(page.locator("#place")).to_contain_text("Sunrise Clinic")
    await expect(page.locator("#label")).to_have_text("Entrance")
    await page.reload()
    await expect(page.locator(".doctor")).to_have_text("Dr. Vikram Singh")


async def test_a_call_shows_number_and_room_within_a_second_and_a_recall_flashes_again(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal", "Hari")
    await desk.on_session("session.start")
    token = await desk.on_session("queue.call_next")
    await expect(page.locator(".slot[data-flash] .number")).to_have_text("1", timeout=PROMPTLY)
    await expect(page.locator(".slot .room")).to_have_text("Room 2", timeout=PROMPTLY)
    await expect(page.locator("#spoken")).to_have_text("Number 1: Room 2")
    await expect(page.locator(".row-number").first).to_have_text("2")
    await expect(page.locator(".row-about").first).to_have_text(re.compile(r"about .?\d{1,2}:\d\d|any moment"))
    await expect(page.locator(".row-range").first).to_have_text(re.compile(r"\d{1,2}:\d\d–\d{1,2}:\d\d"))
    await expect(page.locator(".fact-waiting dd").first).to_have_text("2")
    await expect(page.locator(".fact-last_called dd").first).to_have_text("1")
    await expect(page.locator(".slot[data-flash]")).to_have_count(0)
    await desk.on_token("queue.recall", token)
    await expect(page.locator(".slot[data-flash] .number")).to_have_text("1", timeout=PROMPTLY)
    await expect(page.locator("#spoken")).to_have_text("Once more: number 1: Room 2")


async def test_calls_of_two_doctors_take_the_whole_screen_one_after_another(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    await paired(page, clinic, desk, str(places.ROOM_1), str(places.ROOM_2))
    await expect(page.locator(".card")).to_have_count(2)
    await desk.walk_in("Fatima")
    await desk.on_session("session.start")
    asha = str(lines.session_of(datetime.now(UTC).astimezone(lines.ZONE).date(), 1))
    await desk.client.command("queue.call_next", session_id=asha, finish_current=True)
    await desk.on_session("queue.call_next")
    await expect(page.locator(".takeover-doctor")).to_have_text("Dr. Asha Rao")
    await expect(page.locator(".takeover-room")).to_have_text("Room 1")
    await expect(page.locator(".takeover-doctor")).to_have_text("Dr. Vikram Singh")
    await expect(page.locator(".takeover-number")).to_have_text("1")
    await expect(page.locator(".takeover-room")).to_have_text("Room 2")


async def test_the_waiting_room_reads_why_nobody_is_called(page: Page, clinic: server.Running, desk: Desk) -> None:
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal")
    await expect(page.locator(".calm")).to_contain_text("Starts at")
    await desk.on_session("session.delay", until=(datetime.now(UTC) + timedelta(minutes=50)).isoformat())
    await expect(page.locator(".calm")).to_contain_text("The doctor is late: starts at about")
    await desk.on_session("session.start")
    await expect(page.locator(".calm")).to_have_text("Please wait for your number")
    token = await desk.on_session("queue.call_next")
    await desk.on_token("queue.begin", token)
    until = datetime.now(UTC) + timedelta(minutes=30)
    await desk.on_session("session.pause", reason="emergency", resumes_at=until.isoformat())
    shown = f"{until.astimezone(lines.ZONE):%I:%M}".lstrip("0")
    await expect(page.locator(".band")).to_contain_text("The doctor is with an emergency · Goes on at about")
    await expect(page.locator(".band")).to_contain_text(shown)
    await expect(page.locator(".number")).to_have_text("1")
    await desk.on_token("queue.complete", token)
    await expect(page.locator(".calm")).to_have_text("The doctor is with an emergency")
    await desk.on_session("session.end")
    await expect(page.locator(".calm")).to_have_text("This session has ended")


async def test_arabic_reads_from_the_right_and_hindi_shows_its_own_room_name(
    open_page: OpenPage, clinic: server.Running, desk: Desk
) -> None:
    page = await open_page(locale="ar-EG")
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal")
    await desk.on_session("session.start")
    await desk.on_session("queue.call_next")
    await expect(page.locator("html[lang=ar][dir=rtl]")).to_have_count(1)
    await expect(page.locator(".what")).to_have_text("تفضّل بالدخول")
    await expect(page.locator(".number")).to_have_text("1")
    await expect(page.locator("#time")).to_have_text(re.compile(r"^[0-9]{1,2}:[0-9]{2}$"))
    number, following = await page.locator(".now").bounding_box(), await page.locator(".next").bounding_box()
    assert number is not None
    assert following is not None
    assert number["x"] > following["x"]
    await page.locator(".card").click()
    await page.get_by_role("button", name="हिन्दी").click()
    await expect(page.locator("html[lang=hi][dir=ltr]")).to_have_count(1)
    await expect(page.locator(".slot .room")).to_have_text("कक्ष 2")
    await page.reload()
    await expect(page.locator(".what")).to_have_text("कृपया अंदर आएँ")


async def test_one_tap_unlocks_sound_and_until_then_the_screen_says_that_it_is_blocked(
    page: Page, clinic: server.Running, desk: Desk
) -> None:
    await paired(page, clinic, desk)
    await expect(page.locator("#sound-state")).to_have_text("Sound is blocked. Tap the screen once.")
    await page.locator(".card").click()
    await expect(page.locator("body[data-sound=on]")).to_have_count(1)
    await expect(page.locator("#sound-state")).to_be_empty()


async def test_numbers_are_huge_and_in_strong_contrast_in_both_lights(
    open_page: OpenPage, clinic: server.Running, desk: Desk
) -> None:
    page = await open_page(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    await paired(page, clinic, desk)
    await desk.walk_in("Fatima", "Gopal")
    await desk.on_session("session.start")
    token = await desk.on_session("queue.call_next")
    await expect(page.locator(".number")).to_have_text("1")
    size = await page.locator(".number").evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size > 0.3 * 1080
    await desk.on_token("queue.begin", token)
    await expect(page.locator(".slot[data-state=in_consultation]")).to_be_visible()
    for _ in range(2):
        for text in (".number", ".slot .room", ".row-number", ".row-about", ".fact-waiting dd", "#time", ".doctor"):
            assert await ratio(page, text) >= 7, text
        for text in (".what", ".row-range", ".specialty", "#date", ".fact dt"):
            assert await ratio(page, text) >= 4.5, text
        await page.locator(".card").click()
        await page.locator("#theme").click()


async def test_nothing_is_cut_off_on_a_phone_with_the_screens_of_two_doctors(
    open_page: OpenPage, clinic: server.Running, desk: Desk
) -> None:
    page = await open_page(viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True)
    await paired(page, clinic, desk, str(places.ROOM_1), str(places.ROOM_2))
    await expect(page.locator(".card")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    for card in await page.locator(".card").all():
        box = await card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["height"] > 300


async def test_every_language_has_every_text_with_the_same_gaps(page: Page, clinic: server.Running) -> None:
    await visit(page, clinic)
    tables = await page.evaluate("import('/display/texts.js').then(module => module.TEXTS)")
    gaps = {
        language: {key: sorted(re.findall(r"{\w+}", text)) for key, text in table.items()}
        for language, table in tables.items()
    }
    assert gaps["en"] == gaps["hi"] == gaps["ar"]


async def ratio(page: Page, selector: str) -> float:
    """The contrast of an element's text with what is painted behind it (WCAG 2.2, 1.4.3)."""
    found: float = await page.locator(selector).first.evaluate(
        """element => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
            const paint = colours => {
                canvas.reset();
                for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(value => {
                    const part = value / 255;
                    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const behind = [];
            for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
            const [text, ground] = [paint([...behind, getComputedStyle(element).color]), paint(behind)];
            return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
        }"""
    )
    return found
