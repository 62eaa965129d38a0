"""Visits of Priya to Dr. Vikram, and who reviews and moderates them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from carewire.node import Node
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM
from channels.identity import demo as people
from channels.identity.demo import PRIYA_PATIENT
from tests.channels.callers import Caller
from tests.channels.queue.conftest import admin_of, as_person
from tests.channels.review.visits import completed

Visit = Callable[..., Awaitable[str]]


@pytest.fixture
def visit(clinic: Node) -> Visit:
    """One more visit that took place."""

    async def sql(statement: str, *values: Any) -> Any:
        async with clinic.db.transaction() as tx:
            return await tx.fetchval(statement, *values)

    async def make(patient_id: UUID = PRIYA_PATIENT, **more: Any) -> str:
        return str(await completed(sql, patient_id, DOCTOR_VIKRAM, CLINIC, **more))

    return make


def fresh_allowances(node: Node) -> None:
    """Test databases are clones of one deployment, and some tests write more than a person may."""
    node.limits.deployment = str(uuid4())


@pytest.fixture
def priya(clinic: Node) -> Caller:
    fresh_allowances(clinic)
    return as_person(clinic, people.PRIYA)


@pytest.fixture
def admin(clinic: Node) -> Caller:
    return admin_of(clinic)
