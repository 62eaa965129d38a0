"""The patients an account acts for: itself and its family."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, command, query
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Name
from channels.identity import access, people
from channels.identity.access import PatientRow
from channels.identity.errors import AlreadyGuardian, TooManyPatients
from channels.identity.nouns import Capacity, Kin, Sex

PATIENTS_MAX: Final = 12
BirthYear = Annotated[int, Meta(ge=1880, le=2200)]


class PatientView(msgspec.Struct, frozen=True, kw_only=True):
    """A patient of the family. `kind` is what the account's holder is to her."""

    id: UUID
    name: str
    birth_year: int | None
    sex: Sex | None
    kind: Kin


@command(
    "patient.create",
    allow={Capacity.PATIENT},
    errors={InvalidParams, TooManyPatients, AlreadyGuardian},
)
async def create(
    ctx: Ctx, name: Name, kind: Kin, birth_year: BirthYear | None = None, sex: Sex | None = None
) -> PatientView:
    """Add a member of the family, so that this account can act for her. `kind` is what you are to her."""
    if birth_year is not None and birth_year > ctx.now.year:
        raise InvalidParams(fields=(Field("$.birth_year", "is in the future"),))
    # The account is the root of its guardianships: two at once must not both see room for one more.
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    if len(await access.patients(ctx)) >= PATIENTS_MAX:
        raise TooManyPatients()
    patient_id = await people.add_patient(ctx.tx, name=name, phone=None, birth_year=birth_year, sex=sex, now=ctx.now)
    await people.guard(ctx.tx, ctx.actor.id, patient_id, kind, ctx.now)
    return _view(await access.patient(ctx, patient_id))


@query("patient.list", allow={Capacity.PATIENT})
async def list_patients(ctx: Ctx) -> list[PatientView]:
    """Everybody this account acts for, oneself first. At most a dozen, so there are no pages."""
    return [_view(row) for row in await access.patients(ctx)]


@query("patient.get", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams})
async def get(ctx: Ctx, patient_id: UUID | None = None) -> PatientView:
    """One patient this account acts for; without an id the only one."""
    return _view(await access.patient(ctx, patient_id))


def _view(row: PatientRow) -> PatientView:
    return PatientView(
        id=row.id,
        name=row.name,
        birth_year=row.birth_year,
        sex=None if row.sex is None else Sex(row.sex),
        kind=row.kind,
    )
