"""Many listeners, one turn of the loop: what is written, how often, in which order, whatever their lines do."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carewire import metrics
from carewire.actor import Actor
from carewire.bus.channel import BATCH_BYTES_MAX, Channel, Subscription
from carewire.bus.frame import Frame, count_frames
from carewire.bus.tick import Tick, Write
from carewire.gateway import outgoing
from carewire.gateway.outgoing import RawOutgoing
from carewire.gateway.services import Rules
from carewire.gateway.wire_protocol import RawLane
from carewire.topic import Topic

NO_TOPIC = cast(Topic, None)
PATIENT = Rules(queue_bytes=1 << 30, slow_s=1000)


class Line:
    """A lane over any `write`; blocks, and frees, when told."""

    buffered = 0

    def __init__(self, write: Write) -> None:
        self.write = write
        self.closed = False

    def watch(self, paused: Callable[[], None], resumed: Callable[[], None], ended: Callable[[], None]) -> None:
        self.paused, self.resumed, self.ended = paused, resumed, ended

    def close(self, code: int, reason: str) -> None:
        self.closed = True


class Hearer:
    """A listener at the end of a line."""

    actor: Actor | None = None

    def __init__(self, tick: Tick, write: Write, rules: Rules = PATIENT) -> None:
        self.line = Line(write)
        self.subscriptions: list[Subscription] = []
        self.out = RawOutgoing(cast(RawLane, self.line), rules, lambda code: None, tick, self._turned)

    def _turned(self) -> None:
        for subscription in list(self.subscriptions):
            subscription.channel.reroute(subscription)

    @property
    def direct(self) -> Write | None:
        return self.out.direct

    def deliver(self, frame: Frame) -> None:
        self.out.put(frame)

    def notify(self, name: str, params: bytes) -> None:
        self.out.put(Frame(params))

    def rebind(self, actor: Actor | None) -> None:
        raise AssertionError

    def close(self, code: int, reason: str) -> None:
        self.out.close(code, reason)

    def join(self, channel: Channel, head: int) -> Subscription:
        subscription = Subscription(self, channel)
        channel.joining.append(subscription)
        self.out.put(Frame(b"answer %s %d;" % (channel.name.encode(), head)))
        assert channel.go_live(subscription, head)
        self.subscriptions.append(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self.subscriptions.remove(subscription)
        subscription.channel.remove(subscription)
        self.out.put(Frame(b"left %s;" % subscription.channel.name.encode()))


def words(written: bytes) -> list[str]:
    """The texts of the ready frames that tests write here (all short, all ending in a semicolon)."""
    return re.findall(r"[a-z][a-z0-9 ]*;", written.decode("latin-1"))


async def turn() -> None:
    """Until what was begun in this turn of the loop has been written."""
    loop = asyncio.get_running_loop()
    for _ in range(2):
        done = loop.create_future()
        loop.call_soon(done.set_result, None)
        await done


def writes_so_far() -> int:
    """System calls of this process that wrote."""
    found = re.search(r"syscw: (\d+)", Path("/proc/self/io").read_text())
    assert found is not None
    return int(found[1])


@asynccontextmanager
async def real_lines(number: int, tick: Tick) -> AsyncIterator[list[tuple[Hearer, asyncio.StreamReader]]]:
    """Hearers on real sockets, and the other ends."""
    loop = asyncio.get_running_loop()
    ends = []
    for _ in range(number):
        here, there = socket.socketpair()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, here)
        reader, writer = await asyncio.open_connection(sock=there)
        ends.append((Hearer(tick, cast(asyncio.Transport, transport).write), reader, transport, writer))
    try:
        yield [(hearer, reader) for hearer, reader, _, _ in ends]
    finally:
        for _, _, transport, writer in ends:
            transport.close()
            writer.close()
        await turn()


async def test_a_socket_is_written_once_a_turn_whatever_its_topics_and_its_answers_have_for_it() -> None:
    tick = Tick()
    one, two = Channel("one", NO_TOPIC, (), tick=tick), Channel("two", NO_TOPIC, (), tick=tick)
    async with real_lines(20, tick) as lines:
        for hearer, _ in lines:
            hearer.join(one, 0)
        for hearer, _ in lines[:10]:
            hearer.join(two, 0)
        await turn()
        before = writes_so_far()
        for offset in range(1, 6):
            one.accept(offset, b"one %d;" % offset)
        await turn()
        assert writes_so_far() - before == 20
        before = writes_so_far()
        for offset in range(6, 11):
            one.accept(offset, b"one %d;" % offset)
            two.accept(offset - 5, b"two %d;" % (offset - 5))
        lines[0][0].notify("x", b"notice;")
        lines[15][0].notify("x", b"notice;")
        await turn()
        assert writes_so_far() - before == 20
        heard = words(await lines[0][1].read(10_000))
        assert heard[:7] == ["answer one 0;", "answer two 0;", *(f"one {n};" for n in range(1, 6))]
        assert heard[7:] == ["notice;", *(f"one {n};" for n in range(6, 11)), *(f"two {n};" for n in range(1, 6))]


async def test_events_of_one_turn_are_one_object_for_all() -> None:
    tick = Tick()
    channel = Channel("one", NO_TOPIC, (), tick=tick)
    written: list[list[bytes]] = [[], [], []]
    for line in written:
        Hearer(tick, line.append).join(channel, 0)
    await turn()
    channel.accept(1, b"one 1;")
    channel.accept(2, b"one 2;")
    await turn()
    first, second, third = (line[1:] for line in written)
    assert [count_frames(data) for data in first] == [2]
    assert first[0] is second[0] is third[0]


async def test_who_is_gone_costs_the_others_nothing_and_what_he_missed_is_counted() -> None:
    def gone(data: bytes) -> None:
        raise RuntimeError("the handler is closed")

    tick = Tick()
    channel = Channel("one", NO_TOPIC, (), tick=tick)
    first: list[bytes] = []
    last: list[bytes] = []
    for write in (first.append, gone, lambda data: gone(data), last.append):
        hearer = Hearer(tick, write)
        subscription = Subscription(hearer, channel)
        channel.joining.append(subscription)
        assert channel.go_live(subscription, 0)
    before = metrics.FRAMES_DROPPED.labels("closed")._value.get()
    for offset in range(1, 4):
        channel.accept(offset, b"x" * (100, 300, 70_000)[offset - 1])
    await turn()
    assert first == last
    assert count_frames(b"".join(first)) == 3
    assert metrics.FRAMES_DROPPED.labels("closed")._value.get() - before == 6


async def test_a_flood_of_one_turn_is_written_in_pieces_so_that_a_line_that_blocks_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outgoing, "BURST_S", 0)
    tick = Tick()
    channel = Channel("one", NO_TOPIC, (), tick=tick)
    written: list[bytes] = []

    def block(data: bytes) -> None:
        written.append(data)
        hearer.line.paused()

    hearer = Hearer(tick, block, Rules(queue_bytes=100_000))
    hearer.join(channel, 0)
    await turn()
    hearer.line.resumed()
    written.clear()
    before = metrics.FRAMES_DROPPED.labels("slow")._value.get()
    for offset in range(1, 400):
        channel.accept(offset, b"x" * 1_000)
    await turn()
    assert len(written) == 1
    assert BATCH_BYTES_MAX < len(written[0]) < BATCH_BYTES_MAX + 2_000
    assert hearer.line.closed
    told = count_frames(written[0])
    queued = 100_000 // 1_004 + 1  # the frame that passes the limit is the last that waits
    assert metrics.FRAMES_DROPPED.labels("slow")._value.get() - before == queued + 1
    assert metrics.FRAMES_DROPPED.labels("closed")._value.get() >= 399 - told - queued - 1


async def test_nothing_follows_a_close_frame_whoever_began_to_close() -> None:
    tick = Tick()
    channel = Channel("one", NO_TOPIC, (), tick=tick)
    theirs: list[bytes] = []
    ours: list[bytes] = []
    peer_closes, we_close = Hearer(tick, theirs.append), Hearer(tick, ours.append)
    for hearer in (peer_closes, we_close):
        hearer.join(channel, 0)
    await turn()
    channel.accept(1, b"one 1;")
    peer_closes.line.ended()
    we_close.close(4104, "bye")
    channel.accept(2, b"one 2;")
    await turn()
    assert words(b"".join(theirs)) == ["answer one 0;"]
    assert words(b"".join(ours)) == ["answer one 0;", "one 1;"]


class Story:
    """Topics, and hearers whose lines block and free as they like; what each should hear is written down beside."""

    def __init__(self) -> None:
        self.tick = Tick()
        self.channels = [Channel(name, NO_TOPIC, (), tick=self.tick) for name in ("one", "two")]
        self.heads = [0, 0]
        self.written: list[list[bytes]] = [[] for _ in range(3)]
        self.blocks_next = [False] * 3
        self.blocked = [False] * 3
        self.due: list[dict[str, list[str]]] = [{"one": [], "two": []} for _ in range(3)]
        self.on: list[dict[int, Subscription]] = [{} for _ in range(3)]
        self.hearers = [Hearer(self.tick, self._writer(n)) for n in range(3)]

    def _writer(self, number: int) -> Write:
        def write(data: bytes) -> None:
            assert not self.blocked[number], "written while blocked"
            self.written[number].append(data)
            if self.blocks_next[number]:
                self.blocks_next[number] = False
                self.block(number)

        return write

    def block(self, number: int) -> None:
        if not self.blocked[number]:
            self.blocked[number] = True
            self.hearers[number].line.paused()

    def free(self, number: int) -> None:
        if self.blocked[number]:
            self.blocked[number] = False
            self.hearers[number].line.resumed()

    def tell(self, which: int) -> None:
        self.heads[which] += 1
        name = self.channels[which].name
        for number in range(3):
            if which in self.on[number]:
                self.due[number][name].append(f"{name} {self.heads[which]};")
        self.channels[which].accept(self.heads[which], b"%s %d;" % (name.encode(), self.heads[which]))

    def turn_over(self, number: int, which: int) -> None:
        channel = self.channels[which]
        if which in self.on[number]:
            self.hearers[number].leave(self.on[number].pop(which))
            self.due[number][channel.name].append(f"left {channel.name};")
        else:
            self.due[number][channel.name].append(f"answer {channel.name} {self.heads[which]};")
            self.on[number][which] = self.hearers[number].join(channel, self.heads[which])


STEPS = st.one_of(
    st.tuples(st.just("tell"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("turn_over"), st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.sampled_from(["block", "free", "blocks_next"]), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("turn"), st.just(0), st.just(0)),
)


@settings(max_examples=300)
@example([("turn_over", 1, 1), ("blocks_next", 0, 0), ("tell", 1, 0), ("turn_over", 0, 1), ("tell", 1, 0)])
@given(st.lists(STEPS, max_size=60))
def test_every_listener_hears_each_topic_whole_and_in_order_whatever_its_line_does(
    steps: list[tuple[str, int, int]],
) -> None:
    async def tell_it() -> Story:
        story = Story()
        for step, a, b in steps:
            match step:
                case "tell":
                    story.tell(a)
                case "turn_over":
                    story.turn_over(a, b)
                case "block":
                    story.block(a)
                case "free":
                    story.free(a)
                case "blocks_next":
                    story.blocks_next[a] = True
                case "turn":
                    await turn()
        story.blocks_next = [False] * 3
        for number in range(3):
            story.free(number)
        await turn()
        return story

    story = asyncio.run(tell_it())
    for written, due in zip(story.written, story.due, strict=True):
        heard = words(b"".join(written))
        for name, expected in due.items():
            assert [word for word in heard if name in word] == expected


def test_ready_frames_are_counted_at_every_length() -> None:
    texts = [b"", b"x", b"x" * 125, b"x" * 126, b"x" * 65_535, b"x" * 65_536]
    assert count_frames(b"".join(Frame(text).ready for text in texts)) == len(texts)
    assert count_frames(b"") == 0


@pytest.mark.parametrize("size", [0, 125, 126, 65_536])
def test_a_piece_of_one_frame_is_one(size: int) -> None:
    assert count_frames(Frame(b"x" * size).ready) == 1
