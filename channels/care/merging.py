"""Whoever lists what was written about a person hears when a record becomes hers, or turns out not to be."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from carewire.command import Ctx
from carewire.jobs.job import Job

_FOLLOWERS: Final[list[Callable[..., Job]]] = []


def follow_merging(job: Callable[..., Job]) -> None:
    """Have this done after each claim of a record for oneself, and after it was taken back.

    It is made of `patient_id`, the record, and `into_id`, the person's own; how things stand it looks for itself.
    """
    _FOLLOWERS.append(job)


def merging_changed(ctx: Ctx, patient_id: UUID, into_id: UUID) -> None:
    """Leave the work of all who follow."""
    for job in _FOLLOWERS:
        ctx.enqueue(job(patient_id=patient_id, into_id=into_id))
