"""The desk asks a patient who stands there whether her doctor may see her summary."""

from typing import Final
from uuid import UUID

from carewire.command import Ctx, Rate, command
from carewire.errors import NotFound, RateLimited
from channels.care import access as care
from channels.care.access import Asked
from channels.care.errors import NoNumber
from channels.identity import Capacity
from channels.queue import access

ASKING: Final = Rate(burst=20, per_minute=10, shared=True)


@command(
    "relation.ask",
    allow={Capacity.STAFF, Capacity.DOCTOR},
    receipt=False,
    rate=ASKING,
    errors={NotFound, NoNumber, RateLimited},
)
async def ask(ctx: Ctx, token_id: UUID) -> Asked:
    """Ask the patient of a token for a relationship with its doctor: a code goes to her phone, and she tells it.

    For whom the desk entered: who joined by herself has one already. It opens nothing until the code is entered
    (`relation.confirm`) or she says yes in the app (`relation.accept`).
    """
    session = await access.desk_token(ctx, token_id)
    patient_id: UUID = await ctx.tx.fetchval("SELECT patient_id FROM token WHERE id = $1", token_id)
    return await care.ask(ctx, patient_id, session.doctor_id, session.place_id)
