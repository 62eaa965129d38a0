"""What Twilio reports of a message: its signature (docs: /docs/usage/security), and the few fields we want of it."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Annotated, Final
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.http.webhook import Call, Forged, GatewayEvent
from carewire.settings import Settings

FORM: Final = "application/x-www-form-urlencoded"
FIELDS_MAX: Final = 100
PORTS: Final = {"https": 443, "http": 80}


class MessageReport(GatewayEvent, frozen=True, kw_only=True):
    """How far a message came, in Twilio's words. Its `id` is made of message and status: each is reported once."""

    sid: Annotated[str, Meta(min_length=1, max_length=64)]
    status: Annotated[str, Meta(min_length=1, max_length=32)]
    letter: UUID | None
    """Ours, from the address we gave it; None for one that was given another."""
    problem: int | None
    """Twilio's number of an error."""


def signature(token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """Of a POST to this address: the address and each name with its values, sorted, under the account's token."""
    said = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


def read(settings: Settings, call: Call) -> MessageReport:
    """Raises `Forged` unless one of the tokens signed it."""
    try:
        form = parse_qsl(call.body.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise Forged() from None
    given = call.headers.get("x-twilio-signature", "").encode("latin-1", "replace")
    if not any(
        hmac.compare_digest(signature(token, url, form).encode(), given)
        for token in settings.sms_secrets
        for url in _spellings(call.url)
    ):
        raise Forged()
    fields = dict(form)
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "")
    letter = parse_qs(urlsplit(call.url).query).get("letter")
    told = {"id": f"{sid}:{status}", "sid": sid, "status": status, "letter": letter[0] if letter else None}
    return msgspec.convert(told | {"problem": fields.get("ErrorCode") or None}, MessageReport, strict=False)


def _spellings(url: str) -> Iterator[str]:
    """Twilio signs some addresses with their port and some without, as its own libraries know."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    yield url
    yield _with(parts, host)
    yield _with(parts, f"{host}:{PORTS.get(parts.scheme, 443)}")


def _with(parts: SplitResult, netloc: str) -> str:
    return urlunsplit(parts._replace(netloc=netloc))
