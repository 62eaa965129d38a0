"""RFC 6455 over a real port: what the Autobahn suite asks of servers, its numbers beside the cases.

Sections 1 to 7, 9 and 10; 12 and 13 (compression) are declined in the handshake, which is tested here too.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.gateway.peer import KEY, Echo, Peer, close, frame, make_request, serve_echo

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SIZES = (0, 125, 126, 127, 128, 65_535, 65_536)


@pytest_asyncio.fixture(params=["asgi", "detached"], scope="module")
async def echo(request: pytest.FixtureRequest) -> AsyncIterator[Echo]:
    """The echo by ordinary ASGI and by callbacks."""
    async with serve_echo(detached=request.param == "detached") as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def asgi() -> AsyncIterator[Echo]:
    """The ordinary one only, for binary messages."""
    async with serve_echo(detached=False) as running:
        yield running


async def still_alive(peer: Peer) -> None:
    peer.send(frame(TEXT, b"alive?"))
    assert await peer.read_frame() == (TEXT, b"alive?")


# --- 7, 3, 4, 5: what breaks the protocol, hostile cases first --------------------------------------------------------
BROKEN: list[tuple[str, bytes, int]] = [
    ("2.5 a ping of 126 bytes", frame(PING, b"x" * 126), 1002),
    ("a pong of 126 bytes", frame(PONG, b"x" * 126), 1002),
    ("a close frame of 126 bytes", frame(CLOSE, close(1000, b"x" * 124)), 1002),
    *[(f"3.{rsv} reserved bits {rsv:03b}", frame(TEXT, b"hello", rsv=rsv), 1002) for rsv in range(1, 8)],
    ("3.5 reserved bits on a ping", frame(PING, b"hello", rsv=2), 1002),
    ("3.6 reserved bits on a close", frame(CLOSE, b"", rsv=5), 1002),
    *[(f"4 opcode {opcode}", frame(opcode), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
    *[(f"4 opcode {opcode} with payload", frame(opcode, b"x"), 1002) for opcode in (3, 7, 11, 15)],
    ("5.1 a ping in two fragments", frame(PING, b"a", fin=False) + frame(0, b"b"), 1002),
    ("5.2 a pong in two fragments", frame(PONG, b"a", fin=False) + frame(0, b"b"), 1002),
    ("a close in two fragments", frame(CLOSE, close(1000), fin=False) + frame(0, b""), 1002),
    ("5.9 a final continuation of nothing", frame(0, b"x"), 1002),
    ("5.12 a continuation of nothing", frame(0, b"x", fin=False), 1002),
    ("5.15 a continuation after a whole message", frame(PONG) + frame(0, b"x") + frame(0, b"x"), 1002),
    ("5.18 a second message inside of one", frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002),
    ("a binary message inside of text", frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"), 1002),
    ("an unmasked frame", frame(TEXT, b"hello", masked=False), 1002),
    ("an unmasked ping", frame(PING, b"", masked=False), 1002),
    ("6.3 bad UTF-8", frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited"), 1007),
    ("6.4 bad UTF-8 in the second fragment", frame(TEXT, b"\xce\xba", fin=False) + frame(0, b"\xf4\x90\x80\x80"), 1007),
    ("6.8 a lone byte of four", frame(TEXT, b"\xf0"), 1007),
    ("6.10 overlong", frame(TEXT, b"\xc0\xaf"), 1007),
    ("6.11 beyond U+10FFFF", frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    ("6.14 a lone continuation byte", frame(TEXT, b"\x80"), 1007),
    ("6.15 fe", frame(TEXT, b"\xfe"), 1007),
    ("6.20 half a surrogate pair", frame(TEXT, b"\xed\xbf\xbf"), 1007),
    ("6.21 both halves", frame(TEXT, b"\xed\xa0\x80\xed\xb0\x80"), 1007),
    ("a character cut off by the end", frame(TEXT, b"a", fin=False) + frame(0, b"\xe2\x82"), 1007),
    ("7.3.2 a close frame of one byte", frame(CLOSE, b"a"), 1002),
    ("7.5.1 a reason that is not UTF-8", frame(CLOSE, close(1000, b"\xce\xba\xed\xa0\x80")), 1007),
    *[(f"7.9 close code {code}", frame(CLOSE, close(code)), 1002)
      for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)],
    ("9 a message above the limit", frame(TEXT, b"x" * 65_537), 1009),
    ("a message above the limit in fragments", frame(TEXT, b"x" * 65_536, fin=False) + frame(0, b"x"), 1009),
    ("a length of 2^63", b"\x81\xff\x80" + bytes(7) + b"abcd", 1009),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
async def test_what_breaks_the_protocol_is_answered_with_its_close_code_and_the_end(
    echo: Echo, data: bytes, code: int
) -> None:
    async with echo.connect() as peer:
        await still_alive(peer)
        peer.send(data, frame(TEXT, b"not heard"), frame(PING, b"nor this"))
        assert await peer.read_close() == code
    assert await echo.ends.get() == code


BAD_TEXT = """
    6.6   ce  cebae1  cebae1bd  cebae1bdb9cf
    6.8   f888808080  fc8480808080
    6.10  f7bfbfbf  fbbfbfbfbf  fdbfbfbfbfbf
    6.11  f4908080
    6.12  80  bf  80bf  80bf80  80bf80bf  80bf80bf80  80bf80bf80bf
    6.13  c020c120df20  e020ef20  f020f720  f820fb20  fc20fd20
    6.14  c0  e080  f08080  f8808080  fc80808080  df  efbf  f7bfbf  fbbfbfbf  fdbfbfbfbf
    6.15  c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf
    6.16  fe  ff  fefeffff
    6.17  c0af  e080af  f08080af  f8808080af  fc80808080af
    6.18  c1bf  e09fbf  f08fbfbf  f887bfbfbf  fc83bfbfbfbf
    6.19  c080  e08080  f0808080  f880808080  fc8080808080
    6.20  eda080  edadbf  edae80  edafbf  edb080  edbe80  edbfbf
    6.21  eda080edb080  eda080edbfbf  edadbfedb080  edadbfedbfbf  edae80edb080  edae80edbfbf  edafbfedb080  edafbfedbfbf
"""


async def test_no_sequence_that_is_not_utf_8_comes_through_whole_or_a_byte_a_fragment(echo: Echo) -> None:
    for word in BAD_TEXT.split():
        if "." in word:
            continue
        bad = bytes.fromhex(word)
        parts = [frame(TEXT, b"", fin=False), *(frame(0, bad[at : at + 1], fin=False) for at in range(len(bad)))]
        for data in (frame(TEXT, bad), b"".join(parts) + frame(0, b"")):
            async with echo.connect() as peer:
                peer.send(frame(TEXT, b"sound"), data, frame(PING))
                if echo.detached:  # 3.2, 4.1.3: what came before is heard; an ASGI application has no turn between
                    assert await peer.read_frame() == (TEXT, b"sound")
                assert await peer.read_close() == 1007, word
            assert await echo.ends.get() == 1007


async def test_a_megabyte_that_is_too_much_still_lets_the_close_frame_through(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(frame(TEXT, b"x" * 1_000_000))
        assert await peer.read_close() == 1009
    assert await echo.ends.get() == 1009


async def test_binary_is_closed_with_1003_where_only_text_is_heard_and_echoed_where_both_are(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(frame(BINARY, b"\xff\0"))
        if echo.detached:
            assert await peer.read_close() == 1003
        else:
            assert await peer.read_frame() == (BINARY, b"\xff\0")
    assert await echo.ends.get() == (1003 if echo.detached else 1006)


# --- 1, 9, 10: messages of all sizes ----------------------------------------------------------------------------------
@pytest.mark.parametrize("size", SIZES)
async def test_text_of_every_size_comes_back(echo: Echo, size: int) -> None:
    async with echo.connect() as peer:
        peer.send(frame(TEXT, b"*" * size))
        assert await peer.read_frame() == (TEXT, b"*" * size)
    await echo.ends.get()


@pytest.mark.parametrize("size", SIZES)
async def test_binary_of_every_size_comes_back(asgi: Echo, size: int) -> None:
    async with asgi.connect() as peer:
        peer.send(frame(BINARY, b"\xfe" * size))
        assert await peer.read_frame() == (BINARY, b"\xfe" * size)
    await asgi.ends.get()


@pytest.mark.parametrize("chop", [1, 64, 1_000])
async def test_bytes_that_come_a_few_at_a_time_make_the_same_message(echo: Echo, chop: int) -> None:
    async with echo.connect() as peer:
        data = frame(TEXT, b"*" * 2_000)
        for at in range(0, len(data), chop):
            peer.send(data[at : at + chop])
            if at % 100 == 0:
                await peer.writer.drain()
        assert await peer.read_frame() == (TEXT, b"*" * 2_000)
    await echo.ends.get()


async def test_64_kib_in_fragments_of_a_hundred_bytes_is_one_message(echo: Echo) -> None:
    async with echo.connect() as peer:
        parts = [frame(0 if at else TEXT, b"f" * 128, fin=False) for at in range(0, 65_536, 128)]
        peer.send(*parts, frame(0, b""))
        assert await peer.read_frame() == (TEXT, b"f" * 65_536)
    await echo.ends.get()


async def test_thousands_of_messages_in_one_write_come_back_in_order(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(*(frame(TEXT, b"%d" % number) for number in range(5_000)))
        for number in range(5_000):
            assert await peer.read_frame() == (TEXT, b"%d" % number)
    await echo.ends.get()


async def test_a_socket_that_floods_leaves_others_their_turn(echo: Echo) -> None:
    async with echo.connect() as flood, echo.connect() as other:
        flood.send(*(frame(TEXT, b"x") for _ in range(50_000)))
        await still_alive(other)
        for _ in range(50_000):
            assert await flood.read_frame() == (TEXT, b"x")
    assert [await echo.ends.get() for _ in range(2)] == [1006, 1006]


# --- 2: pings and pongs -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("payload", [b"", b"hello", b"\0\xff\xfe\xfd", b"\xfe" * 125])
async def test_a_ping_is_answered_with_its_payload(echo: Echo, payload: bytes) -> None:
    async with echo.connect() as peer:
        data = frame(PING, payload)
        for at in range(len(data)):  # 2.6: an octet at a time
            peer.send(data[at : at + 1])
        assert await peer.read_frame() == (PONG, payload)
    await echo.ends.get()


async def test_pongs_nobody_asked_for_are_ignored_and_ten_pings_answered_in_order(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(frame(PONG, b"unasked"), *(frame(PING, b"%d" % number) for number in range(10)))
        assert [await peer.read_frame() for _ in range(10)] == [(PONG, b"%d" % number) for number in range(10)]
        await still_alive(peer)
    await echo.ends.get()


# --- 5: fragments -----------------------------------------------------------------------------------------------------
async def test_fragments_with_pings_between_make_one_message_and_the_pongs_come_first(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(frame(TEXT, b"one", fin=False), frame(PING, b"a"), frame(0, b"two", fin=False))
        assert await peer.read_frame() == (PONG, b"a")
        peer.send(frame(PING, b"b"), frame(PONG, b"c"), frame(0, b"three"))
        assert await peer.read_frame() == (PONG, b"b")
        assert await peer.read_frame() == (TEXT, b"onetwothree")
    await echo.ends.get()


async def test_a_character_may_be_cut_up_by_fragments_and_fragments_may_be_empty(echo: Echo) -> None:
    whole = "κόσμε \U0001f600".encode()
    async with echo.connect() as peer:
        parts = [whole[at : at + 1] for at in range(len(whole))]
        peer.send(frame(TEXT, b"", fin=False), *(frame(0, part, fin=False) for part in parts), frame(0, b""))
        assert await peer.read_frame() == (TEXT, whole)
        await still_alive(peer)
    await echo.ends.get()


# --- 6: text that is sound --------------------------------------------------------------------------------------------
NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
"""6.22: no letters, and sound all the same."""


@pytest.mark.parametrize(
    "text",
    [
        NONCHARACTERS,
        "\ufff9\ufffa\ufffb\ufffc\ufffd",
        "Hello-µ@ßöäüàá-UTF-8!!",
        "\0",
        "\x7f\x80",
        "\u07ff\u0800",
        "\ud7ff\ue000",
        "\ufffd\ufffe\uffff",
        "\U00010000\U0010ffff",
        "\u2028\ufeff",
    ],
)
async def test_every_edge_of_unicode_comes_back(echo: Echo, text: str) -> None:
    async with echo.connect() as peer:
        peer.send(frame(TEXT, text.encode()))
        assert await peer.read_frame() == (TEXT, text.encode())
    await echo.ends.get()


# --- 7: closing -------------------------------------------------------------------------------------------------------
GOOD_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)


@pytest.mark.parametrize("code", GOOD_CODES)
async def test_a_close_code_is_echoed_and_told_and_nothing_behind_it_is_heard(echo: Echo, code: int) -> None:
    async with echo.connect() as peer:
        await still_alive(peer)
        peer.send(frame(CLOSE, close(code, "réason".encode())), frame(TEXT, b"late"), frame(PING), frame(CLOSE))
        assert await peer.read_close() == code
    assert await echo.ends.get() == code


@pytest.mark.parametrize(("payload", "code"), [(b"", 1005), (close(1000, b"x" * 123), 1000)])
async def test_the_shortest_and_the_longest_close_frame_are_answered(echo: Echo, payload: bytes, code: int) -> None:
    async with echo.connect() as peer:
        peer.send(frame(CLOSE, payload))
        assert await peer.read_close() == code
    assert await echo.ends.get() == code


async def test_a_close_between_fragments_is_a_close(echo: Echo) -> None:
    async with echo.connect() as peer:
        peer.send(frame(TEXT, b"begun", fin=False), frame(CLOSE, close(1001)))
        assert await peer.read_close() == 1001
    assert await echo.ends.get() == 1001


async def test_who_goes_without_a_word_is_told_as_1006(echo: Echo) -> None:
    async with echo.connect() as peer:
        await still_alive(peer)
    assert await echo.ends.get() == 1006
    async with echo.connect() as peer:
        await still_alive(peer)
        peer.writer.write_eof()
        await peer.read_end()
    assert await echo.ends.get() == 1006


# --- the handshake ----------------------------------------------------------------------------------------------------
async def test_the_handshake_is_answered_with_the_key_of_the_rfc_and_without_extensions(echo: Echo) -> None:
    offer = "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"
    request = make_request(Sec_WebSocket_Extensions=offer, Sec_WebSocket_Protocol="first, second")
    async with echo.connect(request) as peer:
        status, headers = await peer.read_head()
        assert (status, headers["upgrade"], headers["connection"].lower()) == (101, "websocket", "upgrade")
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert headers["sec-websocket-protocol"] == "first"
        assert "sec-websocket-extensions" not in headers
        await still_alive(peer)
    await echo.ends.get()


HANDSHAKES: list[tuple[str, bytes, int, dict[str, str]]] = [
    ("by POST", make_request("POST"), 405, {"allow": "GET"}),
    ("no key", make_request(Sec_WebSocket_Key=None), 400, {}),
    ("a short key", make_request(Sec_WebSocket_Key="c2hvcnQ="), 400, {}),
    ("a key that is no base64", make_request(Sec_WebSocket_Key="!" * 24), 400, {}),
    ("two keys", make_request(sec_websocket_key=KEY), 400, {}),
    ("no version", make_request(Sec_WebSocket_Version=None), 400, {}),
    ("an old version", make_request(Sec_WebSocket_Version="8"), 426, {"sec-websocket-version": "13"}),
    ("no host", make_request(Host=None), 400, {}),
]


@pytest.mark.parametrize(("request_", "status", "wanted"), [h[1:] for h in HANDSHAKES], ids=[h[0] for h in HANDSHAKES])
async def test_a_handshake_that_is_none_gets_http(
    asgi: Echo, request_: bytes, status: int, wanted: dict[str, str]
) -> None:
    before = len(asgi.scopes)
    async with asgi.connect(request_) as peer:
        got, headers = await peer.read_head()
        assert got == status
        assert wanted.items() <= headers.items()
        assert headers["connection"] == "close"
    assert len(asgi.scopes) == before


async def test_the_scope_tells_path_query_headers_and_protocols_as_asgi_has_them(asgi: Echo) -> None:
    request = make_request(target="/ws/a%20b?x=%20&y", Sec_WebSocket_Protocol="a,b , c", X_Umlaut="\xe9", Cookie="c=1")
    async with asgi.connect(request) as peer:
        await peer.read_head()
    await asgi.ends.get()
    scope = asgi.scopes[-1]
    assert (scope["type"], scope["path"], scope["raw_path"]) == ("websocket", "/ws/a b", b"/ws/a%20b")
    assert (scope["query_string"], scope["subprotocols"], scope["scheme"]) == (b"x=%20&y", ["a", "b", "c"], "ws")
    assert (b"x-umlaut", b"\xe9") in scope["headers"]
    assert (b"cookie", b"c=1") in scope["headers"]
    assert scope["client"][0] == "127.0.0.1"
    assert scope["server"] == ("127.0.0.1", asgi.port)
