"""`carewire serve --workers 2` as real processes: what dies, drains or is replaced, and that nobody loses by it."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from carewire.client import Client, Event, Snapshot, Subscription
from carewire.embedded.process import gone, is_running
from carewire.gateway import server
from carewire.settings import Settings
from channels.identity import demo
from channels.seed import seed
from tests.client.proxy import Proxy
from tests.patience import PATIENCE_S
from tests.people import log_in
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PEOPLE = 8
CHANGES = 24
SAMPLE = re.compile(r'^carewire_node\{node="([^"]+)",pid="(\d+)"\} 1', re.MULTILINE)


class Parent:
    """The process an operator starts."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.port = port
        self.http = f"http://127.0.0.1:{port}"
        self.url = f"ws://127.0.0.1:{port}/ws"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carewire", "serve", "--workers", "2"],
            env=environment(settings, port),
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )

    async def metrics(self) -> str:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{self.http}/metrics")).text

    async def workers(self) -> dict[str, set[int]]:
        """Live workers as /metrics tells them: pids by node."""
        found: dict[str, set[int]] = {}
        for node, pid in SAMPLE.findall(await self.metrics()):
            found.setdefault(node, set()).add(int(pid))
        return found

    async def until(self, holds: Callable[[dict[str, set[int]]], bool], within_s: float = 40) -> dict[str, set[int]]:
        """The workers, once they are so."""
        async with asyncio.timeout(within_s):
            while True:
                with suppress(httpx.TransportError):
                    if holds(workers := await self.workers()):
                        return workers
                assert self.process.poll() is None

    async def ended(self, within_s: float = 60) -> int:
        return await asyncio.to_thread(self.process.wait, within_s)


def environment(settings: Settings, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "CAREWIRE_DATABASE_URL": str(settings.database_url),
        "CAREWIRE_REDIS_URL": str(settings.redis_url),
        "CAREWIRE_SECRET": settings.secret,
        "CAREWIRE_PORT": str(port),
        "CAREWIRE_NODE": "many",
        "CAREWIRE_LOG": "error",
    }


def both_once(workers: dict[str, set[int]]) -> bool:
    return sorted(workers) == ["many-1", "many-2"] and all(len(pids) == 1 for pids in workers.values())


@pytest_asyncio.fixture
async def parent(settings: Settings) -> AsyncIterator[Parent]:
    """Two workers, both ready."""
    assert settings.database_url
    await seed(settings.database_url, settings)
    started = Parent(settings, free_port())
    try:
        await started.until(both_once)
        yield started
    finally:
        started.process.send_signal(signal.SIGINT)
        try:
            await started.ended(30)
        finally:
            started.process.kill()
            assert started.process.stderr is not None
            started.process.stderr.close()


Crowd = Callable[[str], Awaitable[list[Client]]]


@pytest_asyncio.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Several people on sockets of their own."""
    people: list[Client] = []

    async def come(url: str) -> list[Client]:
        first = Client(url)
        people.append(first)
        await first.open()
        await log_in(first, demo.PRIYA.phone)
        while len(people) < PEOPLE:
            people.append(Client(url, access_token=first.access_token))
            await people[-1].open()
        return people

    yield come
    for cw in people:
        await cw.close()


async def spread(people: list[Client]) -> set[str]:
    """The nodes they are on; the kernel spreads them by chance, so somebody reconnects until both have some."""
    while len(nodes := {cw.welcome["node"] for cw in people}) < 2:
        await people[-1].close()
        await people[-1].open()
    return nodes


async def work(people: list[Client]) -> None:
    """They change the one account together, each through her own socket; every change is one event."""

    async def some(number: int, cw: Client) -> None:
        for turn in range(CHANGES // PEOPLE):
            await cw.command("profile.update", name=f"Priya {number} {turn}")

    await asyncio.gather(*(some(number, cw) for number, cw in enumerate(people)))


async def follow(people: list[Client]) -> list[Subscription]:
    return [await cw.subscribe(f"account:{demo.PRIYA.account_id}") for cw in people]


async def hear_all(topics: list[Subscription]) -> None:
    """Each heard the snapshot, then every change once, in order, never a resync; and no change was made twice."""
    told: list[list[str]] = []
    for topic in topics:
        start = await anext(topic)
        assert isinstance(start, Snapshot)
        names: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            for offset in range(start.offset + 1, start.offset + CHANGES + 1):
                event = await anext(topic)
                assert isinstance(event, Event)
                assert event.offset == offset
                names.append(event.data["profile"]["name"])
        assert topic.pending() == 0
        told.append(names)
    assert len(set(told[0])) == CHANGES
    assert all(names == told[0] for names in told)


async def test_a_killed_worker_costs_nobody_an_event_or_a_command_and_comes_back(parent: Parent, crowd: Crowd) -> None:
    people = await crowd(parent.url)
    assert await spread(people) == {"many-1", "many-2"}
    topics = await follow(people)
    before = await parent.workers()
    (victim,) = before["many-1"]
    hit = [cw for cw in people if cw.welcome["node"] == "many-1"]
    working = asyncio.create_task(work(people))
    os.kill(victim, signal.SIGKILL)
    await working
    await hear_all(topics)
    assert all(cw.reconnects >= 1 for cw in hit)
    after = await parent.until(both_once)
    assert after["many-1"] != before["many-1"]
    assert after["many-2"] == before["many-2"]


async def test_metrics_and_readiness_speak_for_all_workers_whichever_answers(parent: Parent, crowd: Crowd) -> None:
    people = await crowd(parent.url)
    await spread(people)
    for _ in range(6):  # each time another worker may answer
        sockets = {
            int(pid): float(n)
            for pid, n in re.findall(r'carewire_sockets\{pid="(\d+)"\} (\S+)', await parent.metrics())
        }
        by_node = {node: sum(sockets[pid] for pid in pids) for node, pids in (await parent.workers()).items()}
        assert by_node == {node: sum(cw.welcome["node"] == node for cw in people) for node in by_node}
        (sent,) = re.findall(
            r'carewire_commands_total\{name="auth.otp_send",outcome="ok"\} (\S+)', await parent.metrics()
        )
        assert float(sent) == 1
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{parent.http}/api/v1/health/ready")).status_code == 200


async def test_sighup_replaces_all_workers_while_everybody_works_and_no_connection_is_refused(
    parent: Parent, crowd: Crowd
) -> None:
    people = await crowd(parent.url)
    await spread(people)
    topics = await follow(people)
    before = await parent.workers()
    old = {pid for pids in before.values() for pid in pids}
    parent.process.send_signal(signal.SIGHUP)
    working = asyncio.create_task(work(people))
    knocks = 0
    async with asyncio.timeout(60):
        while True:
            async with httpx.AsyncClient() as http:  # a connection of its own each time
                assert (await http.get(f"{parent.http}/api/v1/health/ready")).status_code == 200
            knocks += 1
            workers = await parent.workers()
            if both_once(workers) and not old & {pid for pids in workers.values() for pid in pids}:
                break
    await working
    await hear_all(topics)
    assert all(cw.reconnects >= 1 for cw in people)
    assert knocks > 10
    assert await gone(old, 10)


async def test_sigterm_drains_all_workers_to_another_node_and_ends_with_status_zero(
    parent: Parent, crowd: Crowd, gateway: server.Running, settings: Settings
) -> None:
    balancer = Proxy(parent.port)
    await balancer.start()
    try:
        people = await crowd(balancer.url)
        topics = await follow(people)
        balancer.target_port = gateway.port
        working = asyncio.create_task(work(people))
        parent.process.send_signal(signal.SIGTERM)
        await working
        await hear_all(topics)
        assert await parent.ended() == 0
        assert all(cw.reconnects == 1 for cw in people)
        assert {cw.welcome["node"] for cw in people} == {settings.node}
    finally:
        await balancer.stop()


async def test_workers_do_not_outlive_a_parent_that_was_killed(parent: Parent) -> None:
    pids = {pid for pids in (await parent.workers()).values() for pid in pids}
    parent.process.kill()
    assert await gone(pids, 20)


async def test_a_port_that_others_share_is_busy_for_us(parent: Parent, settings: Settings) -> None:
    second = Parent(settings, parent.port)
    assert second.process.stderr is not None
    with second.process.stderr as stderr:
        assert await second.ended() == 1
        told = stderr.read().decode()
    assert told.startswith(f"carewire: cannot listen on 127.0.0.1:{parent.port}: Address already in use; mend")
    assert both_once(await parent.workers())


async def test_workers_that_cannot_start_end_the_whole_with_status_one(settings: Settings) -> None:
    program = (
        "import asyncio, sys\n"
        "from carewire.gateway.workers import Supervisor\n"
        "from carewire.settings import Settings\n"
        "command = (sys.executable, '-c', 'raise SystemExit(3)')\n"
        "raise SystemExit(asyncio.run(Supervisor(Settings.from_env(), 3, command).run()))\n"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        env=environment(settings, free_port()),
        cwd=ROOT,
        timeout=60,
        capture_output=True,
    )
    assert done.returncode == 1
    assert b"worker_did_not_start" in done.stdout + done.stderr


SUPERVISOR = """
import asyncio, sys
from carewire.gateway.workers import Supervisor
from carewire.logs import configure_logs
from carewire.settings import Settings
settings = Settings.from_env()
configure_logs(settings)
raise SystemExit(asyncio.run(Supervisor(settings, 1, (sys.executable, *sys.argv[1:])).run()))
"""
WORKER = """
import json, os, pathlib, signal, sys
folder, duty = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
if (folder / "broken").exists():
    raise SystemExit(5)
(folder / str(os.getpid())).touch()
os.write(duty["ready"], b"1")
signal.pause()
"""


async def test_a_new_version_that_does_not_start_leaves_the_old_one_and_a_crash_is_answered_ever_more_slowly(
    settings: Settings, tmp_path: Path
) -> None:
    program = tmp_path / "worker.py"
    program.write_text(WORKER)
    pids = tmp_path / "pids"
    pids.mkdir()
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SUPERVISOR, str(program), str(pids)),
        env=environment(settings, free_port()),
        stderr=asyncio.subprocess.PIPE,
    )
    assert parent.stderr is not None

    async def told(event: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                entry: dict[str, Any] = json.loads(await parent.stderr.readline())  # type: ignore[union-attr]
                if entry["event"] == event:
                    return entry

    async def started(besides: set[str]) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while not (new := {path.name for path in pids.iterdir()} - besides - {"broken"}):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return new.pop()

    try:
        old = await started(set())
        (pids / "broken").touch()
        parent.send_signal(signal.SIGHUP)
        await told("renewing_given_up")
        assert is_running(int(old))
        os.kill(int(old), signal.SIGKILL)
        pauses = [(await told("worker_ended"))["again_after_s"] for _ in range(4)]
        assert pauses == [0.0, 0.1, 0.2, 0.4]
        (pids / "broken").unlink()
        await started({old})
        parent.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(parent.wait(), PATIENCE_S) == 0
    finally:
        with suppress(ProcessLookupError):
            parent.kill()
        await parent.wait()


@pytest.mark.parametrize("number", ["0", "65", "-1", "two"])
def test_a_number_of_workers_that_is_none_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    from carewire.cli import main

    with pytest.raises(SystemExit):
        main(["serve", "--workers", number])
    assert "expected a number from 1 to 64" in capsys.readouterr().err
