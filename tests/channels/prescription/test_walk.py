"""Hypothesis walks visits and prescriptions on the real database, against the rules written down in plain Python.

PRODUCT 28, 30; issue 7, must hold.
"""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewire.errors import IllegalMove, Refusal
from carewire.lifecycle import Lifecycle
from carewire.node import Node
from channels.consultation.lifecycle import CONSULTATION, ConsultationState
from channels.directory.demo import CLINIC, DOCTOR_VIKRAM
from channels.identity.demo import VIKRAM, WALK_IN_PATIENT
from channels.prescription.lifecycle import PRESCRIPTION, PrescriptionState
from tests.channels.callers import Caller, rows
from tests.channels.prescription.papers import line
from tests.channels.prescription.test_counter import count
from tests.channels.queue.conftest import MakeSession, as_person

C, P = ConsultationState, PrescriptionState
UNITS = 4

LEGAL: dict[StrEnum, set[str]] = {
    C.IN_PROGRESS: {"update", "complete", "cancel"},
    C.COMPLETED: {"add"},
    C.CANCELLED: set(),
    P.DRAFT: {"update", "issue"},
    P.ISSUED: {"dispense", "supersede", "cancel"},
    P.SUPERSEDED: set(),
    P.CANCELLED: set(),
}


@pytest.mark.parametrize("machine", [CONSULTATION, PRESCRIPTION], ids=lambda machine: machine.states.__name__)
def test_every_other_pair_is_refused_and_says_what_is_legal(machine: "Lifecycle[StrEnum]") -> None:
    for state in machine.states:
        assert set(machine.legal(state)) == LEGAL[state]
        for move in machine.moves:
            if move in LEGAL[state]:
                assert machine.move(state, move) is machine.moves[move].target
            else:
                with pytest.raises(IllegalMove) as refused:
                    machine.move(state, move)
                assert set(refused.value.data["legal"]) == LEGAL[state]


class Paper:
    """What we believe of a prescription of one line."""

    def __init__(self, paper: Any, takes: "Paper | None" = None) -> None:
        self.id, self.line, self.version = paper["id"], paper["lines"][0]["id"], 1
        self.state = "draft"
        self.spent, self.ref, self.takes = 0, uuid4(), takes
        self.units: int = UNITS if takes is None else takes.units - takes.spent
        self.seen: int = 0 if takes is None else takes.spent


class Walk:
    """A visit and what was prescribed on it; each step says first what has to come of it."""

    def __init__(self, node: Node, doctor: Caller, visit: UUID) -> None:
        self.node, self.doctor, self.visit = node, doctor, str(visit)
        self.state, self.version = "in_progress", 1
        self.papers: list[Paper] = []

    async def step(self, verb: str, pick: int, amount: int) -> None:
        if verb in ("write", "complete", "add", "mistaken", "create"):
            await getattr(self, verb)()
        elif self.papers:
            await getattr(self, verb)(self.papers[pick % len(self.papers)], amount)

    async def ask(self, expected: str | None, method: str, **params: Any) -> Any:
        """Call it; what came of it is what was expected."""
        found, answer = None, None
        try:
            answer = await self.doctor.call(method, **params)
        except Refusal as refusal:
            found = refusal.reason
        assert found == expected, (method, params)
        return answer

    def _only(self, state: str) -> str | None:
        return None if self.state == state else "illegal_move"

    async def write(self) -> None:
        said = {"consultation_id": self.visit, "version": self.version, "advice": f"Version {self.version}"}
        if (await self.ask(self._only("in_progress"), "consultation.update", **said)) is not None:
            self.version += 1

    async def complete(self) -> None:
        said = {"consultation_id": self.visit, "version": self.version, "complete": True}
        if (await self.ask(self._only("in_progress"), "consultation.update", **said)) is not None:
            self.state, self.version = "completed", self.version + 1

    async def add(self) -> None:
        await self.ask(self._only("completed"), "consultation.add", consultation_id=self.visit, text="More")

    async def mistaken(self) -> None:
        expected = self._only("in_progress")
        if expected is None and any(paper.state == "issued" for paper in self.papers):
            expected = "papers_stand"
        await self.ask(expected, "consultation.cancel", consultation_id=self.visit, reason="A mistake")
        self.state = "cancelled" if expected is None else self.state

    async def create(self) -> None:
        expected = "visit_cancelled" if self.state == "cancelled" else None
        made = await self.ask(expected, "prescription.create", consultation_id=self.visit, lines=[line(quantity=UNITS)])
        self.papers += [Paper(made)] if made else []

    def _draft(self, paper: Paper) -> str | None:
        if paper.state == "deleted":
            return "not_found"
        return None if paper.state == "draft" else "illegal_move"

    def _issued(self, paper: Paper) -> str | None:
        if paper.state == "deleted":
            return "not_found"
        return None if paper.state == "issued" else "illegal_move"

    async def edit(self, paper: Paper, amount: int) -> None:
        expected = self._draft(paper) or ("visit_cancelled" if self.state == "cancelled" else None)
        said = {"prescription_id": paper.id, "version": paper.version, "instructions": f"After food {amount}"}
        if paper.takes is not None:
            said["supersedes_spent"] = paper.takes.spent
        await self.ask(expected, "prescription.update", **said)
        if expected is None:
            paper.version += 1
            paper.seen = 0 if paper.takes is None else paper.takes.spent

    async def delete(self, paper: Paper, amount: int) -> None:
        expected = self._draft(paper)
        await self.ask(expected, "prescription.delete", prescription_id=paper.id)
        paper.state = "deleted" if expected is None else paper.state

    async def issue(self, paper: Paper, amount: int) -> None:
        expected = self._draft(paper)
        if expected is None and paper.takes is not None and paper.takes.state != "issued":
            expected = "illegal_move"
        if expected is None and paper.takes is not None and paper.takes.spent != paper.seen:
            expected = "dispensed_since"
        if expected is None and self.state == "cancelled":
            expected = "visit_cancelled"
        override = {"outcome": "unreadable", "reason": "She told of none"}
        await self.ask(expected, "prescription.issue", prescription_id=paper.id, override=override)
        if expected is None:
            paper.state = "issued"
            if paper.takes is not None:
                paper.takes.state = "superseded"

    async def supersede(self, paper: Paper, amount: int) -> None:
        if paper.spent == paper.units:
            return  # nothing is left to begin with
        made = await self.ask(self._issued(paper), "prescription.supersede", prescription_id=paper.id)
        self.papers += [Paper(made, paper)] if made else []

    async def cancel(self, paper: Paper, amount: int) -> None:
        expected = self._issued(paper)
        await self.ask(expected, "prescription.cancel", prescription_id=paper.id, reason="Not needed")
        paper.state = "cancelled" if expected is None else paper.state

    async def spend(self, paper: Paper, amount: int) -> None:
        expected = None
        if paper.state != "issued":
            expected = "not_found" if paper.state == "deleted" else "prescription_not_in_force"
        elif paper.spent + amount > paper.units:
            expected = "prescription_spent"
        paper.spent += await self._count(expected, "spend", paper, amount)

    async def unspend(self, paper: Paper, amount: int) -> None:
        expected = "prescription_spent" if amount > paper.spent else None
        if paper.state == "deleted":
            expected = "not_found"
        paper.spent -= await self._count(expected, "unspend", paper, amount)

    async def _count(self, expected: str | None, verb: str, paper: Paper, amount: int) -> int:
        found = None
        try:
            await count(self.node, verb, paper.line, amount, paper.ref)
        except Refusal as refusal:
            found = refusal.reason
        assert found == expected, verb
        return amount if found is None else 0

    async def agrees(self) -> None:
        """The tables say what we believe."""
        ((state, version),) = await rows(
            self.node, "SELECT state, version FROM consultation WHERE id = $1", UUID(self.visit)
        )
        assert (state, version) == (self.state, self.version)
        found = await rows(
            self.node,
            "SELECT p.id, p.state, l.spent FROM prescription p JOIN prescription_line l ON l.prescription_id = p.id"
            " WHERE p.consultation_id = $1",
            UUID(self.visit),
        )
        believed = {(p.id, p.state, p.spent) for p in self.papers if p.state != "deleted"}
        assert {(str(row["id"]), row["state"], row["spent"]) for row in found} == believed


VERBS = ("write", "complete", "add", "mistaken", "create", "create", "edit", "delete", "issue", "issue", "issue",
         "supersede", "cancel", "spend", "spend", "unspend")  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 3), st.integers(1, 3)), min_size=4, max_size=12)


@settings(max_examples=20)
@given(steps=STEPS)
async def test_whatever_is_asked_in_whatever_order_comes_to_what_the_rules_say(
    steps: list[tuple[str, int, int]], clinic: Node, make_session: MakeSession
) -> None:
    (sitting,) = await rows(
        clinic, "SELECT id FROM session WHERE doctor_id = $1 AND state = 'live'", DOCTOR_VIKRAM
    ) or [{"id": await make_session()}]
    async with clinic.db.transaction() as tx:
        visit = await tx.fetchval(
            "WITH t AS (INSERT INTO token (session_id, patient_id, kind, state, joined_at, ended_at, reason)"
            " VALUES ($1, $2, 'walk_in', 'cancelled', now(), now(), 'left') RETURNING id)"
            " INSERT INTO consultation (token_id, patient_id, doctor_id, place_id, mode, state, started_at)"
            " SELECT id, $2, $3, $4, 'in_person', 'in_progress', now() FROM t RETURNING id",
            sitting["id"], WALK_IN_PATIENT, DOCTOR_VIKRAM, CLINIC,
        )  # fmt: skip
    walk = Walk(clinic, as_person(clinic, VIKRAM), visit)
    for verb, pick, amount in [("create", 0, 1), ("issue", 0, 1), *steps]:
        await walk.step(verb, pick, amount)
    await walk.agrees()
