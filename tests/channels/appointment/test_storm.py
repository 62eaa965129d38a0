"""Hundreds compete for few seats: nobody sits over capacity, with the application's locks and without them.

Issue 7, "Must hold"; the whole of it, 100,000 attempts on 1,000 slots, is `python -m tests.channels.appointment.storm`.
"""

import contextlib

import pytest

from carewire.node import Node
from tests.channels.appointment.storm import Field, Storm, callers, without_locks


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no_locks"])
async def test_nobody_sits_over_capacity(clinic: Node, locks: bool) -> None:
    field = Field(clinic.db, slots=60, patients=30)
    await field.plant()
    storm = Storm(field, clinic.settings, seed_=7)
    people, heads = await callers(field, [clinic])
    with contextlib.nullcontext() if locks else without_locks():
        report = await storm.blow(people, heads, 200, at_once=9)
    assert report.most_over == 0
    assert report.looks > 1
    assert report.seats > 25
    assert report.refused["slot_taken"] > 0, "nobody had to compete"
    assert min(report.done[verb] for verb in ("hold", "book", "cancel", "reschedule", "expire", "override")) > 0
