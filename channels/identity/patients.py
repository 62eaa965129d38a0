"""The patients an account acts for: itself and its family. They are read in `channels.care.patients`."""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta

from carewire.command import Ctx, command
from carewire.errors import Field, InvalidParams, NotFound
from carewire.forms import Name, Phone
from channels.identity import access, people, phones
from channels.identity.errors import AlreadyGuardian, BirthdayFixed, FactDue, TooManyPatients
from channels.identity.nouns import Capacity, Kin, Sex
from channels.identity.views import PatientView, family_view

PATIENTS_MAX: Final = 12
BirthYear = Annotated[int, Meta(ge=1880, le=2200)]


@command(
    "patient.create",
    allow={Capacity.PATIENT},
    errors={InvalidParams, TooManyPatients, AlreadyGuardian},
)
async def create(
    ctx: Ctx,
    name: Name,
    kind: Kin,
    birth_year: BirthYear | None = None,
    sex: Sex | None = None,
    birth_date: date | None = None,
) -> PatientView:
    """Add a member of the family, so that this account can act for her. `kind` is what you are to her.

    For a minor it lasts until her 18th birthday; where only the year is told, to the end of the year she turns 18.
    """
    birth_year = _check_birth(ctx, birth_year, birth_date)
    # The account is the root of its guardianships: two at once must not both see room for one more.
    await ctx.tx.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", ctx.actor.id)
    if len(await access.patients(ctx)) >= PATIENTS_MAX:
        raise TooManyPatients()
    patient_id = await people.add_patient(
        ctx.tx, name=name, phone=None, birth_year=birth_year, sex=sex, now=ctx.now, birth_date=birth_date
    )
    await people.guard(ctx.tx, ctx.actor.id, patient_id, kind, ctx.now)
    return family_view(await access.patient(ctx, patient_id), hidden=await access.owes_fact(ctx))


@command("patient.update", allow={Capacity.PATIENT}, errors={NotFound, InvalidParams, BirthdayFixed, FactDue})
async def update(
    ctx: Ctx,
    patient_id: UUID,
    name: Name | None = None,
    birth_date: date | None = None,
    sex: Sex | None = None,
    phone: Phone | None = None,
) -> PatientView:
    """Change a patient this account acts for; what is left out stays.

    Somebody else's date of birth is told once, in the year that was known: it decides when she acts for herself. Her
    `phone` is what a desk finds her by, and with what she claims her record when she is of age.
    """
    await access.require_fact(ctx)
    patient = await access.patient(ctx, patient_id, lock=True)
    if birth_date is not None:
        _check_birth(ctx, None, birth_date)
        told = patient.birth_date is not None or patient.birth_year not in (None, birth_date.year)
        if patient.kind is not Kin.SELF and told and birth_date != patient.birth_date:
            raise BirthdayFixed()
    await ctx.tx.execute(
        "UPDATE patient SET name = coalesce($2, name), sex = coalesce($3, sex), phone = coalesce($4, phone),"
        " birth_date = coalesce($5, birth_date), birth_year = coalesce($6, birth_year) WHERE id = $1",
        patient.id,
        name,
        sex,
        None if phone is None else phones.normalise(ctx.settings, phone),
        birth_date,
        None if birth_date is None else birth_date.year,
    )
    return family_view(await access.patient(ctx, patient.id))


def _check_birth(ctx: Ctx, birth_year: int | None, birth_date: date | None) -> int | None:
    """The year of birth, both told alike and neither in the future. Raises `InvalidParams`."""
    if birth_year is not None and birth_year > ctx.now.year:
        raise InvalidParams(fields=(Field("$.birth_year", "is in the future"),))
    if birth_date is None:
        return birth_year
    if birth_date > ctx.now.date() + timedelta(days=1) or birth_date.year < 1880:
        raise InvalidParams(fields=(Field("$.birth_date", "is no day on which somebody who lives was born"),))
    if birth_year not in (None, birth_date.year):
        raise InvalidParams(fields=(Field("$.birth_year", "is not the year of birth_date"),))
    return birth_date.year
