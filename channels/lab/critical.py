"""Critical values: somebody has to say that she knows, or others are asked, step by step, until somebody does.

First the doctor who asked for the test (or, without one who may read it, the laboratory), then who runs the place where
she asked and its other doctors, then administrators: these learn that something waits, and nothing else. Then all of
them again, after twice as long each time and at least once a day. A step at which nobody is left to ask costs no time.
The minutes are real ones, by night too: a potassium of 7 knows no opening hours.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.command import Ctx
from carewire.ids import uuid7
from carewire.jobs.job import Job, consumer
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.identity import Duty, Scope
from channels.identity import access as identity
from channels.lab import facts, rows
from channels.lab.errors import NotWaiting
from channels.lab.moving import staff_of
from channels.lab.rows import LabTest

FIRST, SECOND, LAST = range(3)
RESPONSIBLE: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.TECHNICIAN})
"""Who of a laboratory sees to a critical value for which there is no doctor."""
RUN_THE_PLACE: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.NURSE})
EVERYBODY: Final = frozenset(Duty)
ADMINISTRATORS: Final = Scope.COORDINATE
COLLEAGUES_MAX: Final = 50
AT_LEAST: Final = timedelta(days=1)
"""How often everybody is asked again, at the least."""
KEY: Final = "lab_critical:{critical_id}"


class How(StrEnum):
    """What was done about a critical value. A closed list; a note may say more."""

    PATIENT_TOLD = "patient_told"
    TREATMENT_CHANGED = "treatment_changed"
    SENT_TO_HOSPITAL = "sent_to_hospital"
    EXPECTED = "expected"
    """It was known, and needs nothing."""


class Critical(msgspec.Struct, frozen=True, kw_only=True):
    """A critical value that waits since `raised_at`. `step`: who was asked last; beyond `LAST` everybody once more."""

    id: UUID
    report_id: UUID
    laboratory_id: UUID
    doctor_id: UUID | None
    place_id: UUID | None
    raised_at: datetime
    due_at: datetime
    step: int

    def due(self, step: int) -> datetime:
        """When this step is over without an answer."""
        gap = self.due_at - self.raised_at
        at = self.raised_at + gap * (min(step, LAST) + 1)
        for _ in range(LAST, step):
            gap = min(2 * gap, AT_LEAST)
            at += gap
        return at


class CriticalDue(Job, name="lab.critical_due"):
    """Nobody has acknowledged a critical value in this step."""

    critical_id: UUID
    step: int


_COLUMNS: Final = "id, report_id, laboratory_id, doctor_id, place_id, raised_at, due_at, step"
_WAITS: Final = "acknowledged_at IS NULL AND superseded_at IS NULL"


async def raise_(ctx: Ctx, test: LabTest, report_id: UUID, version: int, since: Critical | None = None) -> None:
    """A version with a critical value is out: whoever is responsible is told, and the time runs.

    `since`: what waited already and is amended. Its time runs on, or amending would put off whom to ask next.
    """
    assert test.laboratory_id is not None
    minutes: int = await ctx.tx.fetchval("SELECT critical_minutes()")
    account_id = await doctor_account(ctx, test)
    critical = Critical(
        id=uuid7(),
        report_id=report_id,
        laboratory_id=test.laboratory_id,
        doctor_id=test.doctor_id if account_id is not None else None,
        place_id=test.place_id,
        raised_at=since.raised_at if since else ctx.now,
        due_at=since.due_at if since else ctx.now + timedelta(minutes=minutes),
        step=FIRST,
    )
    await ctx.tx.execute(
        "INSERT INTO lab_critical (id, report_id, version, laboratory_id, doctor_id, place_id, raised_at, due_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        critical.id,
        report_id,
        version,
        critical.laboratory_id,
        critical.doctor_id,
        critical.place_id,
        critical.raised_at,
        critical.due_at,
    )
    await _ask(ctx, critical, FIRST, until=since.step if since else FIRST)


async def supersede(ctx: Ctx, report_id: UUID) -> Critical | None:
    """A newer version takes the place of the one that waits, which is returned: its own values count."""
    row = await ctx.tx.fetchrow(
        f"UPDATE lab_critical SET superseded_at = $2 WHERE report_id = $1 AND {_WAITS} RETURNING {_COLUMNS}",
        report_id,
        ctx.now,
    )
    return None if row is None else msgspec.convert(dict(row), Critical)


async def waiting(ctx: Ctx, report_id: UUID) -> Critical:
    """The critical value of a report that waits, locked. Raises `NotWaiting`."""
    row = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM lab_critical WHERE report_id = $1 AND {_WAITS} FOR UPDATE", report_id
    )
    if row is None:
        raise NotWaiting()
    return msgspec.convert(dict(row), Critical)


async def acknowledge(ctx: Ctx, critical: Critical, how: How, note: str | None) -> None:
    """Somebody knows, and says what was done; nobody else is asked any more."""
    await ctx.tx.execute(
        "UPDATE lab_critical SET acknowledged_at = $2, acknowledged_by = $3, how = $4, note = $5 WHERE id = $1",
        critical.id,
        ctx.now,
        ctx.actor.id,
        how,
        note,
    )


@consumer(CriticalDue)
async def ask_others(ctx: Ctx, job: CriticalDue) -> None:
    """Ask the next ones; once for each step, however often the job comes."""
    row = await ctx.tx.fetchrow(
        f"SELECT {_COLUMNS} FROM lab_critical WHERE id = $1 AND {_WAITS} FOR UPDATE", job.critical_id
    )
    if row is None:
        return
    critical = msgspec.convert(dict(row), Critical)
    if critical.step != job.step:
        return
    if ctx.now < critical.due(critical.step):
        _wait(ctx, critical, critical.step)
        return
    await _ask(ctx, critical, critical.step + 1)


async def _ask(ctx: Ctx, critical: Critical, step: int, until: int = FIRST) -> None:
    """Take a step and ask those of it; the next, too, where nobody is there, and up to `until`."""
    people = await _people(ctx, critical, step)
    for person in people:
        if step == FIRST:
            minutes = round((critical.due_at - critical.raised_at).total_seconds() / 60)
            ctx.notify(person, facts.CRITICAL, critical.id, minutes=minutes)
        else:
            again = "" if step <= LAST else f"step {step}"
            ctx.notify(person, facts.CRITICAL_WAITS, critical.id, occasion=again)
    await ctx.tx.execute("UPDATE lab_critical SET step = $2 WHERE id = $1", critical.id, step)
    await ctx.tx.execute(
        "INSERT INTO lab_critical_step (critical_id, step, at, told) VALUES ($1, $2, $3, $4)",
        critical.id,
        step,
        ctx.now,
        len(people),
    )
    if step < min(until, LAST) or (not people and step < LAST):
        await _ask(ctx, critical, step + 1, until)
    elif step < until:
        await _ask(ctx, critical, until, until)
    else:
        _wait(ctx, critical, step)


async def _people(ctx: Ctx, critical: Critical, step: int) -> list[UUID]:
    """Whom to ask at this step."""
    if step == FIRST:
        return await _responsible(ctx, critical)
    if step == SECOND:
        return await _colleagues(ctx, critical)
    administrators = await identity.with_scope(ctx.tx, ADMINISTRATORS)
    if step == LAST:
        return administrators
    return sorted({*await _responsible(ctx, critical), *await _colleagues(ctx, critical), *administrators})


def _wait(ctx: Ctx, critical: Critical, step: int) -> None:
    ctx.enqueue(
        CriticalDue(critical_id=critical.id, step=step),
        not_before=critical.due(step),
        key=KEY.format(critical_id=critical.id),
    )


async def doctor_account(ctx: Ctx, test: LabTest) -> UUID | None:
    """The account of the doctor who asked, while she works and may read what she asked for."""
    if test.doctor_id is None:
        return None
    account_id: UUID | None = await ctx.tx.fetchval(
        "SELECT d.account_id FROM doctor d JOIN account a ON a.id = d.account_id AND a.state = 'active'"
        " WHERE d.id = $1",
        test.doctor_id,
    )
    if account_id is None:
        return None
    ask = Ask(account_id, test.patient_id, RecordType.LAB_REPORT, test.doctor_id, test.laboratory_id)
    (since,) = await care.may_read(ctx, [ask])
    return None if since is None else account_id


async def _responsible(ctx: Ctx, critical: Critical) -> list[UUID]:
    """The doctor who asked, while she may read it; else who sees to it at the laboratory."""
    if critical.doctor_id is not None:
        test = await rows.find(ctx.tx, await _test_of(ctx, critical))
        assert test is not None
        account_id = await doctor_account(ctx, test)
        if account_id is not None:
            return [account_id]
    return await staff_of(ctx, critical.laboratory_id, RESPONSIBLE)


async def _test_of(ctx: Ctx, critical: Critical) -> UUID:
    found: UUID = await ctx.tx.fetchval("SELECT lab_test_id FROM lab_report WHERE id = $1", critical.report_id)
    return found


async def _colleagues(ctx: Ctx, critical: Critical) -> list[UUID]:
    """Who runs the place where the doctor asked, its other doctors, and who is responsible at the laboratory; without a
    doctor everybody at the laboratory."""
    if critical.doctor_id is None:
        return await staff_of(ctx, critical.laboratory_id, EVERYBODY)
    people = set(await staff_of(ctx, critical.laboratory_id, RESPONSIBLE))
    if critical.place_id is not None:
        people |= set(await staff_of(ctx, critical.place_id, RUN_THE_PLACE))
        found: list[Any] = await ctx.tx.fetch(
            "SELECT d.account_id FROM affiliation f JOIN doctor d ON d.id = f.doctor_id AND d.closed_at IS NULL"
            " JOIN account a ON a.id = d.account_id AND a.state = 'active'"
            " JOIN account_capacity v ON v.account_id = d.account_id AND v.capacity = 'doctor' AND v.state = 'active'"
            f" WHERE f.place_id = $1 AND f.state = 'accepted' ORDER BY d.id LIMIT {COLLEAGUES_MAX}",
            critical.place_id,
        )
        people |= {row["account_id"] for row in found}
    return sorted(people)
