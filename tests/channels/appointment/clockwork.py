"""Jobs of appointments at a product time of the test's choosing: what a worker would do then, and nothing before."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from carewire.clock import Clock
from carewire.command import Ctx
from carewire.jobs import rows as table
from carewire.jobs.execution import Executor
from carewire.jobs.vault import Vault
from carewire.node import Node
from channels.appointment.jobs import AppointmentReminder
from tests.channels.callers import rows

TELLING = "notification.new_many"
REMINDING = AppointmentReminder.spec.name


class Set(Clock):
    """A clock that shows what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return datetime.now(UTC)


class Worker:
    """One worker whose clock stands still until it is set again; the node's own never sees what is due only then."""

    def __init__(self, node: Node, at: datetime) -> None:
        self.node, self.clock = node, Set(at)
        self.executor = Executor(db=node.db, clock=self.clock, settings=node.settings, publisher=node)

    async def remind(self) -> None:
        """The periodic job falls due; what it leaves behind is not done yet."""
        async with self.node.db.transaction() as tx:
            ctx = Ctx(tx=tx, now=self.clock.at, real_now=self.clock.real_now(), settings=self.node.settings)
            ctx.enqueue(AppointmentReminder(), key=f"test:{uuid4()}")
            await table.store(tx, ctx.now, ctx.jobs, Vault(self.node.settings.secret))
        while waiting := await self.waiting(REMINDING):
            for job_id in waiting:
                await self.executor.run_one(job_id)

    async def tell(self) -> None:
        """Everything that is to be told by now is."""
        for job_id in await self.waiting(TELLING):
            await self.executor.run_one(job_id)

    async def waiting(self, name: str) -> list[UUID]:
        """Jobs of this name that are due on this clock."""
        found = await rows(
            self.node,
            "SELECT id FROM job WHERE state = 'open' AND name = $1 AND due_at <= $2 ORDER BY id",
            name,
            self.clock.at,
        )
        return [row["id"] for row in found]

    async def at(self, moment: datetime) -> None:
        """Both, at this moment."""
        self.clock.at = moment
        await self.remind()
        await self.tell()
