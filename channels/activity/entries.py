"""Reading the audit page by page, in the order of its chain, newest first."""

import re
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from carewire.errors import Field, InvalidParams
from carewire.store import paging
from carewire.store.db import Tx

SKEW: Final = timedelta(minutes=1)
"""Nodes' clocks and the sealer's may differ by so much."""


class Where(NamedTuple):
    """Conditions on `audit a` and their values, numbered from 1."""

    conditions: list[str]
    values: list[Any]

    def add(self, condition: str, *values: Any) -> None:
        """One more; `{}` in it stand for the values."""
        marks = [f"${len(self.values) + n}" for n in range(1, len(values) + 1)]
        self.conditions.append(condition.format(*marks))
        self.values.extend(values)


async def between(tx: Tx, where: Where, since: datetime | None, until: datetime | None) -> None:
    """Only what was done in this time. The seals tell where in the chain that is."""
    if since is not None:
        where.add("a.at >= {}", since)
        seal = await tx.fetchrow(
            "SELECT era, xid::text AS xid FROM audit_seal WHERE at < $1 ORDER BY at DESC LIMIT 1", since - SKEW
        )
        if seal is not None:
            where.add("(a.era, a.xid) >= ({}::integer, {}::text::xid8)", seal["era"], seal["xid"])
    if until is not None:
        where.add("a.at < {}", until)
        seal = await tx.fetchrow(
            "SELECT era, xid::text AS xid FROM audit_seal WHERE at > $1 ORDER BY at LIMIT 1", until + SKEW
        )
        if seal is not None:
            where.add("(a.era, a.xid) <= ({}::integer, {}::text::xid8)", seal["era"], seal["xid"])


async def page(
    tx: Tx, columns: str, joins: str, where: Where, limit: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """The rows, and where the next page begins."""
    if cursor is not None:
        era, xid, id_ = paging.decode(cursor, tuple[int, str, UUID])
        if not re.fullmatch("[0-9]{1,19}", xid):
            raise InvalidParams(fields=(Field("$.cursor", "is not a cursor of this list"),))
        where.add("(a.era, a.xid, a.id) < ({}::integer, {}::text::xid8, {}::uuid)", era, xid, id_)
    rows = await tx.fetch(
        f"SELECT {columns}, a.era, a.xid::text AS behind, a.id FROM audit a {joins}"
        f" WHERE {' AND '.join(where.conditions) or 'true'}"
        f" ORDER BY a.era DESC, a.xid DESC, a.id DESC LIMIT {limit + 1}",
        *where.values,
    )
    shown = rows[:limit]
    more = paging.encode(shown[-1]["era"], shown[-1]["behind"], shown[-1]["id"]) if len(rows) > limit else None
    return shown, more
