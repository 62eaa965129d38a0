"""Twilio as far as it reports: a form, signed over the address it was given. Written from its documentation, not from
our code."""

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode, urlsplit

import httpx

from tests.patience import PATIENCE_S

NUMBER = "+919900004712"


def signed(url: str, form: dict[str, str], token: str) -> str:
    """Their `X-Twilio-Signature`."""
    text = url
    for name in sorted(form):
        text += name + form[name]
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def form_of(sid: str, status: str, problem: int | None = None) -> dict[str, str]:
    """What a status callback says; the number is there, too."""
    form = {"MessageSid": sid, "MessageStatus": status, "SmsStatus": status, "To": NUMBER, "From": "+15005550006"}
    return form | ({"ErrorCode": str(problem)} if problem else {}) | {"AccountSid": "AC0123456789", "ApiVersion": ""}


async def report(
    web: httpx.AsyncClient, callback: str, sid: str, status: str, *, token: str, problem: int | None = None
) -> int:
    """POST it to where a callback address leads here; the answer's status."""
    url = callback.partition("#")[0]
    parts, form = urlsplit(url), form_of(sid, status, problem)
    answer = await web.post(
        parts.path + (f"?{parts.query}" if parts.query else ""),
        content=urlencode(form, quote_via=quote),
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signed(url, form, token),
        },
        timeout=PATIENCE_S,
    )
    return answer.status_code
