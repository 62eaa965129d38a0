"""`GET /pages/{slug}`: a page as HTML, in the reader's language where there is one.

The content is CommonMark and HTML in it is text, so there is nothing to sanitise: whatever an administrator pastes, no
tag of it comes out. Links of other schemes than http, https, mailto and tel are left as text.
"""

import hashlib
from html import escape
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from markdown_it import MarkdownIt

from carewire.actor import ANYONE
from carewire.command import Ctx, query
from carewire.errors import NotFound, Refusal
from carewire.forms import Locale
from carewire.http import routes
from carewire.http.security import PAGE
from carewire.languages import best_language
from carewire.resource.parts import SOURCE_LOCALE
from channels.content.forms import PageSlug, Target
from channels.content.reading_matter import PAGES, WebsiteView

LANGUAGES: Final = {"en": "English", "hi": "हिन्दी", "ar": "العربية", "es": "Español", "fr": "Français"}
RIGHT_TO_LEFT: Final = frozenset({"ar"})
STYLE: Final = (Path(__file__).parent / "page" / "page.css").read_bytes()
STYLE_PATH: Final = f"/pages-{hashlib.sha256(STYLE).hexdigest()[:12]}.css"

_WORDS: Final = {
    "en": ("Skip to the text", "Languages", "This page is not available in your language yet.", "Page not found"),
    "hi": ("सीधे लेख पर जाएँ", "भाषाएँ", "यह पृष्ठ अभी आपकी भाषा में उपलब्ध नहीं है।", "पृष्ठ नहीं मिला"),
    "ar": ("انتقل إلى النص", "اللغات", "هذه الصفحة غير متاحة بلغتك بعد.", "الصفحة غير موجودة"),
    "es": ("Ir al texto", "Idiomas", "Esta página aún no está disponible en su idioma.", "Página no encontrada"),
    "fr": ("Aller au texte", "Langues", "Cette page n’existe pas encore dans votre langue.", "Page introuvable"),
}

_markdown: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_markdown.validateLink = (  # type: ignore[method-assign]
    lambda url: url.lower().startswith(("http://", "https://", "mailto:", "tel:", "/", "#"))
)


def render(text: str) -> str:
    """CommonMark as HTML that holds no more than CommonMark can say."""
    return str(_markdown.render(text))


@query("website.read", allow={ANYONE}, errors={NotFound}, http=True)
async def read(ctx: Ctx, slug: PageSlug, locale: Locale) -> WebsiteView:
    """A published page."""
    row = await PAGES.row(ctx, slug, PAGES.published)
    if row is None:
        raise NotFound()
    view: WebsiteView = (await PAGES.show(ctx, [row], locale))[0]
    return view


@routes.route
@get("/pages/{slug:str}", media_type="text/html", summary="A page of the website, rendered")
async def page(
    request: Request[Any, Any, Any], slug: FromPath[str], lang: FromQuery[str | None] = None
) -> Response[str]:
    """In the language of `lang`, else of Accept-Language, else English; what is missing in it is said."""
    language = best_language([lang] if lang else [], tuple(LANGUAGES)) or best_language(
        routes.languages_of(request), tuple(LANGUAGES), otherwise=SOURCE_LOCALE
    )
    try:
        found: WebsiteView = await routes.run(
            request, "website.read", None, {"slug": slug, "locale": language}, WebsiteView
        )
    except Refusal as refusal:
        status = 404 if refusal.code in (404, -32602) else refusal.code
        return _send(_frame(language, slug, _WORDS[language][3], "", None), status)
    shown = SOURCE_LOCALE if "content" in found.fallback else language
    return _send(_frame(language, slug, found.title, render(found.content), found, shown), 200)


@routes.route
@get(STYLE_PATH, include_in_schema=False)
async def style() -> Response[bytes]:
    """The pages' style; its address changes with it."""
    return Response(
        STYLE,
        media_type="text/css; charset=utf-8",
        headers={"content-security-policy": PAGE, "cache-control": "public, max-age=31536000, immutable"},
    )


def _send(html: str, status: int) -> Response[str]:
    headers = {"content-security-policy": PAGE, "cache-control": "no-cache", "vary": "accept-language"}
    return Response(html, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def _frame(language: str, slug: str, title: str, body: str, found: WebsiteView | None, shown: str | None = None) -> str:
    """The whole page: in the reader's language and direction, the text in its own."""
    skip, languages, missing, _ = _WORDS[language]
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    text_language = shown or language
    text_direction = "rtl" if text_language in RIGHT_TO_LEFT else "ltr"
    description = found.description if found is not None else None
    meta = f'<meta name="description" content="{escape(description)}">' if description else ""
    if found is not None and found.keywords:
        meta += f'<meta name="keywords" content="{escape(", ".join(found.keywords))}">'
    if found is None:
        meta += '<meta name="robots" content="noindex">'
    title_language = SOURCE_LOCALE if found is not None and "title" in found.fallback else language
    choices = "".join(
        f'<li><a href="?lang={code}" lang="{code}" hreflang="{code}"{" aria-current=true" if code == language else ""}>'
        f"{name}</a></li>"
        for code, name in LANGUAGES.items()
    )
    notice = f'<p class="notice" role="note">{missing}</p>' if found is not None and "content" in found.fallback else ""
    return f"""<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
{meta}
<link rel="stylesheet" href="{STYLE_PATH}">
</head>
<body>
<a class="skip" href="#text">{skip}</a>
<header><strong>Carewire</strong><nav aria-label="{languages}"><ul>{choices}</ul></nav></header>
<main id="text">
{notice}
<article lang="{text_language}" dir="{text_direction}">
<h1 lang="{title_language}">{escape(title)}</h1>
{body}
</article>
</main>
</body>
</html>
"""


def check_languages() -> None:
    """The pages speak what catalogues are translated into."""
    if set(LANGUAGES) != {SOURCE_LOCALE, *map(str, Target)}:
        raise TypeError("the pages' languages are not those of the catalogues")


check_languages()
