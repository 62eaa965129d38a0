"""A real `carewire worker` with a point at which it can be caught: it leaves a file there and stands still.

    python -m tests.jobs.worker FOLDER [POINT]

The points: `in_handler` (before the consumer's commit), `after_commit` (before the entry is acknowledged), `marked`
(rows are noted as relayed, nothing is in the stream yet). It goes on when the file `go` is there.
"""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from carewire.jobs import process, rows
from carewire.jobs.execution import Executor
from carewire.jobs.stream import Stream
from carewire.settings import Settings
from carewire.store import outbox
from tests import toy
from tests.faults.leash import die_with_parent


async def stand_still(folder: Path, point: str) -> None:
    """Say where we are, and wait to be killed or let go."""
    (folder / point).touch()
    while not (folder / "go").exists():  # noqa: ASYNC110 - another process's file is the barrier
        await asyncio.sleep(0.01)


def before(cls: Any, name: str, folder: Path, point: str) -> None:
    real = getattr(cls, name)

    async def run(*args: Any) -> Any:
        await stand_still(folder, point)
        return await real(*args)

    setattr(cls, name, run)


def after(cls: Any, name: str, folder: Path, point: str) -> None:
    real = getattr(cls, name)

    async def run(*args: Any) -> Any:
        answer = await real(*args)
        await stand_still(folder, point)
        return answer

    setattr(cls, name, run)


def main() -> None:
    die_with_parent(signal.SIGKILL)
    assert toy.TABLES
    rows.VISIBILITY = timedelta(seconds=2)  # type: ignore[misc]
    folder = Path(sys.argv[1])
    match sys.argv[2:]:
        case ["in_handler"]:
            after(outbox, "finish", folder, "in_handler")
        case ["after_commit"]:
            after(Executor, "run_one", folder, "after_commit")
        case ["marked"]:
            before(Stream, "send", folder, "marked")
    process.run(Settings.from_env())


if __name__ == "__main__":
    main()
