"""The machine under the benchmark: cores, processes, the two C programs."""

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from carewire.embedded.process import children_of, stat_fields

HERE = Path(__file__).parent
SERVER_CORE, LOAD_CORE = 0, 1
TICKS = os.sysconf("SC_CLK_TCK")


class Unfit(RuntimeError):
    """A figure that does not count, or a contender that cannot be measured, with the reason."""


def pinned(command: Sequence[str | Path], core: int | None) -> list[str]:
    """The command on one core, or where it likes."""
    words = [str(word) for word in command]
    tool = shutil.which("taskset")
    if core is None or tool is None or (os.cpu_count() or 1) < 2:
        return words
    return [tool, "-c", str(core), *words]


def pin(pid: int, core: int | None) -> None:
    """Move a running process with its threads and children to a core, or let it go anywhere."""
    everywhere = set(range(os.cpu_count() or 1))
    cores = everywhere if core is None or len(everywhere) < 2 else {core}
    for process in (pid, *children_of(pid)):
        for task in Path(f"/proc/{process}/task").glob("*"):
            try:
                os.sched_setaffinity(int(task.name), cores)
            except (ProcessLookupError, PermissionError):
                continue


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0


def rss_kib(pid: int) -> int:
    """Resident memory of a process; what the kernel keeps for its sockets is not in it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise Unfit("the server has no memory: it ended")


def descriptors(pid: int) -> int:
    """Open descriptors of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def compile_c(name: str, folder: Path) -> Path:
    """`client` or `floor`, compiled when its source is newer than the program."""
    program = folder / name
    sources = [HERE / f"{name}.c", *HERE.glob("*.h")]
    newest = max(source.stat().st_mtime for source in sources)
    if program.exists() and program.stat().st_mtime > newest:
        return program
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Unfit("no C compiler; mend: apt-get install gcc libc6-dev")
    folder.mkdir(parents=True, exist_ok=True)
    new = program.with_suffix(f".{os.getpid()}")
    words = [compiler, "-O2", "-o", str(new), str(HERE / f"{name}.c")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unfit(f"{name}.c does not compile: {done.stderr.strip()[:500]}")
    new.replace(program)
    return program


def describe() -> str:
    """The machine in one line."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} × {model or 'processor'}, Linux {os.uname().release}"
