"""The PROXY protocol, versions 1 and 2: a TCP balancer says whose connection it passes on.

Closed both ways: a peer declared in `CAREWIRE_PROXY_FROM` must begin with a header, and nobody else may (whoever could
would choose the address that caps on guessing are counted by). What breaks the rule is cut off and counted. There is no
guessing: the specification forbids it (section 2).

The address reaches the application as `scope["client"]`, whatever websocket class serves the connection.
Source: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
"""

import asyncio
import ipaddress
import struct
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from carewire import metrics
from carewire.gateway.handshake import http_answer
from carewire.settings import Network

App = Callable[[Any, Any, Any], Awaitable[None]]

V1: Final = b"PROXY "
V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
V1_BYTES_MAX: Final = 107
"""The longest line of version 1, with its end (section 2.1)."""
V2_BYTES_MAX: Final = 16 + 1024
"""Addresses take 36 bytes at most; the rest is for extensions, which are skipped."""
HEADER_S: Final = 5.0
"""A balancer has this long to say whose connection it is."""
STATE: Final = "carewire.client"


class BadHeader(ValueError):
    """Not a PROXY header; the text is the `reason` it is counted under."""


class Header(NamedTuple):
    """Whose connection it is, and how many bytes said so. `source` is None when it is the balancer's own."""

    source: tuple[str, int] | None
    size: int


def read_header(data: bytes) -> Header | None:
    """The header at the start of a connection, None while it is not whole. Raises `BadHeader`."""
    if data[: len(V2)] == V2[: len(data)]:
        return _read_v2(data)
    if data[: len(V1)] == V1[: len(data)]:
        return _read_v1(data)
    raise BadHeader("proxy_header_missing")


def _read_v1(data: bytes) -> Header | None:
    line, end, _ = data[:V1_BYTES_MAX].partition(b"\r\n")
    if not end:
        if len(data) >= V1_BYTES_MAX:
            raise BadHeader("proxy_header_broken")
        return None
    size = len(line) + 2
    words = line.split(b" ")
    if words[1] == b"UNKNOWN":
        return Header(None, size)
    versions = {b"TCP4": 4, b"TCP6": 6}
    try:
        _, family, source, target, port, target_port = (word.decode("ascii") for word in words)
        addresses = [ipaddress.ip_address(text) for text in (source, target)]
        ports = [int(text) for text in (port, target_port) if text.isdigit()]
    except ValueError:
        raise BadHeader("proxy_header_broken") from None
    fits = {address.version for address in addresses} == {versions.get(family.encode())}
    if not fits or len(ports) != 2 or max(ports) > 65_535:
        raise BadHeader("proxy_header_broken")
    return Header((str(addresses[0]), ports[0]), size)


def _read_v2(data: bytes) -> Header | None:
    if len(data) < 16:
        return None
    version_command, family, length = struct.unpack_from("!BBH", data, 12)
    size = 16 + length
    if version_command >> 4 != 2 or version_command & 15 > 1 or size > V2_BYTES_MAX:
        raise BadHeader("proxy_header_broken")
    if len(data) < size:
        return None
    if version_command & 15 == 0:  # LOCAL: the balancer speaks for itself, as in its health checks
        return Header(None, size)
    lengths = {0x11: 4, 0x21: 16}
    width = lengths.get(family)
    if width is None:
        # A family we do not speak (UDP, unix): the specification lets the connection pass under its own address.
        return Header(None, size)
    if length < 2 * width + 4:
        raise BadHeader("proxy_header_broken")
    address = ipaddress.ip_address(data[16 : 16 + width])
    (port,) = struct.unpack_from("!H", data, 16 + 2 * width)
    return Header((str(address), port), size)


def begins_header(data: bytes) -> bool | None:
    """Does this begin a PROXY header? None: too short to say."""
    for magic in (V1, V2):
        if data[: len(magic)] == magic[: len(data)]:
            return True if len(data) >= len(magic) else None
    return False


class Door(HttpToolsProtocol):
    """uvicorn's HTTP class, which every connection begins with, behind the rule for PROXY headers."""

    def __init__(self, *args: Any, trusted: tuple[Network, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._trusted = trusted
        self._begun: bytes | None = b""
        """What came so far of the first bytes; None once it is known whose connection it is."""
        self._must = False
        self._waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection; from a balancer it is nobody's until the header came."""
        super().connection_made(transport)
        self._must = bool(self._trusted) and self.client is not None and self._is_trusted(self.client[0])
        if self._must:
            self._waits = self.loop.call_later(HEADER_S, self._refuse, "proxy_header_late")

    def _is_trusted(self, host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._trusted)

    def data_received(self, data: bytes) -> None:
        """The first bytes decide; the rest is HTTP."""
        if self._begun is None:
            super().data_received(data)
            return
        begun = self._begun = self._begun + data
        if self._must:
            try:
                header = read_header(begun)
            except BadHeader as bad:
                self._refuse(str(bad))
                return
            if header is None:
                return
            if header.source is not None:
                self.client = header.source
                # The websocket class reads the address of the socket anew; this goes with its scope.
                self.app_state = {**self.app_state, STATE: header.source}
            begun = begun[header.size :]
        else:
            begins = begins_header(begun)
            if begins:
                self._refuse("proxy_header_untrusted")
            if begins is not False:
                return
        self._begun = None
        self._stop_waiting()
        if begun:
            super().data_received(begun)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP at all is answered like everything else."""
        self.transport.write(http_answer(400, [], msg.encode("ascii")))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The timer must not outlive the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _refuse(self, reason: str) -> None:
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        self.transport.abort()


def with_true_addresses(app: App) -> App:
    """The application, told the address that the balancer named."""

    async def tell(scope: Any, receive: Any, send: Any) -> None:
        client = (scope.get("state") or {}).pop(STATE, None)
        if client is not None:
            scope["client"] = client
        await app(scope, receive, send)

    return tell
