"""A visit from its doctor's side: begun, written while it lasts, completed, added to."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.forms import Line, Text
from channels.care import RecordType
from channels.consultation import access, beginning
from channels.consultation.beginning import EMITS
from channels.consultation.errors import PapersStand, StaleVersion
from channels.consultation.events import ConsultationUpdated, tell
from channels.consultation.facts import COMPLETED, FOLLOW_UP
from channels.consultation.jobs import VisitOver
from channels.consultation.lifecycle import CONSULTATION
from channels.consultation.notes import Consultation, Vitals
from channels.identity import Capacity
from channels.identity import access as identity
from channels.identity.errors import FactDue

DOCTORS: Final = {Capacity.DOCTOR}
AHEAD: Final = timedelta(days=2 * 366)
"""Nobody is asked back later than that."""


@command(
    "consultation.update",
    allow=DOCTORS,
    emits=EMITS,
    errors={NotFound, FactDue, InvalidParams, IllegalMove, StaleVersion},
)
async def update(
    ctx: Ctx,
    consultation_id: UUID,
    version: int,
    symptoms: Text | UnsetType | None = UNSET,
    findings: Text | UnsetType | None = UNSET,
    vitals: Vitals | UnsetType | None = UNSET,
    diagnosis: Text | UnsetType | None = UNSET,
    advice: Text | UnsetType | None = UNSET,
    follow_up_date: date | UnsetType | None = UNSET,
    complete: bool = False,
) -> Consultation:
    """Write on a visit that is in progress; what is left out stays, null takes it away. `vitals` are replaced whole.

    `version` is the one that was read: when another device wrote since, this is refused (`stale_version`) and nothing
    changes. `complete` ends the visit, also in the line: from then on it is only added to.
    """
    seen = await access.treating(ctx, consultation_id, lock=True)
    ctx.about(RecordType.CONSULTATION, seen.id, patient=seen.patient_id)
    state = CONSULTATION.move(seen.state, "complete" if complete else "update")
    was = await access.whole(ctx.tx, seen.id)
    assert was is not None
    if was.version != version:
        raise StaleVersion(f"It is at version {was.version} by now", version=was.version)
    given = {"symptoms": symptoms, "findings": findings, "diagnosis": diagnosis, "advice": advice,
             "follow_up_date": follow_up_date}  # fmt: skip
    changed: dict[str, Any] = {
        name: value for name, value in given.items() if value is not UNSET and value != getattr(was, name)
    }
    if vitals is not UNSET and vitals != was.vitals:
        changed |= {name: None if vitals is None else getattr(vitals, name) for name in access.VITALS}
    if changed.get("follow_up_date") is not None:
        await _check_date(ctx, seen, changed["follow_up_date"])
    if complete:
        changed |= {"state": state, "ended_at": max(ctx.now, seen.started_at)}
    if not changed:
        return was
    settings = ", ".join(f"{name} = ${n}" for n, name in enumerate(changed, 2))
    await ctx.tx.execute(
        f"UPDATE consultation SET version = version + 1, {settings} WHERE id = $1", seen.id, *changed.values()
    )
    if complete:
        await _completed(ctx, seen)
    return await tell(ctx, seen.id)


async def _completed(ctx: Ctx, seen: access.Treated) -> None:
    """The line goes on, and her side hears that something is to be read, and when she is asked back."""
    await beginning.end(ctx, seen)
    ctx.enqueue(VisitOver(consultation_id=seen.id), not_before=ctx.now + access.VISIT, key=f"visit:{seen.id}")
    row = await ctx.tx.fetchrow(
        "SELECT d.name, c.follow_up_date FROM consultation c JOIN doctor d ON d.id = c.doctor_id WHERE c.id = $1",
        seen.id,
    )
    assert row is not None
    for _, account_id in await identity.acting_for(ctx.tx, [seen.patient_id]):
        ctx.notify(account_id, COMPLETED, seen.id, doctor=row["name"])
        if row["follow_up_date"] is not None:
            ctx.notify(account_id, FOLLOW_UP, seen.id, doctor=row["name"], date=row["follow_up_date"])


async def _check_date(ctx: Ctx, seen: access.Treated, wanted: date) -> None:
    """Today is a day on the clock of the place, by video on the doctor's."""
    zone: str = await ctx.tx.fetchval(
        "SELECT coalesce((SELECT p.zone FROM place p WHERE p.id = $1), d.zone) FROM doctor d WHERE d.id = $2",
        seen.place_id,
        seen.doctor_id,
    )
    today = ctx.now.astimezone(ZoneInfo(zone)).date()
    if not today <= wanted <= today + AHEAD:
        raise InvalidParams(fields=(Field("$.follow_up_date", "lies in the past, or years ahead"),))


@command(
    "consultation.add",
    allow=DOCTORS,
    emits={ConsultationUpdated},
    errors={NotFound, FactDue, IllegalMove},
)
async def add(ctx: Ctx, consultation_id: UUID, text: Text) -> Consultation:
    """Add to a completed visit of your own. It stands beside what was written; the visit is not reopened."""
    seen = await access.treating(ctx, consultation_id, lock=True)
    ctx.about(RecordType.CONSULTATION, seen.id, patient=seen.patient_id)
    CONSULTATION.move(seen.state, "add")
    await ctx.tx.execute(
        "INSERT INTO addendum (consultation_id, text, written_by, written_at) VALUES ($1, $2, $3, $4)",
        seen.id,
        text,
        ctx.actor.id,
        ctx.now,
    )
    return await tell(ctx, seen.id)


@command(
    "consultation.cancel",
    allow=DOCTORS,
    emits={ConsultationUpdated},
    errors={NotFound, FactDue, IllegalMove, PapersStand},
)
async def cancel(ctx: Ctx, consultation_id: UUID, reason: Line) -> Consultation:
    """It was begun by mistake: nobody but you reads it, and the visit may begin anew. The line stays as it is."""
    seen = await access.treating(ctx, consultation_id, lock=True)
    ctx.about(RecordType.CONSULTATION, seen.id, patient=seen.patient_id)
    await ctx.tx.execute(
        "UPDATE consultation SET state = $2, ended_at = greatest($3, started_at), cancel_reason = $4 WHERE id = $1",
        seen.id,
        CONSULTATION.move(seen.state, "cancel"),
        ctx.now,
        reason,
    )
    return await tell(ctx, seen.id)
