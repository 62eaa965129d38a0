"""Differential fuzzing: our websocket class against the `websockets` library, on the same bytes.

    python -m tests.gateway.fuzz_frames --start 1 --count 1000000

Each number makes one client stream, sound or hostile, cut up at random. Both must hear the same messages, send the same
pongs and the same close code, and tell the application the same end. Where they differ on purpose, `allow` says why.
`make soak` runs a million, in pieces that are kept: an interrupted run goes on where it was.
"""

import argparse
import asyncio
import hashlib
import json
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

import uvicorn
import uvloop
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from carewire.gateway.lane import EXTENSION
from carewire.gateway.wire_protocol import WireProtocol
from tests.gateway.streams import LIMITS, make_stream

ROOT: Final = Path(__file__).resolve().parents[2]
PIECE: Final = 50_000
HEAD: Final = (
    b"GET / HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSED_BY_US: Final = 4100


def turn() -> Coroutine[Any, Any, None]:
    """One turn of the loop, all there is to wait for here."""
    return asyncio.sleep(0)


class Heard:
    """What one side made of a stream."""

    def __init__(self) -> None:
        self.messages: list[tuple[bool, bytes]] = []
        self.pongs: list[bytes] = []
        self.closes: list[int] = []
        """Codes of close frames sent; 1005 for one without."""
        self.ended = False
        self.end: int | None = None
        """The close code the application is told; None while the connection goes on."""

    def told(self) -> Any:
        return self.messages, self.pongs, self.closes, self.ended, self.end

    def sent(self, data: bytes) -> None:
        """Take server frames apart."""
        at = 0
        while at < len(data):
            opcode, size, head = data[at] & 15, data[at + 1], 2
            assert data[at] & 0xF0 == 0x80
            assert size < 126, "only control frames are sent here"
            payload = data[at + head : at + head + size]
            at += head + size
            if opcode == Opcode.PONG:
                self.pongs.append(payload)
            else:
                assert opcode == Opcode.CLOSE
                self.closes.append(int.from_bytes(payload[:2], "big") if payload else 1005)


# --- ours ------------------------------------------------------------------------------------------------------------
class Line(asyncio.Transport):
    """A transport that writes down what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_over = self.is_paused = False

    def write(self, data: Any) -> None:
        assert not self.is_over, "written behind the end"
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.is_over = True

    def close(self) -> None:
        self.is_over = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_over

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def get_write_buffer_size(self) -> int:
        return 0


class Ours:
    """Our class, from the handshake on, behind an application that detaches, or one that knows plain ASGI only."""

    def __init__(self) -> None:
        self._sites = {limit: (self._configure(limit), ServerState()) for limit in LIMITS}
        self._heard = Heard()
        self._detached = True
        self._close: Any = None

    def _configure(self, limit: int) -> uvicorn.Config:
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            proxy_headers=False,
            ws_max_size=limit,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
        )
        config.load()
        return config

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        heard, lane = self._heard, scope["extensions"][EXTENSION]
        self._close = lane.close
        await receive()
        await send({"type": "websocket.accept"})
        if self._detached:

            def on_lost(code: int) -> None:
                heard.end = code

            lane.detach(lambda payload: heard.messages.append((True, payload)), on_lost)
            return
        while (event := await receive())["type"] == "websocket.receive":
            is_text = event["text"] is not None
            heard.messages.append((is_text, event["text"].encode() if is_text else event["bytes"]))
        heard.end = event["code"]

    async def hear(self, limit: int, pieces: list[bytes], close_at: int | None, *, detached: bool) -> Heard:
        """Take a stream in."""
        config, state = self._sites[limit]
        heard = self._heard = Heard()
        self._detached = detached
        line, wire = Line(), WireProtocol(config, state, {})
        wire.connection_made(line)
        wire.data_received(HEAD)
        while not line.written:
            await turn()
        line.written.clear()
        for number, piece in enumerate(pieces):
            if number == close_at:
                self._close(CLOSED_BY_US, "")
            wire.data_received(piece)
            while line.is_paused and not line.is_over:
                await turn()
        if not detached:
            for _ in range(3):  # the application's task reads what there is in one go
                await turn()
        heard.sent(bytes(line.written))
        heard.ended = line.is_over
        answer = Heard()
        answer.messages, answer.pongs, answer.closes = list(heard.messages), heard.pongs, heard.closes
        answer.ended, answer.end = heard.ended, heard.end
        wire.connection_lost(None)
        while state.tasks:
            await turn()
        assert not state.connections
        return answer


# --- the library -----------------------------------------------------------------------------------------------------
class Library:
    """The sans-I/O core of `websockets`, and around it what uvicorn's class adds: whole messages and their UTF-8."""

    def __init__(self, whole: bytes, limit: int, *, detached: bool) -> None:
        self._bytes = whole
        self._core = ServerProtocol(max_size=limit, state=State.OPEN)
        self._detached = detached
        self._whole: bytearray | None = None
        self._is_text = False
        self._closed = False
        self._fed = 0
        self.frame_at = 0
        """Where the frame begins that is not complete yet."""
        self.heard = Heard()

    @property
    def head(self) -> bytes:
        """The first two bytes of the frame that is not complete yet, as far as they have come."""
        return self._bytes[self.frame_at : self.frame_at + 2]

    @property
    def found_too_big(self) -> bool:
        return isinstance(self._core.parser_exc, PayloadTooBig)

    @property
    def in_fragments(self) -> bool:
        return self._whole is not None

    def close(self) -> None:
        if self._core.state is State.OPEN and not self.heard.ended:
            self._core.send_close(CLOSED_BY_US)
            self._closed = True
            if not self._detached:
                self.heard.end = CLOSED_BY_US
            self._collect()

    def feed(self, data: bytes) -> None:
        """Take bytes in; at most one frame may end in them."""
        core = self._core
        if self.heard.ended:
            return
        core.receive_data(data)
        self._fed += len(data)
        for event in core.events_received():
            assert isinstance(event, Frame)
            if self._refuse_long_control():
                return
            self.frame_at = self._fed
            if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._assemble(event)
        if core.parser_exc is not None and self.heard.end is None:
            fault = core.parser_exc
            if not isinstance(fault, PayloadTooBig) and self._refuse_long_control():
                return
            if str(fault) == "incomplete fragmented message":
                # Ours takes a close frame between fragments for what it says: 5.4 lets control frames stand there,
                # and 5.5.1 demands no message to be complete before.
                assert core.close_rcvd is not None
                self._end(core.close_rcvd.code)
                if not self._closed:
                    core.data_to_send()
                    self.heard.closes.append(core.close_rcvd.code)
            else:
                self._end({"UnicodeDecodeError": 1007, "PayloadTooBig": 1009}.get(type(fault).__name__, 1002))
        elif core.close_rcvd is not None:
            self._end(core.close_rcvd.code)
        self._collect()

    def _refuse_long_control(self) -> bool:
        """Ours takes no control frame whose length is spelled in more than seven bits (5.2: the minimal number of bytes
        MUST be used; 5.5); the library does.
        """
        if self.head[0] & 15 < Opcode.CLOSE or self.head[1] & 0x7F <= 125:
            return False
        self._core.data_to_send()
        self._end(1002)
        self.heard.closes += [] if self._closed else [1002]
        self.heard.ended = True
        return True

    def _assemble(self, event: Frame) -> None:
        if event.opcode is not Opcode.CONT:
            self._whole, self._is_text = bytearray(), event.opcode is Opcode.TEXT
        assert self._whole is not None
        self._whole += event.data
        if not event.fin:
            return
        payload, self._whole = bytes(self._whole), None
        if self._is_text:
            try:
                payload.decode()
            except UnicodeDecodeError:
                self._fail(1007)
                return
        if self._closed:
            return
        if not self._is_text and self._detached:
            self._fail(1003)
        else:
            self.heard.messages.append((self._is_text, payload))

    def _fail(self, code: int) -> None:
        self._core.fail(code)
        self._end(code)

    def _end(self, code: int) -> None:
        if self.heard.end is None:
            self.heard.end = code

    def _collect(self) -> None:
        self.heard.sent(b"".join(bytes(data) for data in self._core.data_to_send()))
        self.heard.ended = self.heard.ended or self._core.eof_sent


def allow(ours: Heard, library: Library) -> bool:
    """Is this one of the two differences that are meant? Everything before it must be the same."""
    theirs, head = library.heard, library.head
    if len(head) < 2:
        return False
    opcode, size = head[0] & 15, head[1] & 0x7F
    sound_control = opcode in (8, 9, 10) and head[0] >= 0x80 and not head[0] & 0x70 and size <= 125
    if library.found_too_big and sound_control and library.in_fragments:
        # The library counts a control frame against the size of the message it stands in; 5.4 and 5.5 do not.
        before = len(theirs.messages), len(theirs.pongs)
        return (ours.messages[: before[0]], ours.pongs[: before[1]]) == (theirs.messages, theirs.pongs)
    # 7.1.7: ours fails a frame as soon as its first two bytes are wrong; the library reads it to its end first, finds
    # it too big before, or is closed meanwhile.
    if (ours.messages, ours.pongs) != (theirs.messages, theirs.pongs) or not ours.ended:
        return False
    failed = ours.closes == [1002] and theirs.closes in ([], [1009], [CLOSED_BY_US])
    if not failed and not (ours.closes == theirs.closes == [CLOSED_BY_US]):
        return False
    if ours.end not in (1002, CLOSED_BY_US) or theirs.end not in (None, 1002, 1009, CLOSED_BY_US):
        return False
    out_of_place = opcode < 8 and (opcode == 0) != library.in_fragments
    return bool(head[0] & 0x70) or out_of_place or (opcode >= 8 and not sound_control)


async def compare(ours: Ours, number: int) -> str | None:
    """One stream on both; what differs, or None."""
    limit, pieces, close_at = make_stream(number)
    detached = number % 4 != 0
    heard = await ours.hear(limit, pieces, close_at, detached=detached)
    whole = b"".join(pieces)
    library = Library(whole, limit, detached=detached)
    closing = sum(map(len, pieces[:close_at])) if close_at is not None else None
    for at in range(len(whole)):
        if at == closing:
            library.close()
        library.feed(whole[at : at + 1])
    if not whole and closing is not None:
        library.close()
    if heard.told() == library.heard.told() or allow(heard, library):
        return None
    return f"{number} (limit {limit}, close {closing}): {whole[:300].hex()}\n  ours {heard.told()!s:.600}\n  " + (
        f"theirs {library.heard.told()!s:.600}"
    )


# --- runs ------------------------------------------------------------------------------------------------------------
async def fuzz(start: int, count: int) -> list[str]:
    """Compare these streams; the differences."""
    ours = Ours()
    return [found for number in range(start, start + count) if (found := await compare(ours, number)) is not None]


def digest() -> str:
    """What was compared: other code, other results."""
    files = [*sorted((ROOT / "src/carewire/gateway").glob("*.py")), Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", type=int, default=1, help="the first stream")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many")
    parser.add_argument("--file", type=Path, default=ROOT / ".carewire" / "frames.jsonl", help="where results are kept")
    args = parser.parse_args()
    args.file.parent.mkdir(parents=True, exist_ok=True)
    code, end = digest(), args.start + args.count
    lines = [json.loads(line) for line in args.file.read_text().splitlines()] if args.file.exists() else []
    done = {(line["start"], line["count"]): line for line in lines if line["code"] == code}
    differences: list[str] = []
    began = time.monotonic()
    for start in range(args.start, end, PIECE):
        count = min(PIECE, end - start)
        piece = done.get((start, count))
        if piece is None:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found = runner.run(fuzz(start, count))
            piece = {"code": code, "start": start, "count": count, "differences": found}
            with args.file.open("a") as file:
                file.write(json.dumps(piece) + "\n")
        differences += piece["differences"]
        print(
            f"streams up to {start + count - 1}: {len(differences)} differ ({time.monotonic() - began:.0f} s)",
            flush=True,
        )
    print("\n".join(differences[:10]))
    print(f"{args.count} streams, read by us and by the library: {len(differences)} differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
