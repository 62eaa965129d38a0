"""The short way of reading a frame: it answers only for what the long way would have read just so."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from carewire.command import REGISTRY, Command
from carewire.errors import Refusal
from carewire.gateway import rpc
from carewire.params import decode_params, decode_soundly


class Plain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of everything that is read the short way."""

    whom: UUID
    name: str = ""
    number: int | None = None
    at: datetime | None = None
    sure: bool = False


class Deep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not."""

    share: float


PARAMS: dict[str, type[msgspec.Struct]] = {"test.plain": Plain, "test.deep": Deep}


def declared(name: str) -> Command:
    return msgspec.structs.replace(REGISTRY["toy.add"], name=name, params=PARAMS[name])


def decode(name: str, raw: bytes) -> msgspec.Struct | None:
    return decode_soundly(declared(name), raw) if name in PARAMS else None


def request(**more: Any) -> dict[str, Any]:
    params = {"whom": str(uuid4()), "name": "Zoë", "number": 7, "at": datetime.now(UTC).isoformat(), "sure": True}
    return {"jsonrpc": "2.0", "id": 7, "method": "test.plain", "params": params} | more


def told(parsed: rpc.Parsed) -> Any:
    """What it means to a session, refusals by what they say."""
    calls = [(call.id, call.method, call.params, call.fault and call.fault.to_wire()) for call in parsed.calls]
    return calls, parsed.answers, parsed.batch, parsed.dropped, parsed.refused


def agree(frame: str | bytes) -> bool:
    """Was it read the short way? Then the long way has to agree."""
    short, long = rpc.parse(frame, decode), rpc.parse(frame)
    taken = len(short.calls) == 1 and not isinstance(short.calls[0].params, bytes)
    if not taken:
        assert told(short) == told(long), frame
        return False
    (mine,), (theirs,) = short.calls, long.calls
    assert (mine.id, mine.method, theirs.fault) == (theirs.id, theirs.method, None), frame
    assert (short.answers, short.batch, short.dropped, long.answers) == ([], False, 0, []), frame
    assert isinstance(theirs.params, bytes)
    assert decode_params(declared(mine.method), theirs.params) == mine.params, frame
    return True


@pytest.mark.parametrize("more", [{}, {"id": "a b"}, {"id": 0}, {"id": -5}, {"params": {"whom": str(uuid4())}}])
def test_ordinary_requests_are_read_once(more: dict[str, Any]) -> None:
    assert agree(json.dumps(request(**more), ensure_ascii=False))


def test_a_notification_is_read_once_too() -> None:
    frame = request()
    del frame["id"]
    assert agree(json.dumps(frame, ensure_ascii=False))


@pytest.mark.parametrize(
    "frame",
    [
        request(id=None),
        request(id=1.5),
        request(id="\\"),
        request(id="x" * 300),
        request(id=10**18),
        request(id=True),
        request(id=[1]),
        request(jsonrpc="1.0"),
        request(method="rpc.plain"),
        request(method="test.unknown"),
        request(method=5),
        request(more="member"),
        request(params=[1]),
        request(params=None),
        request(params={"whom": "x"}),
        request(params={"whom": str(uuid4()), "name": "\0"}),
        request(params={"whom": str(uuid4()), "name": "\ud800"}),
        request(params={"whom": str(uuid4()), "number": 2**63}),
        request(params={"whom": str(uuid4()), "number": 2**64}),
        request(params={"whom": str(uuid4()), "at": "2026-01-01T00:00:00"}),
        request(params={"whom": str(uuid4()), "at": "0001-01-01T00:00:00Z"}),
        request(params={"whom": str(uuid4()), "unknown": 1}),
        request(method="test.deep", params={"share": 0.5}),
        request(method="test.deep", params={"share": 1e300}),
        [request()],
        {"jsonrpc": "2.0", "id": 1, "result": 5},
        5,
    ],
)
def test_everything_else_is_read_the_long_way(frame: Any) -> None:
    assert not agree(json.dumps(frame))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"jsonrpc":"2.0","id":01,"method":"test.deep","params":{}}',
        b'{"jsonrpc":"2.0","id":"\x01","method":"test.plain","params":{}}',
        b'{"jsonrpc":"2.0","id":1,"method":"test.plain","params":{"whom":"\\x"}}',
        b"{" * 500,
        b"",
        b'{"jsonrpc":"2.0"}garbage',
    ],
)
def test_what_is_no_json_is_not_taken(raw: bytes) -> None:
    assert not agree(raw)


def test_bytes_that_are_not_utf8_are_refused_either_way() -> None:
    raw = json.dumps(request()).encode().replace(b"2.0", b"2.\xff")
    with pytest.raises(UnicodeDecodeError):
        rpc.parse(raw, decode)


PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud800",
    "0",
    "1e9",
    "9" * 20,
    " ",
    "null",
    "id",
    "é",
    "\t",
]


def mutants(seed: int, count: int) -> Iterator[str]:
    """Requests with some of their characters gone, doubled or replaced."""
    rng = random.Random(seed)
    for _ in range(count):
        frame = json.dumps(request(), ensure_ascii=rng.random() < 0.3)
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            at = rng.randrange(len(frame))
            frame = frame[:at] + rng.choice([*PIECES, frame[at : at + 9]]) + frame[at + rng.choice((0, 1, 5)) :]
        yield frame


def test_thirty_thousand_mutants_are_read_the_same_way_by_both() -> None:
    taken = sum(agree(frame) for frame in mutants(1, 30_000))
    assert 3_000 < taken < 29_000


def test_a_refusal_of_the_long_way_names_the_field() -> None:
    """Nothing is refused on the short way: what it does not take is judged as ever."""
    (call,) = rpc.parse(json.dumps(request(params={"whom": "x"})), decode).calls
    assert isinstance(call.params, bytes)
    with pytest.raises(Refusal) as refused:
        decode_params(declared("test.plain"), call.params)
    assert refused.value.fields[0].path == "$.whom"
