"""What the house keeps of a person, declared once beside its tables: so it is exported, erased and watched from here.

    holds("patient", whose="id = ANY($2)", personal={"name": "'—'", "phone": "NULL"}, kept=MEDICAL)
    holds("login_otp", whose="phone = ANY($3)", personal={"phone": None}, secret={"code_digest", "nonce"})
    harmless("place", "name", "city", why="a place is no person")

`whose` is an SQL condition of the table: `$1` are her accounts, `$2` her patient records, `$3` her numbers and
addresses (text). A personal column names what stands there after an erasure (itself: it stays); `None` lets the row go.
A test walks the migrated database: a column that could hold what a person is or said, and stands in no declaration,
fails it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.store.db import Tx

ROWS_MAX: Final = 20_000
"""Rows of one table in an export; more than anybody has."""


class Kept(msgspec.Struct, frozen=True):
    """Why rows stay after an erasure, without what says whose they are, and for how long after it."""

    reason: str
    span: timedelta


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the tables know her. `names` are only looked for beside one of her ids: others bear them, too."""

    accounts: list[UUID]
    patients: list[UUID]
    addresses: list[str] = []
    names: list[str] = []


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One table's part of a person."""

    table: str
    whose: str
    personal: dict[str, str | None]
    secret: frozenset[str]
    kept: Kept | None
    delete: bool

    async def export(self, tx: Tx, subject: Subject) -> list[Any]:
        """The rows as JSON objects, without what only proves things to machines."""
        rows = await tx.fetch(
            f"SELECT to_jsonb(t) - $4::text[] AS row FROM {self.table} t"
            f" WHERE ({self.whose}) AND {_TYPED} ORDER BY 1 LIMIT {ROWS_MAX}",
            *_arguments(subject),
            sorted(self.secret),
        )
        return [msgspec.json.decode(row["row"]) for row in rows]

    async def erase(self, tx: Tx, subject: Subject) -> int:
        """Take the person out; answers of how many rows."""
        where = f"({self.whose}) AND {_TYPED}"
        wiped = ", ".join(f"{column} = {value}" for column, value in self.personal.items() if value != column)
        if self.delete:
            tag = await tx.execute(f"DELETE FROM {self.table} WHERE {where}", *_arguments(subject))
        elif not wiped:
            return await _count(tx, self, subject)
        else:
            tag = await tx.execute(f"UPDATE {self.table} SET {wiped} WHERE {where}", *_arguments(subject))
        return int(tag.rsplit(" ", 1)[1])


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Where else a person left something: in which topics she was told of, and the ids of rows that stand for her."""

    topics: tuple[str, ...]
    ids: tuple[str, ...]
    underway: tuple[str, ...]


HOLDINGS: dict[str, list[Holding]] = {}
HARMLESS: dict[str, dict[str, str]] = {}
TRACES: list[Trace] = []

# Every condition uses the arguments it needs; PostgreSQL wants to know the types of all.
_TYPED: Final = "(($1::uuid[], $2::uuid[], $3::text[]) IS NOT NULL OR true)"


def holds(
    table: str,
    *,
    whose: str,
    personal: Mapping[str, str | None],
    secret: Collection[str] = (),
    kept: Kept | None = None,
) -> None:
    """Declare what a table holds of a person. One that holds nothing but her id declares no personal column.

    `secret` columns (digests, sealed bytes) are in no export. A table may be declared again for other rows of it.
    """
    gone = [column for column, value in personal.items() if value is None]
    if gone and len(gone) != len(personal):
        raise TypeError(f"{table}: {gone} lets the row go, so nothing else in it is wiped")
    if gone and kept is not None:
        raise TypeError(f"{table}: a row that goes is not kept")
    HOLDINGS.setdefault(table, []).append(
        Holding(
            table=table,
            whose=whose,
            personal=dict(personal),
            secret=frozenset(secret),
            kept=kept,
            delete=bool(gone),
        )
    )


def harmless(table: str, *columns: str, why: str) -> None:
    """Declare columns that hold nothing of a person although their type could, and why."""
    for column in columns:
        HARMLESS.setdefault(table, {})[column] = why


def leaves_traces(*, topics: Sequence[str] = (), ids: Sequence[str] = (), underway: Sequence[str] = ()) -> None:
    """Declare queries (with the arguments of `whose`) for topics that told of a person, and for ids that stand for her.

    `underway` queries answer rows while something of hers is going on that an erasure waits for.
    """
    TRACES.append(Trace(topics=tuple(topics), ids=tuple(ids), underway=tuple(underway)))


async def export(tx: Tx, subject: Subject) -> dict[str, list[Any]]:
    """Everything that is kept of a person, by table."""
    found: dict[str, list[Any]] = {}
    for table in sorted(HOLDINGS):
        rows = [row for holding in HOLDINGS[table] for row in await holding.export(tx, subject)]
        if rows:
            found[table] = rows
    return found


async def is_underway(tx: Tx, subject: Subject) -> bool:
    """Does something of hers go on now that an erasure has to wait for?"""
    for query in (query for trace in TRACES for query in trace.underway):
        if await tx.fetchrow(f"SELECT * FROM ({query}) q WHERE {_TYPED} LIMIT 1", *_arguments(subject)) is not None:
            return True
    return False


async def collect(tx: Tx, subject: Subject, which: str) -> set[str]:
    """The topics or ids (`which`) of all traces, as text."""
    found: set[str] = set()
    for query in (query for trace in TRACES for query in getattr(trace, which)):
        rows = await tx.fetch(f"SELECT q.* FROM ({query}) q WHERE {_TYPED}", *_arguments(subject))
        found |= {str(row[0]) for row in rows}
    return found


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that had to stay, without whose they are."""

    table: str
    rows: int
    reason: str
    until: datetime


async def erase(tx: Tx, subject: Subject, now: datetime) -> list[Remains]:
    """Take a person out of every table; answers what had to stay."""
    remains: list[Remains] = []
    for table in await _in_order(tx):
        for holding in HOLDINGS[table]:
            if not holding.personal and holding.kept is None:
                continue
            rows = await (holding.erase(tx, subject) if holding.personal else _count(tx, holding, subject))
            if holding.kept is not None and rows:
                remains.append(
                    Remains(table=table, rows=rows, reason=holding.kept.reason, until=now + holding.kept.span)
                )
    return remains


async def _count(tx: Tx, holding: Holding, subject: Subject) -> int:
    count: int = await tx.fetchval(
        f"SELECT count(*) FROM {holding.table} WHERE ({holding.whose}) AND {_TYPED}", *_arguments(subject)
    )
    return count


async def _in_order(tx: Tx) -> list[str]:
    """Tables that refer to others before those: their conditions may ask the others, and their rows may have to go."""
    pairs = await tx.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS child, confrelid::regclass::text AS parent FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid <> confrelid"
    )
    parents: dict[str, set[str]] = {table: set() for table in HOLDINGS}
    for pair in pairs:
        if pair["child"] in parents and pair["parent"] in parents:
            parents[pair["child"]].add(pair["parent"])
    ordered: list[str] = []
    while left := [table for table in sorted(parents) if table not in ordered]:
        waited_for = {parent for table in left for parent in parents[table]}
        free = [table for table in left if table not in waited_for] or left[:1]
        ordered += free
    return ordered


def _arguments(subject: Subject) -> tuple[list[UUID], list[UUID], list[str]]:
    return subject.accounts, subject.patients, subject.addresses
