"""What the patient's side hears of her prescriptions. A draft is nobody's to hear."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from carewire.command import Ctx
from carewire.event import Event
from carewire.topic import Ask, topic
from channels.care import RecordType
from channels.care import access as care
from channels.prescription.papers import PrescriptionCard
from channels.prescription.rows import CARDS, card

LATEST: Final = 50
"""So many stand in the snapshot; `prescription.list` has all."""


class Prescriptions(Struct, frozen=True, kw_only=True):
    """A patient's latest prescriptions, at most fifty, the latest first; those of records merged into hers count."""

    patient_id: UUID
    prescriptions: list[PrescriptionCard]


class PrescriptionCreated(Event, name="prescription:created", topic="prescriptions:{patient_id}"):
    """A doctor issued a prescription. Its place is by `issued_at`: of two issued at once the later is told first."""

    patient_id: UUID
    prescription: PrescriptionCard

    @staticmethod
    def apply(snapshot: Prescriptions, event: "PrescriptionCreated") -> Prescriptions:
        """The snapshot after this event."""
        cards = sorted([*snapshot.prescriptions, event.prescription], key=_place, reverse=True)[:LATEST]
        return replace(snapshot, prescriptions=cards)


class PrescriptionUpdated(Event, name="prescription:updated", topic="prescriptions:{patient_id}"):
    """One was superseded or cancelled, or something of it was dispensed or came back; this is its card now."""

    patient_id: UUID
    prescription: PrescriptionCard

    @staticmethod
    def apply(snapshot: Prescriptions, event: "PrescriptionUpdated") -> Prescriptions:
        """The snapshot after this event."""
        cards = [event.prescription if one.id == event.prescription.id else one for one in snapshot.prescriptions]
        return replace(snapshot, prescriptions=cards)


class PrescriptionsListed(Event, name="prescription:listed", topic="prescriptions:{patient_id}"):
    """A record was merged into hers, or is hers no longer: this is the whole list now."""

    patient_id: UUID
    prescriptions: list[PrescriptionCard]

    @staticmethod
    def apply(snapshot: Prescriptions, event: "PrescriptionsListed") -> Prescriptions:
        """The snapshot after this event."""
        return replace(snapshot, prescriptions=event.prescriptions)


def _place(card: PrescriptionCard) -> tuple[datetime, UUID]:
    assert card.issued_at is not None
    return card.issued_at, card.id


async def may_hear(ctx: Ctx, asks: Sequence[Ask]) -> list[datetime | None]:
    """Her own side; by consent and break-glass."""
    return await care.may_hear(ctx, asks, RecordType.PRESCRIPTION)


@topic("prescriptions:{patient_id}", may=may_hear)
async def prescriptions(ctx: Ctx, patient_id: UUID) -> Prescriptions:
    """What was prescribed to her, and how much of it is left."""
    rows = await ctx.tx.fetch(
        f"{CARDS} WHERE p.patient_id = ANY ($1) AND p.state <> 'draft' ORDER BY p.issued_at DESC, p.id DESC LIMIT $2",
        await care.records_of(ctx, patient_id),
        LATEST,
    )
    return Prescriptions(patient_id=patient_id, prescriptions=[card(row) for row in rows])


async def tell(ctx: Ctx, prescription_id: UUID, event: type[PrescriptionCreated | PrescriptionUpdated]) -> None:
    """Tell what a locked prescription is now, also to who follows the person its record was merged into."""
    row = await ctx.tx.fetchrow(f"{CARDS} WHERE p.id = $1", prescription_id)
    assert row is not None
    told = card(row)
    person = await ctx.tx.fetchval(
        "SELECT into_id FROM patient_claim WHERE patient_id = $1 AND into_id IS NOT NULL AND undone_at IS NULL",
        told.patient_id,
    )
    for patient_id in (told.patient_id, person):
        if patient_id is not None:
            ctx.emit(event(patient_id=patient_id, prescription=told))
