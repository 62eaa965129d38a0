"""The opening handshake (RFC 6455 section 4.2), sans I/O: uvicorn's HTTP class has read the request and hands its head
over again in one canonical form, so that splitting it is all there is to parse.
"""

import base64
import binascii
import hashlib
import http
import re
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from carewire.http.security import with_missing

GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
VERSION: Final = b"13"

Headers = list[tuple[bytes, bytes]]

PLAIN_BYTES_MAX: Final = 8192
_PLAIN: Final = re.compile(
    rb"GET /[A-Za-z0-9/._~%?&=+,:@-]* HTTP/1\.1\r\n(?:[A-Za-z0-9-]+: [!-~](?:[ -~]*[!-~])?\r\n)+\r\n"
)
_ODD: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"proxy-connection", b"keep-alive"))
"""Headers that mean something to the HTTP class itself."""


class BadHandshake(Exception):
    """This request opens no websocket: the HTTP answer it gets instead."""

    def __init__(self, status: int, problem: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.headers = list(headers)


class Request(NamedTuple):
    """A sound request."""

    path: str
    raw_path: bytes
    query: bytes
    headers: Headers
    key: bytes
    subprotocols: list[str]


def read_plainly(head: bytes) -> Request | None:
    """The request of somebody who plainly opens a websocket and said nothing else yet; None for whatever is odd.

    What this reads uvicorn's HTTP class would have handed over just so (`test_door.py` compares the two): one whole
    head, every line as all clients write it, nothing said twice, no body announced.
    """
    if len(head) > PLAIN_BYTES_MAX or _PLAIN.fullmatch(head) is None:
        return None
    try:
        request = read_request(head)
    except BadHandshake:
        return None
    names = {name for name, _ in request.headers}
    return request if len(names) == len(request.headers) and names.isdisjoint(_ODD) else None


def read_request(head: bytes) -> Request:
    """Read and judge the head of a request, one header a line. Raises `BadHandshake`."""
    lines = head.split(b"\r\n")
    first = lines[0].split(b" ")
    if len(first) != 3 or lines[-2:] != [b"", b""]:
        raise BadHandshake(400, "not a request")
    headers: Headers = []
    known: dict[bytes, bytes] = {}
    for line in lines[1:-2]:
        name, _, value = line.partition(b": ")
        name = name.lower()
        headers.append((name, value))
        if name in _OURS:
            known[name] = known[name] + b"," + value if name in known else value
    _check(first[0], known)
    raw_path, _, query = first[1].partition(b"?")
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise BadHandshake(400, "a path that is not ASCII") from None
    offered = known.get(b"sec-websocket-protocol")
    return Request(
        path=unquote(path) if "%" in path else path,
        raw_path=raw_path,
        query=query,
        headers=headers,
        key=known[b"sec-websocket-key"],
        subprotocols=[word.strip() for word in offered.decode("latin-1").split(",") if word.strip()] if offered else [],
    )


_OURS: Final = frozenset(
    (b"connection", b"upgrade", b"host", b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-protocol")
)


def _check(method: bytes, known: dict[bytes, bytes]) -> None:
    """Section 4.2.1, in the order in which the answers help most."""
    if method != b"GET":
        raise BadHandshake(405, "a websocket is opened by GET", [(b"allow", b"GET")])
    upgrade = known.get(b"upgrade", b"").lower()
    if upgrade != b"websocket" or b"upgrade" not in _words(known.get(b"connection", b"")):
        raise BadHandshake(426, "here are websockets only", [(b"upgrade", b"websocket")])
    if b"host" not in known:
        raise BadHandshake(400, "no Host header")
    version = known.get(b"sec-websocket-version")
    if version is None or b"," in version:
        raise BadHandshake(400, "want one Sec-WebSocket-Version header")
    if version.strip() != VERSION:
        # 4.2.2 point 4 and 4.4: tell which version would do.
        raise BadHandshake(426, "want version 13", [(b"upgrade", b"websocket"), (b"sec-websocket-version", VERSION)])
    try:
        sound = len(base64.b64decode(known.get(b"sec-websocket-key", b""), validate=True)) == 16
    except binascii.Error:
        sound = False
    if not sound:
        raise BadHandshake(400, "want one Sec-WebSocket-Key header of 16 bytes in base64")


def _words(value: bytes) -> list[bytes]:
    return [word.strip() for word in value.lower().split(b",")]


def accept_key(key: bytes) -> bytes:
    """Section 4.2.2 point 5.4."""
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())


def accept_answer(key: bytes, subprotocol: str | None, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The 101. No extension is ever accepted: compression costs 35 KiB a socket and half the speed."""
    parts = [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        accept_key(key),
        b"\r\n",
    ]
    if subprotocol:
        parts.append(_line(b"Sec-WebSocket-Protocol", subprotocol.encode("latin-1")))
    parts.extend(_line(name, value) for name, value in headers)
    parts.append(b"\r\n")
    return b"".join(parts)


def http_answer(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Any other answer; the connection ends behind it."""
    try:
        phrase = http.HTTPStatus(status).phrase.encode()
    except ValueError:
        phrase = b""
    lines = with_missing(headers)
    given = {name.lower() for name, _ in lines}
    for name, value in (
        (b"date", formatdate(usegmt=True).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ):
        if name not in given:
            lines.append((name, value))
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (status, phrase, b"".join(_line(n, v) for n, v in lines), body)


def _line(name: bytes, value: bytes) -> bytes:
    line = b"%b: %b" % (name, value)
    if b"\r" in line or b"\n" in line or b"\0" in line:
        raise ValueError("a header must not hold a line break")
    return line + b"\r\n"


def make_scope(request: Request, **others: Any) -> dict[str, Any]:
    """The ASGI scope (websocket specification 2.4)."""
    root: str = others["root_path"]
    return {
        "type": "websocket",
        "http_version": "1.1",
        "path": root + request.path,
        "raw_path": root.encode("ascii") + request.raw_path,
        "query_string": request.query,
        "headers": request.headers,
        "subprotocols": request.subprotocols,
        **others,
    }
