"""What the database keeps of people is declared, column by column: nothing personal is neither exported nor erased."""

import re
from typing import Any

import asyncpg

from carewire.personal import HARMLESS, HOLDINGS
from tests import toy

COULD_HOLD = {"text", "character varying", "jsonb", "json", "bytea", "date", "inet", "xml", "ARRAY"}
TOYS = set(re.findall(r"CREATE TABLE (\w+)", toy.TABLES))
DIGEST = re.compile(r"octet_length\((\w+)\) = \d+")

COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.udt_name FROM information_schema.columns c
  JOIN pg_class k ON k.relname = c.table_name AND k.relkind IN ('r', 'p') AND NOT k.relispartition
   AND k.relnamespace = 'public'::regnamespace
 WHERE c.table_schema = 'public'
"""
CHECKS = """
SELECT c.conrelid::regclass::text AS table_name, a.attname AS column_name, pg_get_constraintdef(c.oid) AS text
  FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
 WHERE c.contype = 'c'
"""
REFERENCES = """
SELECT c.conrelid::regclass::text AS table_name, a.attname AS column_name FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
 WHERE c.contype = 'f' AND c.confrelid IN ('account'::regclass, 'patient'::regclass)
"""


async def fetch(database_url: str, sql: str) -> list[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        rows: list[Any] = await connection.fetch(sql)
        return rows
    finally:
        await connection.close()


async def undeclared(database_url: str) -> set[str]:
    """Columns that could hold what a person is or said, and of which nobody says what they hold."""
    closed = {
        (row["table_name"], row["column_name"])
        for row in await fetch(database_url, CHECKS)
        if "= ANY (ARRAY" in row["text"] or DIGEST.search(row["text"])
    }
    keys = {(row["table_name"], row["column_name"]) for row in await fetch(database_url, REFERENCES)}
    found = set()
    for row in await fetch(database_url, COLUMNS):
        table, column = row["table_name"], row["column_name"]
        if row["data_type"] not in COULD_HOLD or row["udt_name"] in ("_uuid", "_int4", "_float8", "_timestamptz"):
            continue
        personal = {name for holding in HOLDINGS.get(table, []) for name in holding.personal}
        harmless = HARMLESS.get(table, {})
        if table not in TOYS and (table, column) not in closed | keys and column not in personal | harmless.keys():
            found.add(f"{table}.{column}")
    return found


async def test_every_column_that_could_be_personal_says_whether_it_is(database_url: str) -> None:
    """Mend: `holds(…)` or `harmless(…)` in the `personal.py` of the domain; see carewire.personal."""
    assert sorted(await undeclared(database_url)) == []


async def test_a_new_column_that_nobody_declared_is_noticed(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("ALTER TABLE patient ADD COLUMN religion text; CREATE TABLE diary (told jsonb, at date)")
    await connection.close()
    assert await undeclared(database_url) == {"patient.religion", "diary.told", "diary.at"}


async def test_every_table_that_refers_to_a_person_has_its_part_in_her_export(database_url: str) -> None:
    refer = {row["table_name"] for row in await fetch(database_url, REFERENCES)}
    assert sorted(refer - HOLDINGS.keys() - TOYS) == []


async def test_declarations_name_only_columns_that_exist(database_url: str) -> None:
    real = {(row["table_name"], row["column_name"]) for row in await fetch(database_url, COLUMNS)}
    named = {(table, column) for table, columns in HARMLESS.items() for column in columns}
    named |= {(t, c) for t, parts in HOLDINGS.items() for part in parts for c in (*part.personal, *part.secret)}
    assert named - real == set()
