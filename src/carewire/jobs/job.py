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
from typing import Any, ClassVar, TypeVar, dataclass_transform

import msgspec

from carewire.event import Event


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all jobs; subclasses are their payloads."""

    name: ClassVar[str] = ""
    secret: ClassVar[bool] = False
    attempts: ClassVar[int] = 8

    def __init_subclass__(cls, *, name: str = "", secret: bool = False, attempts: int = 8, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not name:
            raise TypeError(f"{cls.__qualname__}: a job needs name=")
        cls.name, cls.secret, cls.attempts = name, secret, attempts


class Consumer(msgspec.Struct, frozen=True):
    """What runs a job, and the events it may emit."""

    job: type[Job]
    run: Callable[..., Awaitable[None]]
    emits: frozenset[type[Event]]


REGISTRY: dict[str, Consumer] = {}

Run = TypeVar("Run", bound=Callable[..., Awaitable[None]])


def consumer(job: type[Job], *, emits: Iterable[type[Event]] = ()) -> Callable[[Run], Run]:
    """Declare the one consumer of a job."""
    if job.name in REGISTRY:
        raise TypeError(f"job {job.name!r} has two consumers")

    def declare(run: Run) -> Run:
        REGISTRY[job.name] = Consumer(job=job, run=run, emits=frozenset(emits))
        return run

    return declare
