"""The raw lane: one write per tick, nothing while the line is blocked, an end to patience."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from carewire.bus.frame import Frame
from carewire.bus.tick import Tick
from carewire.errors import Close
from carewire.gateway import outgoing
from carewire.gateway.outgoing import RawOutgoing
from carewire.gateway.services import Rules
from carewire.gateway.wire_protocol import RawLane


class Line:
    """A transport that writes down what it gets and blocks when told."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended: tuple[int, str] | None = None
        self.buffered = 0
        self.blocks_inside_write = False

    def watch(self, paused: Callable[[], None], resumed: Callable[[], None], ended: Callable[[], None]) -> None:
        self.paused, self.resumed, self.ended_by_peer = paused, resumed, ended

    def write(self, frames: bytes) -> None:
        self.written.append(frames)
        if self.blocks_inside_write:
            self.paused()

    def close(self, code: int, reason: str) -> None:
        self.ended = (code, reason)


def make(line: Line, rules: Rules | None = None) -> RawOutgoing:
    """The lane on this line."""
    return RawOutgoing(cast(RawLane, line), rules or Rules(), lambda code: None, Tick())


async def tick() -> None:
    """One turn of the loop."""
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done


async def test_frames_of_one_tick_leave_in_one_write_and_in_order() -> None:
    line = Line()
    out = make(line)
    frames = [Frame(b'"%d"' % n) for n in range(3)]
    for frame in frames:
        out.put(frame)
    assert line.written == []
    await tick()
    assert line.written == [b"".join(f.ready for f in frames)]
    await tick()
    assert len(line.written) == 1


async def test_nothing_is_written_while_the_line_is_blocked_and_all_of_it_afterwards() -> None:
    line = Line()
    line.blocks_inside_write = True
    out = make(line)
    out.put(Frame(b"1"))
    await tick()
    out.put(Frame(b"2"))
    out.put(Frame(b"3"))
    await tick()
    assert line.written == [Frame(b"1").ready]
    line.resumed()
    assert line.written[1:] == [Frame(b"2").ready + Frame(b"3").ready]
    out.discard()


async def test_a_burst_into_a_line_that_has_only_just_filled_up_says_nothing_about_its_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outgoing, "BURST_S", 60)
    line = Line()
    out = make(line, Rules(queue_bytes=10))
    line.paused()
    for _ in range(8):
        out.put(Frame(b"x" * 8))
    assert line.ended is None
    for _ in range(10):
        out.put(Frame(b"x" * 8))
    assert line.ended == (Close.SLOW, "read too slowly")


async def test_more_than_may_wait_for_a_blocked_line_ends_it_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "BURST_S", 0)
    line = Line()
    out = make(line, Rules(queue_bytes=10))
    line.paused()
    for _ in range(4):
        out.put(Frame(b"x" * 8))
    assert line.ended == (Close.SLOW, "read too slowly")
    assert line.written == []


async def test_a_burst_on_a_line_that_is_not_blocked_is_written_at_once_instead() -> None:
    line = Line()
    out = make(line, Rules(queue_bytes=10))
    for _ in range(4):
        out.put(Frame(b"x" * 8))
    await tick()
    assert line.ended is None
    assert b"".join(line.written) == Frame(b"x" * 8).ready * 4


async def test_a_thin_line_that_moves_is_given_time_and_one_that_stands_is_not() -> None:
    line = Line()
    out = make(line, Rules(slow_s=0.02))
    line.buffered = 100
    line.paused()
    line.buffered = 90
    out._look_again()
    assert line.ended is None
    out._look_again()
    assert line.ended == (Close.SLOW, "read too slowly")


async def test_a_close_goes_behind_what_was_put_before_and_ends_everything() -> None:
    line = Line()
    out = make(line)
    out.put(Frame(b"1"))
    out.close(4104, "bye")
    out.put(Frame(b"2"))
    out.close(1000, "again")
    await tick()
    assert (line.written, line.ended) == ([Frame(b"1").ready], (4104, "bye"))


def test_a_ready_frame_is_one_unmasked_rfc_6455_text_frame_at_every_length() -> None:
    for size, head in (
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\0\x7e"),
        (65_536, b"\x81\x7f" + (65_536).to_bytes(8, "big")),
    ):
        assert Frame(b"x" * size).ready == head + b"x" * size
