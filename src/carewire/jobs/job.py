"""Work that follows a commit: a row in the same transaction, done at least once, its effect exactly once.

    class LineDue(Job, name="queue.line_due"):
        session_id: UUID

    @consumer(LineDue, emits={…})                 # runs in a transaction that also closes the row
    async def look(ctx: Ctx, job: LineDue) -> None: ...

    class SendSms(Job, name="sms.send", personal=True): ...

    @errand(SendSms)                              # leaves the house: no transaction is open meanwhile
    async def send(trip: Trip, job: SendSms) -> str | None: ...

    @errand(AskIntent)                            # what it brings back is a job, too: left with the end of its row
    async def ask(trip: Trip, job: AskIntent) -> IntentSaid | None: ...

    class Digest(Job, name="digest", cron="0 7 * * *", zone="Asia/Kolkata"): ...

A consumer's database effects happen once; what leaves the building happens at least once (see docs/guide/jobs.md).
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar, dataclass_transform
from uuid import UUID

import msgspec

from carewire.declared import Declared
from carewire.event import Event, told_by
from carewire.jobs.plan import Plan

if TYPE_CHECKING:
    from carewire.settings import Settings
    from carewire.store.db import Database


class JobSpec(NamedTuple):
    """What the class line of a job says."""

    name: str
    secret: bool
    personal: bool
    attempts: int
    plan: Plan | None

    @property
    def sealed(self) -> bool:
        """Is the payload encrypted in its row?"""
        return self.secret or self.personal


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Job(Declared, frozen=True, kw_only=True):
    """Base of all jobs; subclasses are their payloads."""

    keywords: ClassVar[frozenset[str]] = frozenset(
        {"name", "secret", "personal", "attempts", "every", "cron", "zone"},
    )
    spec: ClassVar[JobSpec]

    @classmethod
    def declare(
        cls,
        *,
        name: str = "",
        secret: bool = False,
        personal: bool = False,
        attempts: int = 8,
        every: timedelta | None = None,
        cron: str | None = None,
        zone: str | None = None,
        **given: Any,
    ) -> None:
        """`attempts` tries with back-off, then it is a dead letter.

        `secret` (a code, a link): sealed, wiped however the row closes, never replayed. `personal`: sealed, wiped when
        done, kept sealed in a dead letter so that it can be replayed. `every` or `cron` with its `zone` make it
        periodic: it is then enqueued without arguments.
        """
        where = cls.__qualname__
        if not name:
            raise TypeError(f"{where}: a job needs name=")
        if "spec" in cls.__struct_fields__:
            raise TypeError(f"{where}: 'spec' cannot be the name of a field")
        plan = Plan.declared(where, every=every, cron=cron, zone=zone)
        if plan is not None and cls.__struct_fields__:
            raise TypeError(f"{where}: a periodic job has no fields; nobody would fill them")
        cls.spec = JobSpec(name, secret, personal, attempts, plan)
        if plan is not None:
            if name in PERIODIC:
                raise TypeError(f"periodic job {name!r} is declared twice")
            PERIODIC[name] = cls


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """What an errand gets instead of a transaction."""

    ref: UUID
    """The job's id: the same for every try, another for every fact."""
    doubtful: bool
    """An earlier try may have succeeded without anybody noting it: look before doing it again."""
    now: datetime
    """Product time."""
    real_now: datetime
    settings: "Settings"
    db: "Database"


class Consumer(msgspec.Struct, frozen=True):
    """What runs a job, and the events it may emit."""

    job: type[Job]
    run: Callable[..., Awaitable[Any]]
    tells: frozenset[type[Event]]
    outside: bool = False

    @property
    def emits(self) -> frozenset[type[Event]]:
        """Every event it may emit, those of domains that follow it among them."""
        return told_by(self.tells)


REGISTRY: dict[str, Consumer] = {}
PERIODIC: dict[str, type[Job]] = {}

Run = TypeVar("Run", bound=Callable[..., Awaitable[None]])
Errand = TypeVar("Errand", bound=Callable[..., Awaitable[Job | str | None]])


def consumer(job: type[Job], *, emits: Iterable[type[Event]] = ()) -> Callable[[Run], Run]:
    """Declare the one consumer of a job."""
    _once(job)

    def declare(run: Run) -> Run:
        REGISTRY[job.spec.name] = Consumer(job=job, run=run, tells=frozenset(emits))
        return run

    return declare


def errand(job: type[Job]) -> Callable[[Errand], Errand]:
    """Declare the one consumer of a job that is done by somebody else.

    It answers what they call it, if they do; or the job that is to be done with what it brought back, once.
    """
    _once(job)

    def declare(run: Errand) -> Errand:
        REGISTRY[job.spec.name] = Consumer(job=job, run=run, tells=frozenset(), outside=True)
        return run

    return declare


def _once(job: type[Job]) -> None:
    if job.spec.name in REGISTRY:
        raise TypeError(f"job {job.spec.name!r} has two consumers")
