"""Visits of the demo clinic, begun through the real line."""

from typing import Any
from uuid import UUID

from carewire.node import Node
from channels.identity.demo import PRIYA_PATIENT
from tests.channels.callers import Caller

P = str(PRIYA_PATIENT)


async def called(desk: Caller, priya: Caller, session: str, patient: str = P) -> str:
    """Her token, called into the room."""
    token = await priya.call("queue.join", session_id=session, patient_id=patient)
    await desk.call("queue.arrive", token_id=token["id"])
    await desk.call("queue.call", token_id=token["id"])
    return str(token["id"])


async def begun(desk: Caller, doctor: Caller, priya: Caller, session: str) -> Any:
    """A consultation in progress."""
    return await doctor.call("consultation.start", token_id=await called(desk, priya, session))


async def walked_in(desk: Caller, doctor: Caller, session: str, name: str = "Walk In") -> Any:
    """A consultation in progress with somebody whom nobody related to the doctor."""
    token = await desk.call("queue.walk_in", session_id=session, name=name)
    await desk.call("queue.call", token_id=token["id"])
    return await doctor.call("consultation.start", token_id=token["id"])


async def execute(node: Node, sql: str, *values: Any) -> None:
    async with node.db.transaction() as tx:
        await tx.execute(sql, *values)


async def audited(node: Node, noun: str, patient: UUID) -> list[str]:
    """By which rights something of this patient was read, as the audit has it."""
    async with node.db.snapshot() as tx:
        rows = await tx.fetch(
            "SELECT why FROM audit WHERE kind = 'read' AND noun = $1 AND patient = $2 ORDER BY id", noun, patient
        )
    return [row["why"] for row in rows]
