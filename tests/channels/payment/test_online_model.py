"""Hypothesis lets a gateway say whatever it may, in whatever order and however often: no payment walks backwards, money
that came counts once, and a plain model says where the payment stands.

M-153, M-154, M-155, M-156, M-157; PRODUCT 33.
"""

import itertools
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.command import Ctx
from carewire.errors import IllegalMove
from carewire.jobs.vault import Vault
from carewire.lifecycle import Lifecycle
from carewire.money import Money
from carewire.providers.payments import GatewayName, Intent, IntentState
from carewire.store import outbox
from channels.payment import settling
from channels.payment.lifecycle import PAID, PAYMENT, REFUND, PaymentState
from tests.channels.callers import rows
from tests.channels.payment.till import Till

S = IntentState
SAID = (S.PENDING, S.PROCESSING, S.FAILED, S.FAILED, S.PROCESSING, S.CANCELLED, S.COMPLETED)
WORDS: Final = st.lists(st.tuples(st.sampled_from(SAID), st.integers(0, 3)), min_size=1, max_size=8)
"""What is said, and of which second."""


class Over(Exception):
    """The next example begins where this one did."""


def after(state: str, known: tuple[int, int], said: IntentState, second: int) -> tuple[str, tuple[int, int]]:
    """Where a payment stands when this was heard: without the code, as one would write it on a board."""
    if state == "completed" or said is S.COMPLETED:
        return "completed", known
    further = {"pending": 0, "processing": 1, "failed": 2, "cancelled": 2}
    if (second, further[said]) <= (known[0], further[state]) or state in ("cancelled", str(said)) or said is S.PENDING:
        return state, known
    return str(said), (second, further[said])


@pytest_asyncio.fixture
async def begun(till: Till) -> Any:
    """A payment for a visit."""
    return await till.begin(await till.booked())


@given(words=WORDS)
@examples(max_examples=25, deadline=None)
async def test_whatever_a_gateway_says_a_payment_stands_where_the_last_word_left_it(
    till: Till, begun: Any, words: Any
) -> None:
    node, payment = till.node, begun
    start = node.clock.real_now().replace(microsecond=0)
    state, known = "pending", (-1, 0)
    came = 0

    with suppress(Over):
        async with node.db.transaction() as tx:
            for said, second in words:
                ctx = Ctx(tx=tx, now=node.dispatcher.clock.now(), real_now=start, settings=node.settings)
                intent = Intent(
                    ref="pi_1",
                    payment_id=UUID(payment["id"]),
                    state=said,
                    money=Money.of(50_000, "INR"),
                    at=start + timedelta(seconds=second),
                )
                assert await settling.hear(ctx, GatewayName.STRIPE, intent)
                await outbox.finish([ctx], Vault(node.settings.secret))
                came += said is S.COMPLETED
                state, known = after(state, known, said, second)
                row = await tx.fetchrow("SELECT state, received FROM online_payment WHERE id = $1", UUID(payment["id"]))
                assert row is not None
                assert (row["state"], row["received"]) == (state, 50_000 if came else None), words
            assert await tx.fetchval("SELECT count(*) FROM appointment_payment") == min(came, 1)
            raise Over
    assert await rows(node, "SELECT FROM appointment_payment") == []


MACHINES = (PAYMENT, REFUND)


@pytest.mark.parametrize("machine", MACHINES, ids=["payment", "refund"])
def test_every_step_that_is_not_in_the_table_is_refused_and_says_what_can_be_asked(machine: "Lifecycle[Any]") -> None:
    for state, name in itertools.product(machine.states, machine.moves):
        step = machine.moves[name]
        if state in step.sources:
            assert machine.move(state, name) is step.target
        else:
            with pytest.raises(IllegalMove) as refused:
                machine.move(state, name)
            assert refused.value.data["legal"] == (
                ["retry"] if state == PaymentState.FAILED and machine is PAYMENT else []
            )


def test_no_step_leaves_what_was_paid_for_what_was_not() -> None:
    for state in PAID:
        assert {PAYMENT.moves[name].target for name in PAYMENT.legal(state)} <= PAID
