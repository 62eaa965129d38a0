"""Pages as HTML: safe whatever is written in them, in the reader's language and direction (ledger: M-332)."""

import httpx
import pytest
import pytest_asyncio

from carewire.client import Client
from carewire.gateway import server
from carewire.settings import Settings
from channels.content.pages import render
from channels.identity.demo import ADMIN_EMAIL, ADMIN_PASSWORD
from channels.seed import seed
from tests.conftest import Connect

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](data:text/html,<script>x</script>)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[a](https://x.test/"onmouseover=alert(1))',
    "`</code><script>alert(1)</script>`",
    "<iframe src=//evil.test></iframe>",
    "<style>*{display:none}</style>",
    "<a href='javascript:x()'>x</a>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_html_in_a_page_is_text_and_links_lead_only_to_what_is_a_link(text: str) -> None:
    shown = render(text).lower()
    for tag in ("<script", "<img src=x", "<iframe", "<style", "onerror=alert(1)>"):
        assert tag not in shown
    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
    assert 'src="javascript' not in shown
    assert '"onmouseover' not in shown.replace("&quot;onmouseover", "").replace("%22onmouseover", "")


@pytest_asyncio.fixture
async def admin(gateway: server.Running, settings: Settings, connect: Connect) -> Client:
    assert settings.database_url
    await seed(settings.database_url, settings)
    client = await connect()
    await client.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return client


async def test_a_page_is_served_in_the_readers_language_and_direction(admin: Client, gateway: server.Running) -> None:
    await admin.command(
        "website.create",
        slug="about-us",
        title="About <us>",
        content="# Care\n\n<b>bold</b> and **strong**, [call](tel:+91990000).",
        description='Who "we" are',
        keywords=["care", "clinic"],
    )
    await admin.command(
        "translation.create", noun="website", entry_id="about-us", field="content", locale="ar", text="# رعاية\n\nنص"
    )
    async with httpx.AsyncClient(base_url=gateway.http_url) as http:
        english = await http.get("/pages/about-us")
        assert english.status_code == 200
        assert "<title>About &lt;us&gt;</title>" in english.text
        assert "<strong>strong</strong>" in english.text
        assert "&lt;b&gt;bold&lt;/b&gt;" in english.text
        assert 'content="Who &quot;we&quot; are"' in english.text
        assert "script-src" not in english.headers["content-security-policy"]
        assert "default-src 'self'" in english.headers["content-security-policy"]
        arabic = await http.get("/pages/about-us", headers={"accept-language": "de, ar-AE;q=0.9, en;q=0.5"})
        assert '<html lang="ar" dir="rtl">' in arabic.text
        assert "<h1>رعاية</h1>" in arabic.text
        assert '<h1 lang="en">About &lt;us&gt;</h1>' in arabic.text, "the title is not translated, and says so"
        assert 'role="note"' not in arabic.text
        hindi = await http.get("/pages/about-us?lang=hi", headers={"accept-language": "ar"})
        assert '<html lang="hi" dir="ltr">' in hindi.text
        assert '<article lang="en" dir="ltr">' in hindi.text
        assert 'role="note"' in hindi.text, "the text is not there in Hindi, and that is said in Hindi"
        style = english.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert (await http.get(style)).headers["content-type"].startswith("text/css")
        for missing in ("/pages/nothing", "/pages/..%2fetc", "/pages/%00", "/pages/A B"):
            assert (await http.get(missing)).status_code == 404
        await admin.command("website.update", slug="about-us", is_published=False)
        assert (await http.get("/pages/about-us")).status_code == 404
