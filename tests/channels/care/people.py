"""Who reads what, asked at the one door there is."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from carewire.command import Ctx
from carewire.node import Node
from channels.care import RecordType
from channels.care.access import Ask, Right, reasons
from channels.identity.demo import Person

Reads = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def reads(clinic: Node) -> Reads:
    """By which rights an account may read this of a patient now; nothing: not at all."""

    async def ask(
        who: Person, patient_id: UUID, record: RecordType | None = RecordType.SUMMARY, **author: UUID
    ) -> list[str]:
        return sorted(right.kind.value for right in await rights(clinic, who, patient_id, record, **author))

    return ask


async def rights(
    node: Node, who: Person, patient_id: UUID, record: RecordType | None = RecordType.SUMMARY, **author: UUID
) -> list[Right]:
    async with node.db.snapshot() as tx:
        clock = node.dispatcher.clock
        ctx = Ctx(tx=tx, now=clock.now(), real_now=clock.real_now(), settings=node.settings)
        return (await reasons(ctx, [Ask(who.account_id, patient_id, record, **author)]))[0]


async def execute(node: Node, sql: str, *values: Any) -> None:
    async with node.db.transaction() as tx:
        await tx.execute(sql, *values)
