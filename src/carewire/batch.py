"""The batched lane: one handler for many callers at once, one transaction, and for each her own reply or refusal.

    class Join(Struct, frozen=True, kw_only=True):
        session_id: UUID

    @command("queue.join", allow={Capacity.PATIENT}, emits=MOVES, errors={QueueFull}, lane="session_id")
    async def join(batch: Batch[Join, TokenView]) -> None:
        '''Join a doctor's line.'''
        rows = await batch.tx.fetch("…", [member.params.session_id for member in batch])   # set-based
        for member in batch:
            with member:                    # a refusal in here is hers alone
                ...
                member.reply(view)
        await batch.tx.execute("…")         # write last, and only for those who are still in the batch

The ordinary lane is a batch of one: there is no other code. A handler looks first and writes last, because what it
wrote for somebody cannot be taken back alone; should the database refuse the batch, its members run again one by one.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

import msgspec

from carewire.command import Ctx
from carewire.errors import Refusal
from carewire.store.db import Tx

P = TypeVar("P")
R = TypeVar("R")

MEMBERS_MAX: Final = 64


class Member(Ctx, Generic[P, R]):
    """One caller of a batch: a context of her own, in the transaction of all."""

    __slots__ = ("answer", "params", "refused", "result")

    params: P
    refused: Refusal | None
    result: bytes

    def __init__(self, params: P, **context: Any) -> None:
        super().__init__(**context)
        self.params = params
        self.refused = None
        self.answer: R | None = None
        self.result = b""

    def reply(self, value: R) -> None:
        """What she is answered after the commit."""
        self.answer = value
        self.result = msgspec.json.encode(value)

    def refuse(self, refusal: Refusal) -> None:
        """She is answered this and leaves the batch, with everything that was to be told for her."""
        self.refused = refusal
        self.events.clear()
        self.jobs.clear()
        self.doors.clear()
        self.reads.clear()
        self.binding = None

    def __enter__(self) -> "Member[P, R]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Refusal):
            self.refuse(error)
            return True
        return False


class Batch(Generic[P, R]):
    """Those who are served together, in the order in which they came. Iterating passes over who was refused."""

    __slots__ = ("members", "now", "tx")

    def __init__(self, tx: Tx, now: datetime, members: Sequence[Member[P, R]]) -> None:
        self.tx = tx
        self.now = now
        self.members = members

    def __iter__(self) -> Iterator[Member[P, R]]:
        return iter([member for member in self.members if member.refused is None])
