"""Texts of catalogues and what there is of them in other languages."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.resource.catalogue import Resource
from carewire.store.db import Tx
from channels.content.forms import Target


class TranslationView(msgspec.Struct, frozen=True, kw_only=True):
    """A text of an entry in another language. While `is_stale`, readers see the source: it was changed since."""

    id: UUID
    noun: str
    entry_id: str
    field: str
    locale: Target
    text: str
    is_auto: bool
    is_stale: bool
    updated_at: datetime


COLUMNS: Final = "id, noun, entry_id, field, locale, text, is_auto, is_stale, updated_at"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A source text that readers of some language still see in English."""

    entry_id: str
    field: str
    source: str
    stale: TranslationView | None


_JOINED: Final = ", ".join(f"t.{column}" for column in COLUMNS.split(", "))


async def untranslated(
    tx: Tx, declared: Resource, locale: Target, limit: int, *, by_machine: bool = False
) -> list[Text]:
    """Published texts without a fresh translation. `by_machine`: without those that a person once translated."""
    found: list[Text] = []
    for field in declared.translatable:
        rows = await tx.fetch(
            f"SELECT e.{declared.key}::text AS entry, e.{field} AS source, {_JOINED} FROM {declared.source}"
            f" LEFT JOIN translation t ON t.noun = $1 AND t.entry_id = e.{declared.key}::text"
            f" AND t.field = $2 AND t.locale = $3 WHERE e.{field} <> ''"
            f" AND e.{declared.key} IN (SELECT e.{declared.key} FROM {declared.index} WHERE {declared.published})"
            " AND (t.id IS NULL OR t.is_stale) AND (NOT $4 OR t.id IS NULL OR t.is_auto)"
            f" ORDER BY e.{declared.key} LIMIT $5",
            declared.noun,
            field,
            str(locale),
            by_machine,
            limit - len(found),
        )
        for row in rows:
            values = dict(row)
            entry, source = values.pop("entry"), values.pop("source")
            found.append(Text(entry_id=entry, field=field, source=source, stale=view(values) if values["id"] else None))
    return found


async def source_of(tx: Tx, declared: Resource, entry_id: str, field: str, *, lock: bool = False) -> str | None:
    """What an entry says in English. `lock` keeps it so: nobody changes it while its translation is written."""
    text: str | None = await tx.fetchval(
        f"SELECT e.{field} FROM {declared.source} WHERE e.{declared.key}::text = $1 {'FOR SHARE OF e' if lock else ''}",
        entry_id,
    )
    return text


def view(row: Any) -> TranslationView:
    """A row as translators see it."""
    return msgspec.convert(dict(row), TranslationView)
