"""Random walks over tests and reports, on the database, against the product's rules in plain Python.

After each step: the state is what the rules say, an illegal move names the legal ones, a window is never over capacity,
and for every topic the first snapshot with all events since is the fresh snapshot.
"""

import contextlib
import random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import IllegalMove
from carewire.event import REGISTRY
from carewire.node import Node
from channels.directory.demo import LABORATORY
from channels.identity.demo import ARJUN_PATIENT, KAMLA_PATIENT
from channels.lab import events
from channels.lab.errors import NoReport, NotWaiting, ReportStands, WindowFull
from channels.lab.events import Board, LabFile
from channels.lab.lifecycle import LAB_REPORT, LAB_TEST, LabTestState, ReportState
from tests.channels.callers import Caller, rows, told
from tests.channels.lab.laboratory import CODE, P, ordered, tomorrow
from tests.channels.lab.test_reports import CRITICAL, HIGH, NORMAL
from tests.channels.queue.conftest import ProductClock, topic

PATIENTS = (P, str(ARJUN_PATIENT), str(KAMLA_PATIENT))
VERBS = (
    "schedule", "home", "miss", "collect", "begin", "reject", "submit_result", "cancel",
    "create", "update", "publish", "amend", "acknowledge",
)  # fmt: skip


def added_up(name: str, snapshot: Any, events: list[tuple[str, Any]]) -> Any:
    """The snapshot after these events, as a client would make it of the declared classes."""
    pattern = {"lab_reports": "lab_reports:{patient_id}", "lab_desk": "lab_desk:{laboratory_id}"}[name.split(":")[0]]
    for event, data in events:
        kind: Any = REGISTRY[event, pattern]
        snapshot = kind.apply(snapshot, msgspec.convert(data, kind, strict=False))
    return snapshot


class Walk:
    """What has happened so far, as one would write it on a board."""

    def __init__(self, node: Node, priya: Caller, technician: Caller, entry: str, time: ProductClock) -> None:
        self.node, self.priya, self.technician, self.entry, self.time = node, priya, technician, entry, time
        self.tests: dict[str, LabTestState] = {}
        self.reports: dict[str, tuple[str, ReportState]] = {}
        self.critical: set[str] = set()

    async def step(self, dice: random.Random) -> None:
        self.time.turn(minutes=dice.choice((1, 5, 45)))
        if len(self.tests) < 4 or dice.random() < 0.1:
            test = await ordered(self.priya, self.entry, dice.choice(PATIENTS))
            self.tests[test] = LabTestState.REQUESTED
            return
        verb, test = dice.choice(VERBS), dice.choice(list(self.tests))
        await getattr(self, f"do_{verb}", self.move)(dice, verb, test)

    async def move(self, dice: random.Random, verb: str, test: str) -> None:
        params: dict[str, Any] = {"lab_test_id": test}
        name = "schedule" if verb == "home" else verb
        if name == "schedule":
            params |= {"mode": "visit", "planned_at": tomorrow(self.node, dice.randint(8, 10)).isoformat()}
        if verb == "home":
            params |= {"mode": "home", "address": "12 Church Street", "postal_code": CODE}
        if verb == "miss" and self.tests[test] is LabTestState.SCHEDULED:
            self.time.turn(days=2)
        if verb == "reject":
            params["reason"] = "clotted"
        if verb == "submit_result":
            values = dice.choice((NORMAL, HIGH, CRITICAL))
            params["values"] = values
        who = self.priya if name in ("schedule", "cancel") else self.technician
        await self.expect(LAB_TEST, self.tests[test], name, who.call(f"lab_test.{name}", **params), test, params)

    async def expect(self, machine: Any, state: Any, move: str, call: Any, test: str, params: dict[str, Any]) -> None:
        if move not in machine.legal(state):
            with pytest.raises(IllegalMove) as refused:
                await call
            assert refused.value.data["legal"] == machine.legal(state)
            return
        try:
            answer = await call
        except WindowFull:
            assert params["mode"] == "home"
            return
        after = machine.move(state, move)
        if machine is LAB_TEST:
            self.tests[test] = after
        if "versions" in answer:
            self.reports[test] = (answer["id"], ReportState(answer["state"]))
            self.note_critical(test, params.get("values"), answer)
            if answer["state"] != "draft":
                self.tests[test] = LabTestState.COMPLETED
        else:
            assert answer["state"] == after

    def note_critical(self, test: str, values: Any, answer: Any) -> None:
        self.critical.discard(test)
        if answer["state"] != "draft" and answer["versions"][0]["results"][0]["flag"].startswith("critical"):
            self.critical.add(test)
        assert (answer["critical"] is not None) == (test in self.critical)

    async def do_create(self, dice: random.Random, verb: str, test: str) -> None:
        call = self.technician.call("lab_report.create", lab_test_id=test, values=dice.choice((NORMAL, CRITICAL)))
        if self.tests[test] not in (LabTestState.SAMPLE_COLLECTED, LabTestState.IN_PROGRESS):
            with pytest.raises(IllegalMove):
                await call
        elif test in self.reports:
            with pytest.raises(ReportStands):
                await call
        else:
            self.reports[test] = ((await call)["id"], ReportState.DRAFT)

    async def on_report(self, verb: str, test: str, **params: Any) -> None:
        if test not in self.reports:
            return
        report, state = self.reports[test]
        call = self.technician.call(f"lab_report.{verb}", lab_report_id=report, **params)
        if verb == "publish" and state is ReportState.DRAFT and self.tests[test] not in (
            LabTestState.SAMPLE_COLLECTED, LabTestState.IN_PROGRESS, LabTestState.REQUESTED, LabTestState.SCHEDULED,
        ):  # fmt: skip
            with pytest.raises(IllegalMove):
                await call
            return
        with contextlib.suppress(NoReport):  # its sample was rejected, and with it what the draft said
            await self.expect(LAB_REPORT, state, verb, call, test, params)

    async def do_update(self, dice: random.Random, verb: str, test: str) -> None:
        if self.tests[test] in (LabTestState.SAMPLE_COLLECTED, LabTestState.IN_PROGRESS, LabTestState.COMPLETED):
            await self.on_report(verb, test, values=dice.choice((NORMAL, HIGH)))

    async def do_publish(self, dice: random.Random, verb: str, test: str) -> None:
        await self.on_report(verb, test)

    async def do_amend(self, dice: random.Random, verb: str, test: str) -> None:
        await self.on_report(verb, test, reason="A slip", values=dice.choice((NORMAL, HIGH, CRITICAL)))

    async def do_acknowledge(self, dice: random.Random, verb: str, test: str) -> None:
        if test not in self.reports:
            return
        call = self.technician.call("lab_report.acknowledge", lab_report_id=self.reports[test][0], how="patient_told")
        if test not in self.critical:
            with pytest.raises(NotWaiting):
                await call
        else:
            assert (await call)["acknowledged_at"] is not None
            self.critical.discard(test)


@examples(max_examples=4, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
async def test_a_random_walk_keeps_every_rule_and_every_snapshot(
    seed: int, clinic: Node, technician: Caller, priya: Caller, entry: str, time: ProductClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(events, "BOARD_MAX", 3)  # so that tests move up
    await technician.call("laboratory.set_collection", laboratory_id=LABORATORY, minutes=60, capacity=1)
    walk = Walk(clinic, priya, technician, entry, time)
    names = [*(f"lab_reports:{patient}" for patient in PATIENTS), f"lab_desk:{LABORATORY}"]
    first = {name: (await topic(clinic, name), len(await told(clinic, name))) for name in names}
    dice = random.Random(seed)
    for n in range(80):
        await walk.step(dice)
        if n % 10:
            continue
        for name in names:
            snapshot, seen = first[name]
            fresh = await topic(clinic, name)
            assert isinstance(fresh, Board | LabFile)
            assert added_up(name, snapshot, (await told(clinic, name))[seen:]) == fresh, name
        stored = await rows(clinic, "SELECT id, state FROM lab_test WHERE id = ANY ($1)", [UUID(t) for t in walk.tests])
        assert {str(row["id"]): row["state"] for row in stored} == walk.tests
        waits = await rows(
            clinic,
            "SELECT r.lab_test_id FROM lab_critical c JOIN lab_report r ON r.id = c.report_id"
            " WHERE c.acknowledged_at IS NULL AND c.superseded_at IS NULL AND r.lab_test_id = ANY ($1)",
            [UUID(test) for test in walk.tests],
        )
        assert {str(row["lab_test_id"]) for row in waits} == walk.critical
        assert not await rows(
            clinic,
            "SELECT FROM lab_window w WHERE taken > capacity OR taken <> (SELECT count(DISTINCT patient_id) FROM"
            " lab_test t WHERE t.laboratory_id = w.laboratory_id AND t.window_at = w.starts_at)",
        )
