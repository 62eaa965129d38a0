"""Many reminded at once while their visits are called off and moved (M-038); the full storm is part of `make soak`."""

from carewire.node import Node
from tests.channels.appointment.reminder_storm import storm


async def test_each_visit_that_stands_is_reminded_of_once_per_lead_time_and_no_other(clinic: Node) -> None:
    outcome = await storm(clinic, 1_200, 60)
    assert outcome.violations == 0, outcome
    assert (outcome.standing, outcome.called_off, outcome.moved) == (1_200 - 30, 30, 30)
    assert outcome.told >= 2 * outcome.standing
