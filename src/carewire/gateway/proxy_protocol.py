"""The PROXY protocol, versions 1 and 2: a TCP balancer says whose connection it passes on.

Closed both ways: a peer declared in `CAREWIRE_PROXY_FROM` must begin with a header, and nobody else may (whoever could
would choose the address that caps on guessing are counted by). What breaks the rule is cut off and counted. There is no
guessing: the specification forbids it (section 2).

The address reaches the application as `scope["client"]`, whatever websocket class serves the connection.
Source: https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
"""

import ipaddress
import struct
from typing import Final, NamedTuple

V1: Final = b"PROXY "
V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
V1_BYTES_MAX: Final = 107
"""The longest line of version 1, with its end (section 2.1)."""
V2_BYTES_MAX: Final = 16 + 1024
"""Addresses take 36 bytes at most; the rest is for extensions, which are skipped."""


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
