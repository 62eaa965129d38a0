"""What listeners missed, read once per topic for everybody of a batch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from carewire.bus.frame import Stored, replay_text
from carewire.store.db import Tx

ROWS_MAX: Final = 3_000
"""Events fetched by one statement."""

READ: Final = """SELECT e.topic, e."offset", e.name, e.at, e.payload
  FROM unnest($1::text[], $2::bigint[]) AS w (topic, after)
  JOIN event e ON e.topic = w.topic COLLATE "C" AND e."offset" > w.after
 ORDER BY e.topic, e."offset" """


class Missed:
    """The events of some topics up to their heads."""

    def __init__(self, heads: Mapping[str, int]) -> None:
        self._heads = heads
        self._events: dict[str, list[Stored]] = {}
        self._texts: dict[str, list[bytes]] = {}
        self._answers: dict[tuple[str, int], bytes] = {}

    async def read(self, tx: Tx, after: Mapping[str, int]) -> None:
        """Fetch what each topic told after this offset, in the transaction that told the heads."""
        names: list[str] = []
        rows = 0
        for name, low in after.items():
            rows += self._heads[name] - low
            names.append(name)
            if rows >= ROWS_MAX:
                await self._fetch(tx, names, after)
                names, rows = [], 0
        if names:
            await self._fetch(tx, names, after)

    async def _fetch(self, tx: Tx, names: list[str], after: Mapping[str, int]) -> None:
        for row in await tx.fetch(READ, names, [after[name] for name in names]):
            stored = Stored(*row)
            self._events.setdefault(stored.topic, []).append(stored)

    def first(self, name: str, after: int) -> datetime | None:
        """When the first event after this offset happened; None unless every event from there to the head is here."""
        number = self._heads[name] - after
        events = self._events.get(name, [])
        # Offsets rise: as many as there should be, from the first to the last, are all of them.
        if len(events) < number or events[-1].offset != self._heads[name] or events[-number].offset != after + 1:
            return None
        return events[-number].at

    def answer(self, name: str, after: int) -> bytes:
        """The member `events` for somebody who stands there; `first` has said that they are whole."""
        answer = self._answers.get((name, after))
        if answer is None:
            texts = self._texts.get(name)
            if texts is None:
                texts = self._texts[name] = [replay_text(event) for event in self._events[name]]
            answer = self._answers[name, after] = b"[%b]" % b",".join(texts[after - self._heads[name] :])
        return answer
