"""Random and mutated frames, seeded: nothing crashes, nothing is answered with a code that is not declared."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from carewire.errors import REGISTRY
from carewire.gateway import rpc
from carewire.gateway.services import Rules
from carewire.gateway.session import Session
from tests.gateway.conftest import Client, serve
from tests.gateway.test_rpc import FAULTS, REFUSED, SOUND

SEEDS = [frame for _, frame, _, _ in REFUSED if len(frame) < 5_000] + [
    '{"jsonrpc":"2.0","id":1,"method":"socket.ping","params":%s}' % params  # noqa: UP031
    for _, params, *_ in (*FAULTS, *SOUND)
    if len(params) < 2_000
]
SEEDS += [
    '{"jsonrpc":"2.0","id":"a","method":"topic.subscribe","params":{"topic":"line:1","epoch":"e","after":3}}',
    '{"jsonrpc":"2.0","id":2,"method":"socket.resume","params":{"epoch":"e1","topics":{"line:1":0}}}',
    '{"jsonrpc":"2.0","id":3,"method":"test.crash","params":{"a":"\\u0000"}}',
    '[{"jsonrpc":"2.0","id":3,"method":"test.login","params":{"who":3}},{"jsonrpc":"2.0","method":"test.logout"}]',
]
PIECES = [
    *'"{}[],:- \\\0é\U0001f600',
    *("null", "true", "1e999", "\\u0000", "\\ud800", "9" * 30, "[" * 40, "rpc."),
    *('"id":', '"method":', '"params":', '"result":', '"jsonrpc":"2.0"'),
]
DECLARED = {refusal.code for refusal in REGISTRY.values()}


def frames(seed: int, number: int) -> Iterator[str]:
    """A stream of hostile frames; the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(number):
        kind = rng.random()
        if kind < 0.15:
            yield "".join(rng.choices(PIECES, k=rng.randrange(0, 30)))
        elif kind < 0.2:
            yield "".join(chr(rng.randrange(0, 0xD800)) for _ in range(rng.randrange(0, 60)))
        elif kind < 0.3:
            yield "[" + ",".join(rng.choices(SEEDS, k=rng.randrange(1, 8))) + "]"
        else:
            yield mutate(rng, rng.choice(SEEDS))


def mutate(rng: random.Random, frame: str) -> str:
    """Cut, double, swap and insert, a few times."""
    for _ in range(rng.randrange(0, 4)):
        at, end = sorted((rng.randrange(len(frame) + 1), rng.randrange(len(frame) + 1)))
        match rng.randrange(4):
            case 0:
                frame = frame[:at] + rng.choice(PIECES) + frame[at:]
            case 1:
                frame = frame[:at] + frame[end:]
            case 2:
                frame = frame[:end] + frame[at:end] + frame[end:]
            case _:
                frame = frame[:at] + rng.choice(PIECES) + frame[min(len(frame), at + 1) :]
    return frame[:60_000]


def check(frame: object) -> None:
    """An answer frame is JSON-RPC and its codes are declared."""
    for answer in frame if isinstance(frame, list) else [frame]:
        assert isinstance(answer, dict)
        assert answer["jsonrpc"] == "2.0"
        assert ("result" in answer) != ("error" in answer)
        assert "id" in answer
        if "error" in answer:
            assert answer["error"]["code"] in DECLARED
            assert answer["error"]["data"]["reason"] in REGISTRY


def test_fifty_thousand_hostile_frames_leave_the_session_whole_and_every_answer_declared() -> None:
    session = Session(Rules())
    for frame in frames(1, 50_000):
        intake = session.receive(frame)
        for answer in intake.send:
            check(json.loads(answer))
        for work in intake.work:
            assert isinstance(work.call.params, bytes)  # nothing is decoded ahead here
            assert isinstance(json.loads(work.call.params), dict)
            if work.call.id is not None:
                json.loads(work.call.id)
            answer = session.refuse(work.call, work.call.fault) if work.call.fault else None
            if answer is None and work.call.id is not None:
                answer = rpc.result(work.call.id, b"null")
            reply = session.finish(work, answer)
            if reply.frame is not None:
                check(json.loads(reply.frame))
        assert session.in_flight == 0
    assert session.check_flood(datetime.now(UTC)) is None


@pytest.mark.parametrize("seed", [2, 3])
async def test_thousands_of_hostile_frames_over_a_real_socket_are_answered_or_ignored(ws: str, seed: int) -> None:
    async with serve(ws) as site, site.connect() as client:
        for number, frame in enumerate(frames(seed, 1_500)):
            await client.send(frame)
            if number % 16 == 0:
                await drain(client, number)
        await drain(client, -1)


async def drain(client: Client, number: int) -> None:
    """Read up to the answer of a call of our own."""
    await client.send('{"jsonrpc":"2.0","id":"drain %d","method":"socket.ping"}' % number)  # noqa: UP031
    while True:
        frame = await client.get()
        if isinstance(frame, dict) and "method" in frame:
            assert frame["method"] == "line:moved"
            continue
        check(frame)
        if isinstance(frame, dict) and frame["id"] == f"drain {number}":
            return
