"""The benchmark's own honesty: the load client counts right, and the report says what was measured."""

import asyncio
import itertools
import socket
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
import redis.asyncio

from carewire.embedded import Valkey
from carewire.embedded.process import ended, send, spawn
from load.bench import chart, plan, report
from load.bench.__main__ import Bench
from load.bench.client import LoadClient, Setup, escape, running_client
from load.bench.commands import LANES
from load.bench.contenders import BY_NAME, EVENT_BYTES, FLOOR, OURS, PEERS, Contender, event_json
from load.bench.install import run
from load.bench.machine import Unfit, compile_c, free_port
from load.bench.plan import QUICK, TARGETS, TINY, WORKS, Figure, Target
from load.bench.report import Sample
from load.bench.servers import FLOOR_TOPIC, resp
from load.bench.stage import Figures, Stage

LISTENERS = 40
TOPIC = FLOOR_TOPIC
EVENT = resp(b"PUBLISH", TOPIC.encode(), event_json().encode())


@pytest_asyncio.fixture(scope="module")
async def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("programs")
    return {name: compile_c(name, folder) for name in ("client", "floor")}


@pytest_asyncio.fixture
async def floor_port(programs: dict[str, Path], valkey: Valkey, tmp_path: Path) -> AsyncIterator[int]:
    """A floor server on our Valkey."""
    port, path = free_port(), valkey.url.removeprefix("unix://")
    child = spawn([programs["floor"], str(port), path, TOPIC], log=tmp_path / "floor.log", env={})
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield port
    send(child.pid, 15)
    assert await ended(child, 5)


@asynccontextmanager
async def listening(programs: dict[str, Path], port: int, valkey: Valkey, folder: Path) -> AsyncIterator[LoadClient]:
    setup = Setup(
        contender=FLOOR,
        port=port,
        listen=FLOOR.wire.subscriptions([TOPIC]),
        redis=Path(valkey.url.removeprefix("unix://")),
        message=EVENT,
    )
    async with running_client(programs["client"], setup, folder / "client.conf", None) as client:
        await client.open("L", LISTENERS, 10)
        yield client


@pytest.mark.parametrize("in_flight", [1, 2, 32])
async def test_every_delivery_of_the_floor_is_counted_once(
    programs: dict[str, Path], floor_port: int, valkey: Valkey, tmp_path: Path, in_flight: int
) -> None:
    async with listening(programs, floor_port, valkey, tmp_path) as client:
        answer = await client.events(f"fan {in_flight} 0.2 0")
        assert answer.missing == answer.odd == answer.lost == 0
        assert answer.events > in_flight
        # What is still in flight at the end of the measured time is waited for, and not counted.
        assert (answer.events - in_flight) * LISTENERS <= answer.delivered <= answer.events * LISTENERS


async def test_a_fixed_rate_measures_every_delivery(
    programs: dict[str, Path], floor_port: int, valkey: Valkey, tmp_path: Path
) -> None:
    async with listening(programs, floor_port, valkey, tmp_path) as client:
        answer = await client.events("rate 100 0.3")
        assert answer.events == 30
        assert answer.measured == 30 * LISTENERS
        assert 0 < answer.p50 <= answer.p99 <= answer.max * 1.01


async def test_an_event_that_nobody_measured_voids_the_figure(
    programs: dict[str, Path], floor_port: int, valkey: Valkey, tmp_path: Path
) -> None:
    """A server that sends twice would look twice as fast."""
    async with (
        listening(programs, floor_port, valkey, tmp_path) as client,
        redis.asyncio.Redis.from_url(valkey.url) as bus,
        bus.pubsub(ignore_subscribe_messages=True) as ear,
    ):
        await ear.subscribe(TOPIC)
        order = asyncio.create_task(client.events("rate 50 0.3"))
        while await ear.get_message(timeout=5) is None:  # until the first event of the measurement
            assert not order.done()
        await bus.publish(TOPIC, event_json())
        with pytest.raises(Unfit, match=f"-{LISTENERS} deliveries missing"):
            await order


async def test_requests_are_answered_one_by_one(
    programs: dict[str, Path], floor_port: int, valkey: Valkey, tmp_path: Path
) -> None:
    async with listening(programs, floor_port, valkey, tmp_path) as client:
        closed = await client.requests(f"ask {LISTENERS} 0.2 0")
        paced = await client.requests("pace 200 0.2")
        once = await client.requests(f"once {LISTENERS}")
        assert closed.answered == closed.measured > LISTENERS
        assert paced.answered == 40
        assert once.answered == LISTENERS


async def test_a_server_that_is_not_there_is_said_so(programs: dict[str, Path], valkey: Valkey, tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=f"{LISTENERS} of {LISTENERS} sockets did not open"):
        async with listening(programs, free_port(), valkey, tmp_path):
            pass


async def test_a_contender_that_fails_keeps_what_it_measured_and_costs_nobody_else() -> None:
    async def half(stage: object, contender: Contender, figures: Figures) -> None:
        figures[FAST, ""] = 7.0
        raise Unfit("the server ended")

    bench = Bench(TINY, "A", "ws", None)
    for name in ("ws", "carewire"):
        await bench.measure(cast(Stage, None), half, "A", 0, BY_NAME[name])
    assert [(s.contender, s.value) for s in bench.samples] == [("ws", 7.0), ("carewire", 7.0)]
    assert bench.skipped == [f"A, round 1, {title}: the server ended" for title in ("Node ws", "Carewire")]


async def test_an_environment_that_cannot_be_made_is_told_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=r"cannot be installed \(no such package\); see .*install\.log"):
        await run(["sh", "-c", "echo no such package >&2; exit 1"], tmp_path)


def test_an_event_of_a_peer_is_as_long_as_ours() -> None:
    assert len(event_json()) == EVENT_BYTES
    assert escape(b"\x00a\\\r") == "\\x00a\\\\\\x0d"


def test_every_target_is_of_something_the_plan_measures() -> None:
    n = QUICK.listeners[0]
    made = [plan.paced(n), plan.burst(n), plan.CONNECTS, *map(plan.memory, QUICK.idle)]
    made += [plan.commands(name) for name in (plan.HOT, plan.SPREAD)]
    for share, maker in itertools.product(("p50", "p99"), (plan.fan_delay, plan.cross_delay)):
        made += [maker(share, size) for size in (n, *QUICK.commands_per_s)]
    made += [plan.resumes(missed) for missed in QUICK.missed] + [plan.statements(missed) for missed in QUICK.missed]
    for target in TARGETS:
        assert (target.work, target.variant) in {(figure.work, figure.variant) for figure in made}, target
        assert target.peer in {"", plan.BEST, *BY_NAME}
        assert target.lane in {"", *LANES}
        assert target.work in WORKS


def test_each_round_begins_with_another_contender() -> None:
    names = [OURS.name, FLOOR.name, *(peer.name for peer in PEERS)]
    orders = [plan.rotated(names, turn) for turn in range(3)]
    assert len({order[0] for order in orders}) == 3
    assert all(sorted(order) == sorted(names) for order in orders)


FAST = Figure("A", "paced", "deliveries/s")
SLOW = Figure("E", "p99", "ms", "less")


def sample(figure: Figure, who: str, *values: float, lane: str = "") -> list[Sample]:
    return [Sample(figure, lane, who, turn, value) for turn, value in enumerate(values)]


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    """Rounds are compared with themselves: the machine's speed moves between them."""
    results = report.compare([*sample(FAST, "carewire", 100, 300, 50), *sample(FAST, "ws", 50, 100, 50)])
    assert [(r.peer, r.ours, r.theirs, r.ratio, r.low, r.high) for r in results] == [("ws", 100, 50, 2, 1, 3)]


def test_a_round_that_a_peer_missed_is_left_out() -> None:
    peers = [Sample(FAST, "", "ws", 1, 100)]
    (result,) = report.compare([*sample(FAST, "carewire", 100, 300), *peers])
    assert (result.ratio, result.rounds) == (3, 1)


def test_targets_are_judged_by_the_right_peer_and_the_right_way() -> None:
    samples = [*sample(SLOW, "carewire", 8), *sample(SLOW, "ws", 10), *sample(SLOW, "uws", 20)]
    samples += [*sample(FAST, "carewire", 90, lane="fast"), *sample(FAST, "ws", 10), *sample(FAST, "floor", 1000)]
    targets = [
        Target("E", "p99", "", plan.BEST, "≤", 0.8),
        Target("E", "p99", "", "uws", "≤", 0.3),
        Target("A", "paced", "fast", plan.BEST, "≥", 9),
        Target("A", "paced", "fast", "", "≥", 100),
        Target("A", "paced", "", "ws", "≥", 1),
    ]
    words = [v.word for v in report.judge(report.compare(samples), targets)]
    assert words == ["reached", "NOT reached", "reached", "NOT reached", "not measured"]


def test_what_is_shown_and_drawn_tells_every_peer(tmp_path: Path) -> None:
    samples = [*sample(SLOW, "carewire", 8, 9), *sample(SLOW, "ws", 16, 18), *sample(SLOW, "channels", 1000, 900)]
    results = report.compare(samples)
    shown = "\n".join(report.lines(results, report.judge(results, TARGETS), ["uWebSockets.js: no package"]))
    assert "0.50×  Node ws" in shown
    assert "uWebSockets.js: no package" in shown
    drawing = chart.draw(results, "a <machine> & more")
    words = [element.text for element in ET.fromstring(drawing).iter() if element.text]
    assert "Node ws" in words
    assert "2.00×" in words  # less is better: half the delay is twice as good
    report.save(results, tmp_path / "results.json")
    assert '"peer": "channels"' in (tmp_path / "results.json").read_text()
