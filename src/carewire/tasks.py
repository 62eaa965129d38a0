"""Ending tasks for good: asyncio promises nothing to who cancels once."""

import asyncio
from typing import Any, Final

import structlog

log = structlog.get_logger("carewire.tasks")

AGAIN_S: Final = 0.5
WITHIN_S: Final = 2.0


async def end(*tasks: "asyncio.Task[Any] | None", within_s: float = WITHIN_S) -> None:
    """Cancel tasks and wait until they are over, whatever they end with.

    One that swallows a cancellation is cancelled again: Python 3.11's `wait_for` does when what it waits for comes at
    that very moment, and a loop around it would go on. Who is not over after `within_s` is logged by name, and left.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + within_s
    left = {task for task in tasks if task is not None}
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=AGAIN_S)
        for task in done:
            if not task.cancelled():
                task.exception()  # looked at, or asyncio would complain
        if left and loop.time() > ends:
            log.error("tasks_run_on", tasks=sorted(task.get_name() for task in left))
            return
