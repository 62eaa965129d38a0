"""`carewire up` as its user meets it: a process with output, signals and an exit status."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.ports import free_port

ROOT = Path(__file__).parents[2]

# A gateway that is small but real: another process, a port, a readiness answer, an orderly end.
GATEWAY = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path in ("/api/v1/health/ready", "/display")
        self.send_response(200 if known else 404)
        self.end_headers()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("databases", os.environ["CAREWIRE_DATABASE_URL"], os.environ["CAREWIRE_REDIS_URL"], flush=True)
HTTPServer(("127.0.0.1", int(os.environ["CAREWIRE_PORT"])), Answer).serve_forever()
"""
SCRIPT = """
import sys
from carewire.settings import Settings
from carewire.up import run
async def seed(url, settings):
    return "  type  carewire"
sys.exit(run(Settings.from_env(), seed, (sys.executable, "-c", sys.argv[1])))
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts `up` on the test's own folder and port; whatever still runs at the end is killed."""
    running = []

    def start(gateway: str = GATEWAY, **env: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", SCRIPT, gateway]
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        settings = {"CAREWIRE_DATA": str(tmp_path / "data"), "CAREWIRE_PORT": str(port), **env}
        child = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, **settings},
        )
        running.append(child)
        return child

    yield start
    for child in running:
        child.kill()
        child.communicate()


def until_ready(child: subprocess.Popen[str]) -> list[str]:
    """What it printed up to and with the line programs wait for."""
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(line.rstrip())
        if line.startswith("ready "):
            return lines
    _, problems = child.communicate()
    raise AssertionError(f"never ready: {problems}")


def descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *descendants(int(child))]
    return found


def test_the_last_line_says_ready_and_where_the_socket_is(start: Start, port: int) -> None:
    lines = until_ready(start())
    assert lines[-1] == f"ready ws://127.0.0.1:{port}/ws"
    assert any(f"open  http://127.0.0.1:{port}/display" in line for line in lines)
    assert not any("/console" in line for line in lines), "a page that does not answer is not offered"
    assert "  type  carewire" in lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_children_in_order_and_the_status_is_0(start: Start, number: signal.Signals) -> None:
    up = start()
    until_ready(up)
    handles = [os.pidfd_open(pid) for pid in descendants(up.pid)]
    assert len(handles) >= 3
    up.send_signal(number)
    up.send_signal(number)  # an impatient second one changes nothing
    _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 0
    assert told.rstrip().endswith("stopped")
    for handle in handles:
        assert select.select([handle], [], [], 0)[0], "a child outlived its parent"
        os.close(handle)


def test_a_second_start_keeps_the_data_and_a_killed_one_is_no_obstacle(start: Start, tmp_path: Path) -> None:
    first = start()
    until_ready(first)
    born = (tmp_path / "data" / "postgres" / "PG_VERSION").stat().st_ino
    first.kill()
    first.wait()
    second = start()
    until_ready(second)
    assert (tmp_path / "data" / "postgres" / "PG_VERSION").stat().st_ino == born


def test_a_busy_port_is_one_line_with_the_mend_and_nothing_is_started(start: Start, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        up = start(CAREWIRE_PORT=str(busy))
        _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 1
    assert len(told.splitlines()) == 1
    assert f"port {busy} is busy; mend: CAREWIRE_PORT=" in told
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_second_run_beside_the_first_is_refused_with_its_pid(start: Start) -> None:
    first = start()
    until_ready(first)
    second = start()
    _, told = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 1
    assert len(told.splitlines()) == 1
    assert f"in use by another run (pid {first.pid})" in told


def test_an_address_of_another_machine_is_refused_with_the_mend(start: Start) -> None:
    up = start(CAREWIRE_HOST="192.0.2.1")
    _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 1
    assert "cannot listen on 192.0.2.1" in told
    assert "mend: set CAREWIRE_HOST" in told


def test_a_gateway_that_fails_at_start_is_told_with_the_end_of_its_log(start: Start) -> None:
    up = start("raise SystemExit('error: no such table')")
    _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 1
    assert "the gateway ended (status 1): error: no such table; mend: read" in told


def test_a_gateway_that_dies_later_ends_the_run_with_a_failure(start: Start) -> None:
    up = start()
    until_ready(up)
    gateway = next(pid for pid in descendants(up.pid) if b"HTTPServer" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(gateway, signal.SIGKILL)
    _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 1
    assert "the gateway ended (status -9)" in told


def test_a_database_that_does_not_answer_is_named(start: Start, tmp_path: Path) -> None:
    up = start(CAREWIRE_DATABASE_URL=f"postgresql://carewire@127.0.0.1:{free_port()}/carewire")
    _, told = up.communicate(timeout=PATIENCE_S)
    assert up.returncode == 1
    assert "the database cannot be reached" in told
    assert "CAREWIRE_DATABASE_URL" in told
