"""The tables of all domains against the migrated database: Piccolo's picture and the closed lists must be true."""

import importlib.util
import inspect
import re
from enum import StrEnum
from typing import Any

import asyncpg
import pytest
from piccolo.columns import ForeignKey, OnDelete
from piccolo.table import Table

from carewire.paid import Due
from carewire.providers.payments import GatewayName, IntentState
from channels import ORDER
from channels.appointment.lifecycle import AppointmentState, HoldState, WaitState
from channels.appointment.nouns import EndReason, Side
from channels.calendar import nouns as calendar
from channels.care import nouns as care
from channels.chat.lifecycle import ThreadState
from channels.chat.nouns import Author
from channels.content import forms as content
from channels.directory import nouns as places
from channels.identity import contacts
from channels.identity import nouns as people
from channels.media import nouns as files
from channels.operation.lifecycle import LetterState
from channels.payment import lifecycle as paying
from channels.payment import nouns as money
from channels.review.lifecycle import ReviewState
from channels.review.nouns import Subject

TYPES = {
    "text": "TEXT",
    "uuid": "UUID",
    "bytea": "BYTEA",
    "timestamp with time zone": "TIMESTAMPTZ",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "smallint": "SMALLINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time without time zone": "TIME",
    "jsonb": "JSONB",
    "double precision": "DOUBLE PRECISION",
    "real": "REAL",
}


def tables() -> list[type[Table]]:
    found: list[type[Table]] = []
    for domain in ORDER:
        name = f"channels.{domain}.tables"
        if importlib.util.find_spec(f"channels.{domain}") and importlib.util.find_spec(name):
            module = importlib.import_module(name)
            found += [t for _, t in inspect.getmembers(module, inspect.isclass) if t.__module__ == name]
    return [table for table in found if issubclass(table, Table)]


@pytest.mark.parametrize("table", tables(), ids=lambda table: table._meta.tablename)
async def test_a_piccolo_table_is_what_the_migration_made(table: type[Table], database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        name = table._meta.tablename
        rows = await connection.fetch(
            "SELECT column_name, data_type, is_nullable = 'YES' AS nullable FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = $1",
            name,
        )
        real = {row["column_name"]: row for row in rows}
        assert real.keys() == {c._meta.db_column_name for c in table._meta.columns}
        references = await connection.fetch(
            "SELECT a.attname, c.confrelid::regclass::text AS target, c.confdeltype FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.conrelid = $1::regclass AND c.contype = 'f'",
            name,
        )
        targets = {row["attname"]: row["target"] for row in references}
        assert {row["confdeltype"] for row in references} <= {b"a"}, "no cascading deletes"
    finally:
        await connection.close()
    for column in table._meta.columns:
        row = real[column._meta.db_column_name]
        assert column._meta.null == row["nullable"] or column._meta.primary_key, column
        if row["data_type"] == "ARRAY":
            assert column.column_type.endswith("[]"), column
        else:
            assert column.column_type.split("(")[0] == TYPES[row["data_type"]], column
        if isinstance(column, ForeignKey):
            assert column._foreign_key_meta.on_delete is OnDelete.no_action, column
            assert targets[column._meta.db_column_name] == column._foreign_key_meta.resolved_references._meta.tablename


LISTS: list[tuple[str, str, Any]] = [
    ("payment", "about_noun", money.AT_COUNTERS),
    ("payment", "means", money.Means),
    ("counter_refund", "handed_means", money.Means),
    ("online_payment", "about_noun", money.Payable),
    ("online_payment", "state", paying.PaymentState),
    ("online_payment", "gateway", GatewayName),
    ("online_payment", "refund_reason", Due),
    ("gateway_refund", "state", paying.RefundState),
    ("house_intent", "state", IntentState),
    ("appointment", "state", AppointmentState),
    ("appointment", "mode", calendar.Mode),
    ("appointment", "payment", calendar.PaymentMode),
    ("appointment", "ended_side", Side),
    ("appointment", "booked_side", set(Side) - {Side.SYSTEM}),
    ("appointment", "end_reason", EndReason),
    ("appointment_payment", "refund_reason", Due),
    ("slot", "mode", calendar.Mode),
    ("hold", "state", HoldState),
    ("waitlist", "state", WaitState),
    ("waitlist", "mode", calendar.Mode),
    ("account_capacity", "capacity", people.HELD),
    ("account_capacity", "state", people.CapacityState),
    ("account", "state", people.AccountState),
    ("patient", "sex", people.Sex),
    ("guardianship", "kind", people.Kin),
    ("guardian_invitation", "kind", people.Guardian),
    ("member_invitation", "duty", people.Duty),
    ("membership", "duty", people.Duty),
    ("login", "end_reason", people.EndReason),
    ("address_proof", "purpose", people.ProofPurpose),
    ("admin_scope", "scope", people.Scope),
    ("admin_request", "kind", people.AdminRequestKind),
    ("contact_change", "kind", contacts.Contact),
    ("letter", "state", LetterState),
    ("registration", "capacity", ("patient", "doctor", "pharmacy", "laboratory")),
    ("place", "kind", places.PlaceKind),
    ("place", "approval", places.Approval),
    ("affiliation", "state", places.AffiliationState),
    ("doctor_window", "mode", calendar.Mode),
    ("doctor_extra", "mode", calendar.Mode),
    ("consultation_fee", "mode", calendar.Mode),
    ("relationship", "state", care.RelationState),
    ("consent", "purpose", care.Purpose),
    ("summary_entry", "kind", care.EntryKind),
    ("summary_entry", "severity", care.Severity),
    ("background", "blood_group", care.BloodGroup),
    ("translation", "locale", content.Target),
    ("media", "kind", files.MediaKind),
    ("media", "mime", files.MIMES),
    ("upload", "kind", files.MediaKind),
    ("upload", "state", files.UploadState),
    ("chat_thread", "state", ThreadState),
    ("chat_message", "author", Author),
    ("review", "state", ReviewState),
    ("rating", "subject", Subject),
]


@pytest.mark.parametrize(("table", "column", "words"), LISTS)
async def test_a_closed_list_is_the_columns_check(table: str, column: str, words: Any, database_url: str) -> None:
    assert await checked_words(database_url, table, column) == {str(word) for word in words}


async def test_every_cap_is_a_kind_the_database_knows(database_url: str) -> None:
    from channels.identity.caps import Cap

    assert await checked_words(database_url, "throttle", "kind") == {cap.kind for cap in Cap}


async def checked_words(database_url: str, table: str, column: str) -> set[str]:
    """The words of `CHECK (column IN (…))`."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT pg_get_constraintdef(c.oid) AS text FROM pg_constraint c JOIN pg_attribute a"
            " ON a.attrelid = c.conrelid AND a.attname = $2 AND c.conkey = ARRAY[a.attnum]"
            " WHERE c.conrelid = $1::regclass AND c.contype = 'c'",
            table,
            column,
        )
    finally:
        await connection.close()
    return {word for row in rows if "= ANY" in row["text"] for word in re.findall(r"'([^']*)'::text", row["text"])}


def test_the_closed_lists_have_no_word_twice() -> None:
    for _, _, words in LISTS:
        if isinstance(words, type) and issubclass(words, StrEnum):
            assert len({word.value for word in words}) == len(list(words))
