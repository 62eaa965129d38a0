"""What a websocket client may send, and what it may not, read by us and by the `websockets` library."""

import random

import pytest

from carewire.gateway import frames
from carewire.gateway.frames import Broken, Reader, make_close, make_frame, unmask, unmask_slowly
from tests.gateway.fuzz_frames import fuzz


async def test_ten_thousand_streams_sound_and_hostile_are_heard_as_the_library_hears_them() -> None:
    assert await fuzz(start=5_000_001, count=10_000) == []


async def test_the_comparison_sees_a_parser_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "is_sendable", lambda code: True)
    assert await fuzz(start=1, count=1_000) != []


def test_the_mask_comes_off_with_and_without_the_compiled_helper() -> None:
    rng = random.Random(1)
    for size in (0, 1, 2, 3, 4, 5, 125, 126, 1000, 65_536):
        data, mask = rng.randbytes(size), rng.randbytes(4)
        plain = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        assert unmask(data, mask) == unmask_slowly(data, mask) == plain


def test_a_message_of_endless_empty_fragments_takes_no_room() -> None:
    reader = Reader(100)
    reader.feed(b"\x01\x80\0\0\0\0")
    for _ in range(10_000):
        reader.feed(b"\x00\x80\0\0\0\0")
        assert reader.next() is None
    reader.feed(b"\x80\x81\0\0\0\0x")
    assert reader.next() == (frames.TEXT, b"x")


def test_what_comes_byte_by_byte_is_read_in_time_that_grows_with_its_length_only() -> None:
    reader = Reader(65_536)
    whole = b"\x81\xff" + (65_536).to_bytes(8, "big") + b"\0\0\0\0" + b"x" * 65_536
    for at in range(len(whole) - 1):
        reader.feed(whole[at : at + 1])
        assert reader.next() is None
    reader.feed(whole[-1:])
    assert reader.next() == (frames.TEXT, b"x" * 65_536)


@pytest.mark.parametrize("size", [65_537, 2**32, 2**63, 2**64 - 1])
def test_a_length_above_the_limit_is_refused_before_a_byte_of_it_came(size: int) -> None:
    reader = Reader(65_536)
    reader.feed(b"\x82\xff" + size.to_bytes(8, "big"))
    with pytest.raises(Broken) as broken:
        reader.next()
    assert broken.value.code == 1009


def test_our_own_frames_have_the_shortest_length_and_a_close_frame_never_more_than_125_bytes() -> None:
    assert make_frame(frames.TEXT, b"x" * 125)[:2] == b"\x81\x7d"
    assert make_frame(frames.TEXT, b"x" * 126)[:4] == b"\x81\x7e\0\x7e"
    assert make_frame(frames.TEXT, b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")
    assert make_close(4102, "é" * 100) == b"\x88\x7c" + (4102).to_bytes(2, "big") + "é".encode() * 61
    assert make_close(1005) == b"\x88\0"
    assert make_close(1006) == b"\x88\x02" + (1011).to_bytes(2, "big"), "1006 must not stand in a frame (7.4.1)"
