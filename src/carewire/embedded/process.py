"""Child processes: started so that they die with us, awaited, and killed whole."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_S = 0.01

Say = Callable[[str], None]


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    owner: tuple[int, int] | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program as `owner`, output appended to `log`, which gets `when_orphaned` if we die.

    Call it from the main thread: the kernel takes the end of the starting *thread* for our death.
    A session of its own keeps a terminal's Ctrl-C away from it, so that we decide the order of stopping.
    """
    uid, gid = owner or (os.getuid(), os.getgid())
    words: list[str] = [sys.executable, "-I", "-S", str(LAUNCHER)]
    words += [str(number) for number in (os.getpid(), when_orphaned.value, uid, gid)]
    words += [str(word) for word in command]
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - our own words, no shell
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )


async def ended(child: subprocess.Popen[bytes], within_s: float) -> bool:
    """Wait for the end of a child; False when it still runs after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while child.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


async def gone(pids: Iterable[int], within_s: float) -> bool:
    """The same for processes that are not our children."""
    deadline = time.monotonic() + within_s
    left = [pid for pid in pids if is_running(pid)]
    while left:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)
        left = [pid for pid in left if is_running(pid)]
    return True


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than a zombie that nobody reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    fields = stat_fields(pid)
    return fields is None or fields[0] != "Z"


def stat_fields(pid: int) -> list[str] | None:
    """`/proc/PID/stat` from the state on, or None where there is no such file."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the name before it may hold blanks and brackets


def children_of(pid: int) -> list[int]:
    """Live children; empty on systems without /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        fields = stat_fields(int(entry.name))
        if fields is not None and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found


async def kill_whole(child: subprocess.Popen[bytes]) -> None:
    """`kill -9` a server with all its workers at one moment, as a power cut would."""
    if child.poll() is not None:
        return
    os.kill(child.pid, signal.SIGSTOP)  # so that it starts no worker while we count them
    workers = children_of(child.pid)
    for pid in (child.pid, *workers):
        send(pid, signal.SIGKILL)
    await ended(child, 10)
    await gone(workers, 10)


def send(pid: int, number: signal.Signals) -> None:
    """A signal to a process that may just have gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def last_lines(log: Path, count: int = 3) -> str:
    """The end of a log, for an error message; FATAL lines before all others."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return "no log"
    telling = [line for line in lines if "FATAL" in line or "HINT" in line or "error" in line.lower()]
    return " | ".join((telling or lines)[-count:]) or "empty log"
