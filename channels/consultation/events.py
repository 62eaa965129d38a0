"""What is told of a consultation: to its doctor's devices while she writes, to the patient's side since its end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from carewire.command import Ctx
from carewire.errors import NotFound
from carewire.event import Event
from carewire.topic import Ask as TopicAsk
from carewire.topic import topic
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.consultation.access import lasts, whole
from channels.consultation.lifecycle import ConsultationState
from channels.consultation.notes import Consultation
from channels.directory.access import VERIFIED
from channels.identity import access as identity


class ConsultationUpdated(Event, name="consultation:updated", topic="consultation:{consultation_id}"):
    """Something was written, or it began, ended or was added to; this is all of it as it is now."""

    consultation_id: UUID
    consultation: Consultation


async def may_hear(ctx: Ctx, asks: Sequence[TopicAsk]) -> list[datetime | None]:
    """Its doctor from the start; since its end whoever may read it."""
    found = await ctx.tx.fetch(
        f"""SELECT c.patient_id, c.doctor_id, c.place_id, c.state, c.started_at, c.ended_at,
                   EXISTS (SELECT FROM {VERIFIED} WHERE d.id = c.doctor_id AND d.account_id = ask.actor
                       AND (c.place_id IS NULL OR EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = d.id
                            AND f.place_id = c.place_id AND f.state = 'accepted'))) AS own
              FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS ask (actor, consultation_id, n)
              LEFT JOIN consultation c ON c.id = ask.consultation_id ORDER BY ask.n""",
        [actor.id for actor, _ in asks],
        [key[0] for _, key in asks],
    )
    rights = await care.reasons(
        ctx,
        [
            Ask(actor.id, row["patient_id"], RecordType.CONSULTATION, row["doctor_id"], row["place_id"])
            for (actor, _), row in zip(asks, found, strict=True)
        ],
    )
    owing = await identity.owing_facts(ctx.tx, [actor.login_id for actor, _ in asks])
    since: list[datetime | None] = []
    for (actor, key), row, held in zip(asks, found, rights, strict=True):
        answer = None
        if row["state"] is None or actor.login_id in owing:
            pass
        elif row["own"] and lasts(row["state"], row["ended_at"], ctx.now):
            ctx.read(RecordType.CONSULTATION, key[0], "visit", patient=row["patient_id"], by=actor)
            answer = row["started_at"]
        elif held and row["state"] == ConsultationState.COMPLETED:
            care.opened(ctx, row["patient_id"], RecordType.CONSULTATION, held, by=actor)
            answer = max(held[0].since, row["started_at"] if row["own"] else row["ended_at"])
        since.append(answer)
    return since


@topic("consultation:{consultation_id}", may=may_hear)
async def consultation(ctx: Ctx, consultation_id: UUID) -> Consultation:
    """One visit as its doctor wrote it so far."""
    found = await whole(ctx.tx, consultation_id)
    if found is None:
        raise NotFound()
    return found


async def tell(ctx: Ctx, consultation_id: UUID) -> Consultation:
    """Tell what a locked consultation is now; answers it."""
    now = await consultation(ctx, consultation_id)
    ctx.emit(ConsultationUpdated(consultation_id=consultation_id, consultation=now))
    return now
