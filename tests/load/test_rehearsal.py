"""The estimate over many made-up days: nearer than what a desk would say, and as sure as it claims."""

from datetime import timedelta
from random import Random

from load.day import Day, Presence, Visit
from load.rehearsal import rehearse
from load.score import score


def made_up(seed: int) -> Day:
    """A busy day: punctual within reason, visits skewed to the long side, some who never come or do not wait."""
    dice = Random(seed)
    usual = dice.uniform(9, 16)
    slot = timedelta(minutes=12)
    visits = []
    for number in range(40):
        due = slot * number
        visits.append(
            Visit(
                name=f"Patient {number}",
                due=due,
                check_in=due + timedelta(minutes=dice.gauss(-10, 10)),
                consultation=timedelta(minutes=usual * dice.gammavariate(3, 1 / 3)),
                walk=timedelta(minutes=1),
                presence=dice.choices((Presence.SEEN, Presence.LEFT, Presence.NEVER), (88, 4, 8))[0],
            )
        )
    return Day(source="made up", opens=timedelta(hours=9), length=slot * 40, slot=slot, visits=tuple(visits))


def test_the_estimate_beats_both_simple_rules_and_keeps_its_interval_on_many_days() -> None:
    told = score([guess for seed in range(60) for guess in rehearse(made_up(seed))[0]])
    assert told.patients > 2000, "all who came were told a time"
    assert told.mae < 0.95 * told.mae_mean
    assert told.mae < 0.6 * told.mae_longest
    assert 0.72 <= told.coverage <= 0.9
    assert abs(told.bias) < 0.25 * told.mae
