"""A small day through the whole replay: own servers, own gateway, everybody on a socket of her own."""

from datetime import timedelta

from load.day import Day, Presence, Visit
from load.page import render
from load.rehearsal import rehearse
from load.replay_day import replay


def _visit(name: str, due: float, check_in: float, minutes: float, presence: Presence = Presence.SEEN) -> Visit:
    return Visit(
        name=name,
        due=timedelta(minutes=due),
        check_in=timedelta(minutes=check_in),
        consultation=timedelta(minutes=minutes),
        walk=timedelta(minutes=1),
        presence=presence,
    )


class Tiny:
    """Seven bookings within half an hour: one early, one late, one gone when called, one who never comes."""

    def day(self, seed: int) -> Day:
        """The same for every seed."""
        return Day(
            source="made by hand",
            opens=timedelta(hours=9),
            length=timedelta(hours=1),
            slot=timedelta(minutes=5),
            visits=(
                _visit("Asmita", 0, -8, 6),
                _visit("Bharat", 5, -3, 9),
                _visit("Chitra", 10, -2, 4),
                _visit("Dev", 15, 4, 0, Presence.LEFT),
                _visit("Esha", 20, 12, 3),
                _visit("Farhan", 25, 20, 0, Presence.NEVER),
                _visit("Gita", 12, 29, 2),
            ),
        )


async def test_a_small_day_is_replayed_and_every_log_holds() -> None:
    report = await replay(7, rate=600, hours=24, url=None, generator=Tiny())
    assert report.audit.problems == []
    assert report.ends == {"cancelled(not_arrived)": 1, "completed": 5, "no_show": 1}
    assert report.patients == 7
    assert report.sockets == 7 + 3 + 2
    assert report.audit.logs == 2 * 7 + 2 * 3 + 2
    assert report.audit.compared_fresh + report.audit.compared_reference == report.audit.logs
    assert report.score.patients == 6, "all who were called, also the one who had left"
    assert report.push.count == report.audit.events
    assert 0 < report.push.p50 <= report.push.p99
    done = {(o.command, o.outcome): o.count for o in report.outcomes}
    assert done["queue.arrive", "ok"] == 6
    assert done["queue.call_next", "ok"] == 6
    assert done["queue.no_show", "too_early"] == 1
    page = render([report])
    assert "| 7 | 7 | 12 |" in page
    assert "Gita" not in page


def test_the_rehearsal_sees_the_same_patients_without_sockets() -> None:
    guesses, pace = rehearse(Tiny().day(1))
    assert len(guesses) == 6
    assert len(pace.minutes) == 5
    first = guesses[0]
    assert first.truth == 8, "she came eight minutes before the start, to an empty room"
