"""Text messages through Twilio's REST API, version 2010-04-01, resource `Messages`.

Plain HTTP: of the official client we would use one POST, and it brings an HTTP client of its own. Twilio takes no
idempotency key. So when an earlier try may have been accepted (`trip.doubtful`), its log of messages is read first: the
same text to the same number since the job was made is that message.
"""

import logging
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, unquote

import httpx
import msgspec

from carewire.ids import made_at
from carewire.jobs.job import Trip
from carewire.jobs.problems import Permanent, Temporary
from carewire.providers.tracking import status_url

# Twilio's error codes that no second try changes (docs: /docs/api/errors), as words of ours.
LASTING: Final = {
    21211: "bad_number",
    21217: "bad_number",
    21401: "bad_number",
    21421: "bad_number",
    21614: "bad_number",
    21408: "region_not_enabled",
    21610: "unsubscribed",
    21612: "unreachable",
    21617: "too_long",
    21602: "empty",
    30006: "bad_number",
    21609: "bad_callback",
}
TIMEOUT: Final = httpx.Timeout(8.0, connect=3.0)
WHATSAPP: Final = "whatsapp:"
"""Sender and reader of a WhatsApp message are numbers with this before them; the rest is the same."""
SKEW: Final = timedelta(seconds=60)
"""Their clock and ours may differ by this much."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and with them phone numbers


class _Message(msgspec.Struct):
    sid: str
    body: str = ""
    date_created: str | None = None
    status: str = ""


class _Log(msgspec.Struct):
    messages: list[_Message]


class _Error(msgspec.Struct):
    code: int | None = None


class Twilio:
    """One account. The URL holds sid, token and `from`: a number, `whatsapp:` and a number, or a messaging service
    `MG…`."""

    def __init__(self, url: SplitResult) -> None:
        scheme = "http" if url.scheme == "twilio+http" else "https"
        place = url.netloc.rpartition("@")[2]
        self._account, self._token = unquote(url.username or ""), unquote(url.password or "")
        self._messages = f"{scheme}://{place}/2010-04-01/Accounts/{self._account}/Messages.json"
        self._from = parse_qs(url.query)["from"][0]

    async def send_sms(self, trip: Trip, to: str, text: str) -> str:
        """The message's sid. Raises `Temporary` or `Permanent`."""
        if self._from.startswith(WHATSAPP):
            to = WHATSAPP + to
        async with httpx.AsyncClient(
            auth=(self._account, self._token), timeout=TIMEOUT, verify=_trust(), trust_env=False
        ) as client:
            if trip.doubtful and (sid := await self._find(client, trip, to, text)) is not None:
                return sid
            sender = "MessagingServiceSid" if self._from.startswith("MG") else "From"
            form = {"To": to, sender: self._from, "Body": text}
            told = status_url(trip.settings, trip)
            try:
                answer = await _ask(client.post(self._messages, data=form | ({"StatusCallback": told} if told else {})))
            except Permanent as refused:
                if refused.reason != "bad_callback":
                    raise
                # An address of ours that Twilio does not like must not keep a code from its phone.
                answer = await _ask(client.post(self._messages, data=form))
            return msgspec.json.decode(answer, type=_Message).sid

    async def _find(self, client: httpx.AsyncClient, trip: Trip, to: str, text: str) -> str | None:
        """The sid of this very message, if they have it."""
        answer = await _ask(client.get(self._messages, params={"To": to, "PageSize": "50"}))
        since = made_at(trip.ref) - SKEW
        for message in msgspec.json.decode(answer, type=_Log).messages:
            if message.body == text and message.status != "failed" and _moment(message.date_created) >= since:
                return message.sid
        return None


async def _ask(request: Any) -> bytes:
    try:
        answer: httpx.Response = await request
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise Temporary("unreachable") from None
    except httpx.HTTPError:
        raise Temporary("no_answer", unclear=True) from None
    if answer.is_success:
        return answer.content
    if answer.status_code in (401, 403):
        raise Temporary("credentials")
    if answer.status_code == 429:
        raise Temporary("too_many")
    if answer.status_code >= 500:
        raise Temporary("gateway_failed", unclear=True)
    try:
        code = msgspec.json.decode(answer.content, type=_Error).code
    except msgspec.DecodeError:
        code = None
    if code in LASTING:
        raise Permanent(LASTING[code])
    raise Permanent(f"twilio_{code}" if code else f"http_{answer.status_code}")


def _moment(text: str | None) -> datetime:
    """RFC 2822, as Twilio writes it; a message without a date is of just now."""
    return parsedate_to_datetime(text) if text else datetime.now(UTC)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
