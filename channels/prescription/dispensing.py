"""Counter sales: a pharmacist gives out what a shared prescription says."""

from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from carewire.command import Ctx, command
from carewire.errors import Field, IllegalMove, InvalidParams, NotFound
from carewire.ids import uuid7
from channels.care import RecordType
from channels.directory import PlaceKind
from channels.directory import access as directory
from channels.identity import Capacity
from channels.identity.errors import FactDue
from channels.prescription import access
from channels.prescription.errors import NotDispensable, NotInForce, Overspent
from channels.prescription.lifecycle import PRESCRIPTION
from channels.prescription.papers import Prescription, Quantity
from channels.prescription.rows import whole

STAFF: Final = {Capacity.STAFF}


class DispensedLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of one line."""

    line_id: UUID
    quantity: Quantity


Gives = Annotated[list[DispensedLine], Meta(min_length=1, max_length=30)]


@command(
    "prescription.dispense",
    allow=STAFF,
    emits=access.SPEND_EMITS,
    errors={NotFound, FactDue, InvalidParams, IllegalMove, NotInForce, NotDispensable, Overspent},
)
async def dispense(ctx: Ctx, prescription_id: UUID, lines: Gives, place_id: UUID | None = None) -> Prescription:
    """Give out units over the counter: for a pharmacist, at a pharmacy that the patient's side showed it to.

    By consent to `prescription` or by an order there; the only pharmacy where one works need not be named. All or
    nothing, and never more than is left over all pharmacies.
    """
    place = await directory.place(ctx, place_id, duties=access.DISPENSERS)
    found = await access.readable(ctx, prescription_id)
    if place.kind is not PlaceKind.PHARMACY or not await access.dispensable_at(ctx, found, place.id):
        raise NotFound()
    ctx.about(RecordType.PRESCRIPTION, found.id, patient=found.patient_id)
    PRESCRIPTION.move(found.state, "dispense")
    known = {line.id for line in found.lines}
    if strange := [n for n, given in enumerate(lines) if given.line_id not in known]:
        raise InvalidParams(fields=(Field(f"$.lines[{strange[0]}].line_id", "is no line of this prescription"),))
    sale = uuid7()
    for given in sorted(lines, key=lambda given: given.line_id):
        await access.spend(ctx, given.line_id, given.quantity, sale, place_id=place.id)
    after = await whole(ctx.tx, found.id)
    assert after is not None
    return after
