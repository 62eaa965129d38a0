"""Hypothesis walks an appointment through its commands, in whatever order and by whomever: it is always what a plain
model says, or the move is refused and the legal ones are named.

M-144 to M-152, M-236; PRODUCT 22.
"""

import itertools
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.errors import Refusal
from carewire.node import Node
from channels.appointment.jobs import AppointmentDue
from channels.appointment.lifecycle import APPOINTMENT, AppointmentState
from channels.identity import demo as people
from tests.channels.appointment.conftest import Doctor, ProductClock, pay, run_job
from tests.channels.callers import Caller, rows

SIDES = ("patient", "desk", "doctor")
STEP = st.tuples(
    st.sampled_from(
        ("confirm", "reschedule", "reschedule", "cancel", "check_in", "check_in", "begin", "complete", "no_show",
         "undo_no_show", "pay", "expire")
    ),
    st.sampled_from(SIDES),
)  # fmt: skip
PROVIDERS = {"desk", "doctor"}
_numbers = itertools.count(0)

TABLE: dict[str, dict[str, str]] = {
    "confirm": {"requested": "appointment_confirmed", "booked": "appointment_confirmed"},
    "cancel": dict.fromkeys(("requested", "booked", "appointment_confirmed", "awaiting_consultation"), "cancelled"),
    "begin": {"awaiting_consultation": "consultation_in_progress"},
    "complete": {"consultation_in_progress": "consultation_completed"},
    "no_show": dict.fromkeys(("booked", "appointment_confirmed", "awaiting_consultation"), "no_show"),
    "undo_no_show": {"no_show": "appointment_confirmed"},
}
"""The product's own words, without the code: from which state a move leads where."""


class Model:
    """What an appointment by video is, as one would write it on a board."""

    def __init__(self, asks: bool) -> None:
        self.asks, self.state, self.paid = asks, "requested" if asks else "booked", False

    def after(self, verb: str, side: str) -> str | None:
        """The state this leads to, or None where it is refused."""
        if verb == "reschedule":
            if self.state not in ("requested", "booked", "appointment_confirmed"):
                return None
            if side in PROVIDERS:
                return "appointment_confirmed"
            return "requested" if self.asks else self.state
        if verb in ("confirm", "no_show", "undo_no_show") and side not in PROVIDERS:
            return None
        if verb in ("begin", "complete") and side != "doctor":
            return None
        if verb == "check_in":
            # Tried just before its time: a request has run out by then, whoever would let her in.
            return "awaiting_consultation" if self.state in ("booked", "appointment_confirmed") else None
        if verb == "pay":
            return "appointment_confirmed" if self.state == "booked" else self.state
        if verb == "expire":
            return "cancelled" if self.state == "requested" else self.state
        return TABLE[verb].get(self.state)


@examples(max_examples=30)
@given(asks=st.booleans(), steps=st.lists(STEP, min_size=2, max_size=9))
async def test_it_goes_where_the_product_says_and_nowhere_else(
    asks: bool, steps: list[tuple[str, str]], clinic: Node, vikram: Doctor, time_: ProductClock, priya: Caller,
    desk: Caller, doctor: Caller,
) -> None:  # fmt: skip
    clinic.limits.deployment = str(next(_numbers))  # the commands of one example are not those of another
    callers = {"patient": priya, "desk": desk, "doctor": doctor}
    time_.ahead = timedelta(0)
    async with clinic.db.transaction() as tx:
        for table in ("appointment_reminder", "seat", "appointment_step", "appointment_payment", "revisit_window"):
            await tx.execute(f"DELETE FROM {table}")
        await tx.execute("DELETE FROM appointment")
    await vikram.sees(needs_confirmation=asks)
    await video(clinic, vikram, asks)
    slots = [vikram.slot(20, n * 15) | {"mode": "teleconsult"} for n in range(4)]
    made = await priya.call("appointment.book", **slots[0], patient_id=people.PRIYA_PATIENT)
    model, turn = Model(asks), 0
    assert made["state"] == model.state
    for verb, side in steps:
        expected = model.after(verb, side)
        turn += verb == "reschedule"
        refused = await attempt(do(clinic, time_, callers[side], verb, made["id"], slots[turn % 4]))
        time_.ahead = timedelta(0)
        if refused is None:
            assert expected is not None, (verb, side, model.state)
            model.state = expected
        else:
            assert expected is None or refused.reason in ("already_booked", "slot_unavailable"), (verb, side, refused)
        if refused is not None and refused.reason == "illegal_move":
            ran_out = verb == "check_in" and side in PROVIDERS and model.state == "requested"
            legal = [] if ran_out else APPOINTMENT.possible(AppointmentState(model.state))
            assert refused.data["legal"] == legal, (verb, refused)
        (row,) = await rows(clinic, "SELECT state FROM appointment WHERE id = $1", UUID(made["id"]))
        assert row["state"] == model.state, (verb, side)


async def attempt(doing: Coroutine[Any, Any, None]) -> Refusal | None:
    """How it was refused, if it was."""
    try:
        await doing
    except Refusal as refused:
        return refused
    return None


async def video(node: Node, vikram: Doctor, asks: bool) -> None:
    """The clinic offers video in the evening: paid at the counter, so that money may come any time."""
    async with node.db.transaction() as tx:
        await tx.execute(
            "UPDATE doctor_window SET place_id = (SELECT place_id FROM doctor_window WHERE doctor_id = $1"
            " AND place_id IS NOT NULL LIMIT 1) WHERE doctor_id = $1 AND mode = 'teleconsult'",
            vikram.id,
        )
        await tx.execute(
            "INSERT INTO consultation_fee (doctor_id, place_id, mode, fee, fee_currency, changed_at)"
            " SELECT doctor_id, place_id, 'teleconsult', fee, fee_currency, changed_at FROM consultation_fee"
            " WHERE doctor_id = $1",
            vikram.id,
        )


async def do(node: Node, time_: ProductClock, who: Caller, verb: str, appointment_id: str, slot: Any) -> None:
    """One thing that somebody might do, at a moment when it could be done."""
    asked = {"appointment_id": appointment_id}
    (row,) = await rows(node, "SELECT starts_at, confirm_by FROM appointment WHERE id = $1", UUID(appointment_id))
    if verb == "reschedule":
        await who.call("appointment.reschedule", **asked, starts_at=slot["starts_at"])
    elif verb == "cancel":
        await who.call("appointment.cancel", **asked, reason="other")
    elif verb == "check_in":
        time_.until(row["starts_at"].isoformat(), minutes=5)
        await who.call("appointment.check_in", **asked)
    elif verb in ("no_show", "undo_no_show"):
        time_.until(row["starts_at"].isoformat(), minutes=-5)
        await who.call(f"appointment.{verb}", **asked)
    elif verb in ("begin", "complete"):
        state = {"begin": "consultation_in_progress", "complete": "consultation_completed"}[verb]
        await who.call("appointment.set_status", **asked, state=state)
    elif verb == "pay":
        await pay(node, appointment_id)
    elif verb == "expire":
        if row["confirm_by"] is not None:
            time_.until(row["confirm_by"].isoformat(), minutes=-1)
        await run_job(node, AppointmentDue(appointment_id=UUID(appointment_id)))
    else:
        await who.call(f"appointment.{verb}", **asked)
