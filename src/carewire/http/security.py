"""What every HTTP answer tells a browser, and whose pages may talk to us.

The headers are put on behind all handlers, so errors, unknown paths and refused handshakes carry them as well. A
browser names the page that opens a socket (`Origin`); other programs name none and prove who they are by a token.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from litestar.config.cors import CORSConfig

from carewire.settings import Settings, read_origins

Headers = list[tuple[bytes, bytes]]

ALWAYS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-site"),
    # Whatever is no page of ours loads and runs nothing, should a browser be made to show it.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
]
PAGE: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The content security policy of our own pages: this origin and its websocket, nothing from elsewhere."""
HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")
_LOOPBACK: Final = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"


def fence(settings: Settings) -> Callable[[Any, Any], Awaitable[None]]:
    """The hook that completes the headers of every answer; one that a handler has set stays."""
    headers = [*ALWAYS, HSTS] if settings.public_http.startswith("https://") else ALWAYS

    async def complete(message: Any, scope: Any) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = with_missing(message.get("headers") or (), headers)

    return complete


def with_missing(given: Iterable[tuple[bytes, bytes]], headers: Headers = ALWAYS) -> Headers:
    """These headers, and those of ours that are not among them."""
    told = list(given)
    names = {name.lower() for name, _ in told}
    return told + [header for header in headers if header[0] not in names]


class Origins:
    """Whose pages may open a socket and read our answers: this server's own, and those that the operator names."""

    def __init__(self, settings: Settings) -> None:
        self._listed = {_origin_of(settings.public_http), *read_origins(settings.origins)}
        self._development = settings.mode == "development"
        self._loopback = re.compile(_LOOPBACK)

    def allow(self, origin: str, host: str) -> bool:
        """May a page of this origin talk to the server it reached as `host` (the request's Host header)?

        On a desk a name is not enough: any page can have its own name lead to this machine (DNS rebinding), and here
        everybody may read the mailbox.
        """
        if origin in self._listed or (self._development and self._loopback.fullmatch(origin)):
            return True
        own = bool(host) and origin in (f"http://{host}", f"https://{host}")
        return own and (not self._development or _is_address(host))

    def cors(self) -> CORSConfig:
        """The same for plain HTTP: other origins' scripts read nothing, and never with cookies (there are none)."""
        return CORSConfig(
            allow_origins=sorted(self._listed),
            allow_origin_regex=_LOOPBACK if self._development else None,
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=["authorization", "content-type", "content-disposition", "idempotency-key"],
            allow_credentials=False,
        )


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def _is_address(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    return True
