"""Machine translation behind one small protocol. Called by errands only, never by a command.

    CAREWIRE_TRANSLATION_URL=libretranslate://translate.example.com/?key=API_KEY

Speaks the HTTP API of LibreTranslate (`POST /translate`, its documentation at /docs), which others offer too. Without a
URL nothing is translated: what is missing is found, marked and left to people.
"""

from typing import Final, Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

import httpx
import msgspec

from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Temporary
from carewire.settings import Settings

TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 1_000_000


class Translator(Protocol):
    """Translates texts. A second try of the same text costs, and changes nothing."""

    async def translate(self, trip: Trip, text: str, source: str, target: str) -> str:
        """The text in the target language. Raises `Temporary` or `Permanent`."""


class _Answer(msgspec.Struct, frozen=True):
    translated: str = msgspec.field(name="translatedText")


class LibreTranslate:
    """One server. Plain HTTP only to this machine."""

    def __init__(self, url: SplitResult) -> None:
        scheme = "http" if url.scheme.endswith("+http") else "https"
        self._url = f"{scheme}://{url.netloc}{url.path.rstrip('/')}/translate"
        self._key = (parse_qs(url.query).get("key") or [""])[0]

    async def translate(self, trip: Trip, text: str, source: str, target: str) -> str:
        body = {"q": text, "source": source, "target": target, "format": "text"}
        if self._key:
            body["api_key"] = self._key
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
                answer = await client.post(self._url, json=body)
        except httpx.HTTPError:
            raise Temporary("unreachable") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Temporary("deferred")
        if answer.status_code in (401, 403):
            raise Temporary("credentials")
        if answer.status_code >= 400:
            raise Permanent("refused")
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise Permanent("too_long")
        try:
            return msgspec.json.decode(answer.content, type=_Answer).translated
        except msgspec.MsgspecError:
            raise Temporary("no_answer") from None


def provider(settings: Settings) -> Translator | None:
    """The translator of this deployment, or None: then people translate."""
    return LibreTranslate(urlsplit(settings.translation_url)) if settings.translation_url else None
