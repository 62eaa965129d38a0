"""A gateway of the canaries: the real server with one more domain, whose commands and jobs fail with what they hear.

Nobody writes such commands on purpose. But a library's exception may hold a value, and whatever it says must not be
said again anywhere.
"""

from carewire.actor import ANYONE
from carewire.command import Ctx, command, query
from carewire.forms import Text
from carewire.gateway import server
from carewire.jobs.job import Job, Trip, consumer, errand
from carewire.jobs.problems import Permanent
from carewire.settings import Settings


class Spills(RuntimeError):
    """An error whose text, arguments and notes hold what somebody said."""

    def __init__(self, text: str) -> None:
        super().__init__(f"could not handle {text!r}", text)
        self.add_note(text)


class SpillInside(Job, name="leaky.inside", personal=True, attempts=1):
    """Fails in its transaction."""

    text: str


class SpillOutside(Job, name="leaky.outside", personal=True, attempts=1):
    """Fails on its errand."""

    text: str


class SpillForGood(Job, name="leaky.permanent", secret=True, attempts=1):
    """Fails for good, and says why in words of its own."""

    text: str


@command("leaky.spill", allow={ANYONE}, receipt=False)
async def spill(ctx: Ctx, text: Text) -> None:
    """Fail with what was said; the error also hangs behind another one."""
    try:
        raise Spills(text)
    except Spills as inner:
        raise KeyError(text) from inner


@query("leaky.look", allow={ANYONE})
async def look(ctx: Ctx, text: Text) -> int:
    """Let the database fail with it: a cast whose error quotes the value."""
    value: int = await ctx.tx.fetchval("SELECT $1::text::integer", text)
    return value


@command("leaky.break_rule", allow={ANYONE}, receipt=False)
async def break_rule(ctx: Ctx, text: Text) -> None:
    """Break a CHECK that nobody translates: PostgreSQL's error shows the whole row."""
    await ctx.tx.execute("INSERT INTO patient (name, phone, created_at) VALUES ($1, 'no number', now())", text)


@command("leaky.enqueue", allow={ANYONE}, receipt=False)
async def enqueue(ctx: Ctx, text: Text) -> None:
    """Leave work that fails with it."""
    for job in (SpillInside(text=text), SpillOutside(text=text), SpillForGood(text=text)):
        ctx.enqueue(job)


@consumer(SpillInside)
async def inside(ctx: Ctx, job: SpillInside) -> None:
    """Fail."""
    raise Spills(job.text)


@errand(SpillOutside)
async def outside(trip: Trip, job: SpillOutside) -> str | None:
    """Fail."""
    raise Spills(job.text)


@errand(SpillForGood)
async def for_good(trip: Trip, job: SpillForGood) -> str | None:
    """Fail for good."""
    raise Permanent("refused") from Spills(job.text)


if __name__ == "__main__":
    server.run(Settings.from_env())
