"""On what terms visits are booked: whose word it is, what everybody reads, and that the database knows the rules too.

PRODUCT 22, 23; ledger: settings H-031 (the platform's defaults).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import Forbidden, InvalidParams, NotFound
from carewire.money import Money
from carewire.node import Node
from carewire.refund import RefundStep, percent, require_falling, share
from carewire.store.db import Database
from channels.calendar import changes
from channels.calendar.nouns import PaymentMode
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, PHARMACY
from channels.identity.demo import ADMIN_ID, ASHA, DESK, PHARMACIST, PRIYA, VIKRAM
from tests.channels.calendar.test_availability import NOTHING
from tests.channels.callers import rows
from tests.channels.directory.conftest import Enter

HERE = {"place_id": str(CLINIC)}
IN_PERSON = {"doctor_id": str(DOCTOR_ASHA), "mode": "in_person", **HERE}
BY_VIDEO = {"doctor_id": str(DOCTOR_ASHA), "mode": "teleconsult"}
RUPEES = {"amount": 60_000, "currency": "INR", "exponent": 2}


async def test_only_the_heads_of_a_place_say_its_terms_and_only_a_doctor_her_own(enter: Enter) -> None:
    with pytest.raises(Forbidden):
        await (await enter(PRIYA.account_id)).call("appointment_terms.set", **HERE)
    for account_id in (DESK.account_id, PHARMACIST.account_id, VIKRAM.account_id):
        for name in ("appointment_terms.set", "appointment_terms.own"):
            with pytest.raises(NotFound):
                await (await enter(account_id)).call(name, **HERE)
        with pytest.raises(NotFound):
            await (await enter(account_id)).call("consultation_fee.set", **IN_PERSON, fee=RUPEES)
    with pytest.raises(NotFound):
        await (await enter(DESK.account_id)).call("appointment_terms.set")
    with pytest.raises(NotFound):
        await (await enter(VIKRAM.account_id)).call("consultation_fee.set", **BY_VIDEO, fee=RUPEES)
    stranger = {**IN_PERSON, "doctor_id": str(uuid4())}
    with pytest.raises(NotFound):  # she owns the clinic; who does not work there has no fee there
        await (await enter(ASHA.account_id)).call("consultation_fee.set", **stranger, fee=RUPEES)


async def test_everybody_reads_what_was_said_and_what_was_not_is_as_the_platform_says(enter: Enter) -> None:
    owner, anybody = await enter(ASHA.account_id), await enter(PRIYA.account_id)
    assert (await owner.call("appointment_terms.own", **HERE))["changed_at"] is None
    said = await owner.call(
        "appointment_terms.set",
        **HERE,
        needs_confirmation=True,
        refund=[{"hours_before": 48, "percent": 80}, {"hours_before": 2, "percent": 20}],
        lead_minutes=30,
        horizon_days=14,
        revisit_days=7,
        revisit_visits=2,
        payment_modes=["counter", "counter"],
        reminder_minutes=[60, 1440, 60],
    )
    assert said == await owner.call("appointment_terms.own", **HERE)
    assert (said["hold_minutes"], said["payment_modes"], said["reminder_minutes"]) == (None, ["counter"], [1440, 60])
    shown = await anybody.call("appointment_terms.get", **IN_PERSON)
    assert shown == {
        "doctor_id": str(DOCTOR_ASHA),
        "place_id": str(CLINIC),
        "mode": "in_person",
        "fee": None,
        "payment_modes": ["counter"],
        "needs_confirmation": True,
        "hold_minutes": 10,
        "request_minutes": 240,
        "lead_minutes": 30,
        "horizon_days": 14,
        "revisit_days": 7,
        "revisit_visits": 2,
        "refund": [{"hours_before": 48, "percent": 80}, {"hours_before": 2, "percent": 20}],
    }
    # Her consultations without the place are on her own terms.
    assert (await anybody.call("appointment_terms.get", **BY_VIDEO))["horizon_days"] == 90
    await owner.call("appointment_terms.set", horizon_days=5, hold_minutes=20)
    by_video = await anybody.call("appointment_terms.get", **BY_VIDEO)
    assert (by_video["horizon_days"], by_video["hold_minutes"], by_video["payment_modes"]) == (5, 20, ["online"])
    assert (await anybody.call("appointment_terms.get", **IN_PERSON))["horizon_days"] == 14
    # Saying it again takes back what is not said any more.
    assert (await owner.call("appointment_terms.set", **HERE))["refund"] is None
    assert (await anybody.call("appointment_terms.get", **IN_PERSON))["refund"][0] == {
        "hours_before": 24,
        "percent": 100,
    }


async def test_the_platforms_defaults_are_those_two_administrators_agreed_on(clinic: Node, enter: Enter) -> None:
    rising = [{"hours_before": 24, "percent": 50}, {"hours_before": 4, "percent": 60}]
    with pytest.raises(InvalidParams):
        await (await enter(ADMIN_ID)).call("settings.update", changes={"refund_steps": rising})
    async with clinic.db.transaction() as tx:
        await tx.execute(
            "UPDATE admin_settings SET value = $1::jsonb",
            '{"refund_steps": [{"hours_before": 12, "percent": 70}], "hold_minutes": 7, "request_minutes": 60}',
        )
    shown = await (await enter(PRIYA.account_id)).call("appointment_terms.get", **IN_PERSON)
    assert (shown["refund"], shown["hold_minutes"], shown["request_minutes"]) == (
        [{"hours_before": 12, "percent": 70}],
        7,
        60,
    )


async def test_a_visit_costs_what_was_said_for_it_and_else_the_fee_of_the_profile(enter: Enter) -> None:
    asha, anybody = await enter(ASHA.account_id), await enter(PRIYA.account_id)

    async def fee(**what: Any) -> Any:
        return (await anybody.call("appointment_terms.get", **what))["fee"]

    await asha.call("doctor.update", doctor_id=str(DOCTOR_ASHA), fee={"amount": 40_000, "currency": "INR"})
    assert (await fee(**IN_PERSON))["amount"] == (await fee(**BY_VIDEO))["amount"] == 40_000
    set_ = await asha.call("consultation_fee.set", **IN_PERSON, fee=RUPEES)
    assert set_["fees"] == [{"doctor_id": str(DOCTOR_ASHA), "mode": "in_person", "fee": RUPEES}]
    await asha.call("consultation_fee.set", mode="teleconsult", fee={"amount": 0, "currency": "USD"})
    assert await fee(**IN_PERSON) == RUPEES
    assert await fee(**BY_VIDEO) == {"amount": 0, "currency": "USD", "exponent": 2}
    assert (await fee(**{**IN_PERSON, "mode": "teleconsult"}))["amount"] == 40_000  # by video, but at the clinic
    assert await fee(**{**IN_PERSON, "doctor_id": str(DOCTOR_VIKRAM)}) is None
    await asha.call("consultation_fee.set", **IN_PERSON, fee=None)
    assert (await fee(**IN_PERSON))["amount"] == 40_000


async def test_terms_are_of_a_doctor_everybody_sees_where_she_works(enter: Enter) -> None:
    anybody = await enter(PRIYA.account_id)
    for wrong in ({"place_id": str(PHARMACY)}, {"place_id": str(uuid4())}, {"doctor_id": str(uuid4())}):
        with pytest.raises(NotFound):
            await anybody.call("appointment_terms.get", **{**IN_PERSON, **wrong})
    with pytest.raises(InvalidParams):
        await anybody.call("appointment_terms.get", **{**BY_VIDEO, "mode": "in_person"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"refund": [{"hours_before": 4, "percent": 50}, {"hours_before": 24, "percent": 100}]},
        {"refund": [{"hours_before": 24, "percent": 50}, {"hours_before": 24, "percent": 40}]},
        {"refund": [{"hours_before": 24, "percent": 50}, {"hours_before": 4, "percent": 60}]},
        {"refund": [{"hours_before": 24, "percent": 101}]},
        {"refund": [{"hours_before": 24, "percent": -1}]},
        {"refund": [{"hours_before": 100 - n, "percent": 1} for n in range(11)]},
        {"revisit_days": 7},
        {"revisit_visits": 1},
        {"hold_minutes": 0},
        {"request_minutes": 9},
        {"lead_minutes": -1},
        {"horizon_days": 0},
        {"payment_modes": []},
        {"payment_modes": ["barter"]},
        {"reminder_minutes": [0]},
        {"reminder_minutes": [20_161]},
        {"reminder_minutes": [1, 2, 3, 4, 5, 6]},
    ],
    ids=str,
)
async def test_terms_that_make_no_sense_are_refused(enter: Enter, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams):
        await (await enter(ASHA.account_id)).call("appointment_terms.set", **HERE, **wrong)


async def test_who_follows_slots_hears_of_every_word_that_changes_them(
    clinic: Node, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[UUID] = []

    async def hear(ctx: object, doctor_id: UUID) -> None:
        heard.append(doctor_id)

    monkeypatch.setattr(changes, "_HOOKS", [hear])
    owner = await enter(ASHA.account_id)
    hers = {"doctor_id": str(DOCTOR_ASHA)}
    both, her = [DOCTOR_ASHA, DOCTOR_VIKRAM], [DOCTOR_ASHA]
    ((works,),) = await rows(clinic, "SELECT id FROM affiliation WHERE doctor_id = $1", DOCTOR_ASHA)
    said: list[tuple[Callable[[], Awaitable[Any]], list[UUID]]] = [
        (lambda: owner.call("appointment_terms.set", **HERE), both),
        (lambda: owner.call("appointment_terms.set"), her),
        (lambda: owner.call("provider.set_hours", **HERE, weekly=[], holidays=[]), both),
        (lambda: owner.call("hospital.update", hospital_id=str(CLINIC), zone="Asia/Dubai"), both),
        (lambda: owner.call("hospital.update", hospital_id=str(CLINIC), description="Open"), []),
        (lambda: owner.call("doctor.update", **hers, teleconsult=False), her),
        (lambda: owner.call("doctor.update", **hers, bio="Kind"), []),
        (lambda: owner.call("affiliation.end", affiliation_id=str(works)), her),
        (lambda: owner.call("doctor.set_availability", **hers, **NOTHING), her),
    ]
    for do, whom in said:
        heard.clear()
        await do()
        assert heard == whom


STEPS = st.lists(
    st.builds(
        RefundStep, hours_before=st.integers(-1, 30) | st.just(9_000), percent=st.integers(-5, 30) | st.just(101)
    ),
    max_size=4,
)


@examples(max_examples=200)
@given(steps=STEPS)
async def test_the_database_and_the_command_agree_which_steps_fall(db: Database, steps: list[RefundStep]) -> None:
    def command() -> bool:
        try:
            require_falling("$", msgspec.json.decode(msgspec.json.encode(steps), type=list[RefundStep]))
        except (InvalidParams, msgspec.ValidationError):
            return False
        return True

    async with db.snapshot() as tx:
        assert await tx.fetchval("SELECT refund_falls($1)", msgspec.json.encode(steps).decode()) is command()


@given(
    steps=STEPS.map(lambda s: [one for one in s if 0 <= one.percent <= 100]),
    amount=st.integers(0, 10**9),
    early=st.integers(0, 40 * 60),
    later=st.integers(0, 600),
)
def test_who_calls_it_off_later_never_gets_more_and_nobody_more_than_she_paid(
    steps: list[RefundStep], amount: int, early: int, later: int
) -> None:
    steps = sorted(steps, key=lambda step: -step.hours_before)
    try:
        require_falling("$", steps)
    except InvalidParams:
        return
    paid = Money(amount=amount, currency="INR")
    first, second = (
        share(paid, percent(steps, timedelta(minutes=minutes))).amount for minutes in (early, early - later)
    )
    assert 0 <= second <= first <= amount


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO appointment_terms ({0}) VALUES ($1, NULL, false, 0, 90, 7, 0, now())",
        "INSERT INTO appointment_terms ({0}) VALUES (NULL, NULL, false, 0, 90, 0, 0, now())",
        "INSERT INTO appointment_terms ({0}, payment_modes) VALUES ($1, NULL, false, 0, 90, 0, 0, now(), '{{barter}}')",
        "INSERT INTO doctor_extra (doctor_id, day, opens, closes, mode) "
        "SELECT id, '2026-03-02', '09:00', '10:00', 'in_person' FROM doctor WHERE $1 = $1",
    ],
)
async def test_the_database_alone_refuses_what_makes_no_sense(clinic: Node, sql: str) -> None:
    columns = (
        "place_id, doctor_id, needs_confirmation, lead_minutes, horizon_days, revisit_days, revisit_visits, changed_at"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        async with clinic.db.transaction() as tx:
            await tx.execute(sql.format(columns).replace("$1", f"'{CLINIC}'::uuid"))


async def test_the_payment_modes_are_those_of_the_column(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        text = await tx.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'appointment_terms_payment_modes_check'"
        )
    assert set(PaymentMode) == {word for word in text.split("'")[1::2] if word.isalpha()}
