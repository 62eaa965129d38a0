"""Work of several transactions that has to end somewhere: every step is taken or taken back, whoever dies in between.

    REQUEST = Saga("request", unwinds=RequestUnwinds, steps=(
        Step("hold", by="request.respond", does="keeps what is quoted until the bill ends", undo="lets it go"),
        Step("pay", by="payment.take", after={"hold"}, does="…", undo="…"),
    ))

    await REQUEST.take(ctx, request_id, "hold", part_id)         # in the transaction that does it
    await REQUEST.give_up(ctx, request_id, "cancelled")          # what was taken is undone, the last first

    @REQUEST.undoes("hold")
    async def release(ctx: Ctx, undo: Undo) -> None: ...

A step is a commit point: a command or a job takes it and notes it in the same transaction. Giving up marks the steps
and leaves a job; each run of it undoes one step in one transaction, so that a crash costs the one that was under way.
A step is undone once because its row is. docs/sagas.md and the test that kills a node after each step are made from
the declaration.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.jobs.job import Job

REGISTRY: dict[str, "Saga"] = {}

Undoing = TypeVar("Undoing", bound=Callable[..., Awaitable[None]])


class StepState(StrEnum):
    """Where a step stands."""

    TAKEN = "taken"
    UNDOING = "undoing"
    UNDONE = "undone"


class Step(msgspec.Struct, frozen=True):
    """A commit point: its name, which commands or jobs take it, and what it does, in a clause.

    `after`: steps of which one at least must stand. `undo`: what undoing does; None: nothing of it has to be undone.
    """

    name: str
    by: tuple[str, ...]
    does: str
    after: frozenset[str] = frozenset()
    undo: str | None = None


class Undo(msgspec.Struct, frozen=True):
    """A step that is taken back: of which saga's subject, which time, and for which reason word."""

    subject_id: UUID
    ref: UUID
    why: str


class OutOfOrder(Exception):
    """A step was taken before one it stands on: a mistake of ours, and nothing of it happens."""


_TAKE: Final = """
INSERT INTO saga_step (saga, subject_id, step, ref, state, taken_at)
SELECT $1, $2, $3, $4, 'taken', $5
 WHERE cardinality($6::text[]) = 0
    OR EXISTS (SELECT FROM saga_step WHERE saga = $1 AND subject_id = $2 AND step = ANY ($6) AND state = 'taken')
ON CONFLICT (saga, subject_id, step, ref) DO NOTHING"""
_GIVE_UP: Final = """
UPDATE saga_step SET why = $3, state = CASE WHEN step = ANY ($4) THEN 'undoing' ELSE 'undone' END,
       undone_at = CASE WHEN step = ANY ($4) THEN NULL ELSE $5::timestamptz END
 WHERE saga = $1 AND subject_id = $2 AND state = 'taken' AND ($6::text[] IS NULL OR step = ANY ($6))
   AND ($7::uuid[] IS NULL OR ref = ANY ($7))
RETURNING state"""
_LAST: Final = """
SELECT step, ref, why FROM saga_step WHERE saga = $1 AND subject_id = $2 AND state = 'undoing'
 ORDER BY serial DESC LIMIT 1 FOR UPDATE"""


class Saga:
    """One kind of such work. `unwinds(subject_id)` makes the job that undoes a step; its consumer calls `unwind`."""

    def __init__(self, name: str, *, about: str, unwinds: Callable[[UUID], Job], steps: Sequence[Step]) -> None:
        if name in REGISTRY:
            raise TypeError(f"saga {name!r} is declared twice")
        self.name, self.about, self.unwinds = name, about, unwinds
        self.steps = {step.name: step for step in steps}
        if len(self.steps) < len(steps):
            raise TypeError(f"saga {name!r} names a step twice")
        for number, step in enumerate(steps):
            if unknown := step.after - {earlier.name for earlier in steps[:number]}:
                raise TypeError(
                    f"saga {name!r}: {step.name} stands on {sorted(unknown)[0]!r}, which is no earlier step"
                )
        self._undoes: dict[str, Callable[[Ctx, Undo], Awaitable[None]]] = {}
        REGISTRY[name] = self

    def undoes(self, step: str) -> Callable[[Undoing], Undoing]:
        """Declare how a step is taken back, in a transaction of its own or of who has to have it back at once."""
        if self.steps[step].undo is None or step in self._undoes:
            raise TypeError(f"saga {self.name!r}: {step} is not undone, or twice")

        def declare(function: Undoing) -> Undoing:
            self._undoes[step] = function
            return function

        return declare

    async def take(self, ctx: Ctx, subject_id: UUID, step: str, ref: UUID | None = None) -> None:
        """Note that this transaction takes the step; `ref` says which time (default: the only one).

        Taken already: nothing. Raises `OutOfOrder` where nothing it stands on stands, or this time was given up.
        """
        after = sorted(self.steps[step].after)
        where = (self.name, subject_id, step, ref or subject_id)
        tag = await ctx.tx.execute(_TAKE, *where, ctx.now, after)
        if tag == "INSERT 0 0" and not await self._has(ctx, *where[1:]):
            raise OutOfOrder(f"{self.name}: {step} comes after {' or '.join(after)}")

    async def give_up(
        self,
        ctx: Ctx,
        subject_id: UUID,
        why: str,
        *,
        steps: Collection[str] | None = None,
        refs: Collection[UUID] | None = None,
    ) -> None:
        """After the commit, undo what was taken: all of it, or these steps, or these times. `why` is a reason word."""
        rows = await ctx.tx.fetch(
            _GIVE_UP,
            self.name,
            subject_id,
            why,
            [step.name for step in self.steps.values() if step.undo is not None],
            ctx.now,
            None if steps is None else sorted(steps),
            None if refs is None else list(refs),
        )
        if any(row["state"] == StepState.UNDOING for row in rows):
            self._leave(ctx, subject_id)

    async def unwind(self, ctx: Ctx, subject_id: UUID) -> bool:
        """Undo the last step that is to be undone, and leave the next to another transaction; False: none is left."""
        row = await ctx.tx.fetchrow(_LAST, self.name, subject_id)
        if row is None:
            return False
        await self._undoes[row["step"]](ctx, Undo(subject_id, row["ref"], row["why"]))
        await ctx.tx.execute(
            "UPDATE saga_step SET state = 'undone', undone_at = $5"
            " WHERE saga = $1 AND subject_id = $2 AND step = $3 AND ref = $4",
            self.name,
            subject_id,
            row["step"],
            row["ref"],
            ctx.now,
        )
        if await ctx.tx.fetchrow(_LAST, self.name, subject_id) is not None:
            self._leave(ctx, subject_id)
        return True

    async def unwind_here(
        self, ctx: Ctx, subject_id: UUID, why: str, *, steps: Collection[str], refs: Collection[UUID] | None = None
    ) -> None:
        """Undo these at once, in this transaction: for who needs back what they held."""
        await self.give_up(ctx, subject_id, why, steps=steps, refs=refs)
        while await self.unwind(ctx, subject_id):
            pass

    async def stands(self, ctx: Ctx, subject_id: UUID, step: str) -> list[UUID]:
        """The times this step was taken and not given up since, the oldest first."""
        rows = await ctx.tx.fetch(
            "SELECT ref FROM saga_step WHERE saga = $1 AND subject_id = $2 AND step = $3 AND state = 'taken'"
            " ORDER BY serial",
            self.name,
            subject_id,
            step,
        )
        return [row["ref"] for row in rows]

    async def _has(self, ctx: Ctx, subject_id: UUID, step: str, ref: UUID) -> bool:
        found: Any = await ctx.tx.fetchval(
            "SELECT true FROM saga_step WHERE saga = $1 AND subject_id = $2 AND step = $3 AND ref = $4"
            " AND state = 'taken'",
            self.name,
            subject_id,
            step,
            ref,
        )
        return bool(found)

    def _leave(self, ctx: Ctx, subject_id: UUID) -> None:
        ctx.enqueue(self.unwinds(subject_id), key=f"saga:{self.name}:{subject_id}")

    @property
    def incomplete(self) -> list[str]:
        """Steps that say they are undone and of which nobody says how."""
        return [s.name for s in self.steps.values() if s.undo is not None and s.name not in self._undoes]


HEAD: Final = """\
# Sagas

Generated from the declarations; do not edit, `make contract` writes it anew. Work that takes several transactions and
has to end somewhere. Each step is a commit point: a command or a job takes it and notes it in the same transaction
(`saga_step`). When the work is given up, a job undoes what was taken, the last step first, one in a transaction; a step
is undone once because its row is. The test of each saga kills a node after every step below, and after every undoing.
"""


def render() -> str:
    """docs/sagas.md."""
    parts = [HEAD]
    for saga in sorted(REGISTRY.values(), key=lambda saga: saga.name):
        parts += [f"\n## {saga.name}\n\n{saga.about}\n\n", "| step | taken by | after | does | undone by |\n"]
        parts.append("|---|---|---|---|---|\n")
        for step in saga.steps.values():
            by = ", ".join(f"`{name}`" for name in step.by)
            after = " or ".join(step_name for step_name in saga.steps if step_name in step.after) or "—"
            parts.append(f"| **{step.name}** | {by} | {after} | {step.does} | {step.undo or '—'} |\n")
    return "".join(parts)
