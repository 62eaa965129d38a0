"""A node that nobody asks anything: what it costs the database."""

import asyncio

import pytest

from carewire.audit.entry import Keys
from carewire.audit.sealer import Sealer
from carewire.bus.sweep import Sweep
from carewire.clock import Clock
from carewire.jobs.runner import Runner
from carewire.node import Node
from carewire.settings import Settings
from carewire.store.db import Database
from tests.platform.test_resume import statements
from tests.toy.parts import ToyIdentity


async def test_a_node_that_has_nothing_to_do_looks_with_one_statement_each(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    sweep = Sweep(db, lambda: ["toy:1"], lambda topic, last: None, lambda: None)
    sealer = Sealer(db=db, clock=clock, keys=Keys(settings.secret))
    node = Node(settings, identity=ToyIdentity())  # never started: only who is told of what the jobs leave
    runner = Runner(db=db, clock=clock, settings=settings, publisher=node)
    for look in (sweep.sweep, sweep.sweep, sealer.look, runner.run_due):
        with statements(db, monkeypatch) as sent:
            await look()
            await asyncio.sleep(0)  # the driver tells in the next turn
        assert len(sent) == 1, sent
