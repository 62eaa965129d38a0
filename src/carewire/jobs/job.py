"""Work that follows a commit: a row in the same transaction, done at least once, its effect exactly once.

    class SendSms(Job, name="sms.send", secret=True):
        to: str
        text: str

    @consumer(SendSms, emits={…})
    async def send(ctx: Ctx, job: SendSms) -> None: ...

The consumer runs in a transaction of its own together with closing the row, so its database effects happen once; what
leaves the building happens at least once. A `secret` payload is encrypted in its row and wiped when the row closes.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar, NamedTuple, TypeVar, dataclass_transform

import msgspec

from carewire.declared import Declared
from carewire.event import Event


class JobSpec(NamedTuple):
    """What the class line of a job says."""

    name: str
    secret: bool
    attempts: int


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Job(Declared, frozen=True, kw_only=True):
    """Base of all jobs; subclasses are their payloads."""

    keywords: ClassVar[frozenset[str]] = frozenset({"name", "secret", "attempts"})
    spec: ClassVar[JobSpec]

    @classmethod
    def declare(cls, *, name: str = "", secret: bool = False, attempts: int = 8, **given: Any) -> None:
        """`attempts` tries with back-off, then it is a dead letter."""
        if not name:
            raise TypeError(f"{cls.__qualname__}: a job needs name=")
        if "spec" in cls.__struct_fields__:
            raise TypeError(f"{cls.__qualname__}: 'spec' cannot be the name of a field")
        cls.spec = JobSpec(name, secret, attempts)


class Consumer(msgspec.Struct, frozen=True):
    """What runs a job, and the events it may emit."""

    job: type[Job]
    run: Callable[..., Awaitable[None]]
    emits: frozenset[type[Event]]


REGISTRY: dict[str, Consumer] = {}

Run = TypeVar("Run", bound=Callable[..., Awaitable[None]])


def consumer(job: type[Job], *, emits: Iterable[type[Event]] = ()) -> Callable[[Run], Run]:
    """Declare the one consumer of a job."""
    if job.spec.name in REGISTRY:
        raise TypeError(f"job {job.spec.name!r} has two consumers")

    def declare(run: Run) -> Run:
        REGISTRY[job.spec.name] = Consumer(job=job, run=run, emits=frozenset(emits))
        return run

    return declare
