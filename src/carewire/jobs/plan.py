"""When a periodic job falls due: every so often, or at the wall-clock times of a named zone."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`every` counts from 1970, so that all nodes agree; `cron` has five fields and follows its zone's clock changes.

    A wall-clock time that a change of clocks leaves out runs at the change; one that comes twice runs once (the rules
    of Debian's cron, which cronsim follows).
    """

    every: timedelta | None = None
    cron: str | None = None
    zone: str | None = None

    @classmethod
    def declared(cls, where: str, *, every: timedelta | None, cron: str | None, zone: str | None) -> "Plan | None":
        """The plan of a class line, None without one. Raises `TypeError` when it cannot be followed."""
        if every is None and cron is None:
            if zone is not None:
                raise TypeError(f"{where}: zone= goes with cron=")
            return None
        if every is not None and (cron is not None or zone is not None):
            raise TypeError(f"{where}: every= or cron= with zone=, not both")
        if every is not None and every < timedelta(seconds=1):
            raise TypeError(f"{where}: every= is at least a second")
        if cron is not None:
            if zone is None:
                raise TypeError(f"{where}: a wall-clock time needs its zone=")
            try:
                next(CronSim(cron, datetime.now(ZoneInfo(zone))))
            except (CronSimError, ZoneInfoNotFoundError, StopIteration) as wrong:
                raise TypeError(f"{where}: {cron!r} in {zone!r} names no moment: {wrong}") from wrong
        return cls(every=every, cron=cron, zone=zone)

    def __str__(self) -> str:
        return f"every {self.every.total_seconds():g} s" if self.every else f"{self.cron} {self.zone}"

    def after(self, moment: datetime) -> datetime:
        """The first occurrence later than `moment`, in UTC."""
        if self.every is not None:
            return EPOCH + self.every * (math.floor((moment - EPOCH) / self.every) + 1)
        assert self.cron is not None
        assert self.zone is not None
        return next(CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone)))).astimezone(UTC)
