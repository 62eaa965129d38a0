"""Texts of catalogues in other languages: who wrote them, which are missing, and how readers get them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from carewire.command import Ctx, Rate, command, query
from carewire.errors import Conflict, Field, Forbidden, InvalidParams, NotFound
from carewire.forms import Cursor, Limit, Word
from carewire.providers import translation as machine
from carewire.resource import REGISTRY, plug_translations
from carewire.resource.catalogue import Resource
from carewire.store import paging
from carewire.store.paging import Page
from channels.content.errors import NoTranslator
from channels.content.forms import EntryId, Noun, Target, Translated
from channels.content.jobs import TranslatePending
from channels.content.texts import COLUMNS, TranslationView, source_of, untranslated, view
from channels.identity import Capacity, Scope
from channels.identity import access as identity

TRANSLATORS: Final = frozenset({Scope.CONTENT})
AT_WILL: Final = Rate(burst=5, per_minute=1, shared=True)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A text that has no translation, or a stale one; `source` is what to translate."""

    noun: str
    entry_id: str
    field: str
    locale: Target
    source: str
    stale: TranslationView | None


async def translate(
    ctx: Ctx, noun: str, ids: Sequence[str], fields: Sequence[str], locale: str
) -> Mapping[tuple[str, str], str]:
    """What readers get: fresh texts in the language, whatever its region."""
    rows = await ctx.tx.fetch(
        "SELECT entry_id, field, text FROM translation WHERE noun = $1 AND entry_id = ANY($2) AND field = ANY($3)"
        " AND locale = $4 AND NOT is_stale",
        noun,
        list(ids),
        list(fields),
        locale.split("-", 1)[0],
    )
    return {(row["entry_id"], row["field"]): row["text"] for row in rows}


plug_translations(translate)


@query("translation.list", allow={Capacity.ADMIN}, errors={InvalidParams, Forbidden})
async def list_(
    ctx: Ctx,
    noun: Noun | None = None,
    entry_id: EntryId | None = None,
    locale: Target | None = None,
    is_stale: bool | None = None,
    is_auto: Annotated[bool, Meta(description="Made by the machine, and not looked at yet")] | None = None,
    limit: Limit = 50,
    cursor: Cursor | None = None,
) -> Page[TranslationView]:
    """Translations, newest first. For administrators (content)."""
    await identity.administrator(ctx, scopes=TRANSLATORS)
    before: UUID | None = paging.decode(cursor, tuple[UUID])[0] if cursor else None
    rows = await ctx.tx.fetch(
        f"SELECT {COLUMNS} FROM translation WHERE ($1::text IS NULL OR noun = $1)"
        " AND ($2::text IS NULL OR entry_id = $2)"
        " AND ($3::text IS NULL OR locale = $3) AND ($4::bool IS NULL OR is_stale = $4)"
        " AND ($5::bool IS NULL OR is_auto = $5) AND ($6::uuid IS NULL OR id < $6) ORDER BY id DESC LIMIT $7",
        noun,
        entry_id,
        locale and str(locale),
        is_stale,
        is_auto,
        before,
        limit + 1,
    )
    page = [view(row) for row in rows[:limit]]
    return Page(rows=page, cursor=paging.encode(page[-1].id) if len(rows) > limit else None)


@query("translation.missing", allow={Capacity.ADMIN}, errors={Forbidden, InvalidParams})
async def missing(ctx: Ctx, noun: Noun, locale: Target, limit: Limit = 50) -> list[Missing]:
    """The published texts of a catalogue that readers of this language see in English. For administrators (content)."""
    await identity.administrator(ctx, scopes=TRANSLATORS)
    declared = _catalogue(noun)
    return [
        Missing(
            noun=noun, entry_id=text.entry_id, field=text.field, locale=locale, source=text.source, stale=text.stale
        )
        for text in await untranslated(ctx.tx, declared, locale, limit)
    ]


@command("translation.create", allow={Capacity.ADMIN}, errors={Forbidden, NotFound, InvalidParams, Conflict})
async def create(
    ctx: Ctx, noun: Noun, entry_id: EntryId, field: Word, locale: Target, text: Translated
) -> TranslationView:
    """Say what a text is in another language. `conflict` where that is said already. Administrators (content)."""
    await identity.administrator(ctx, scopes=TRANSLATORS)
    declared = _catalogue(noun)
    if field not in declared.translatable:
        raise InvalidParams(fields=(Field("$.field", f"want one of {', '.join(declared.translatable)}"),))
    if await source_of(ctx.tx, declared, entry_id, field, lock=True) is None:
        raise NotFound()
    row = await ctx.tx.fetchrow(
        "INSERT INTO translation (noun, entry_id, field, locale, text, is_auto, updated_at)"
        f" VALUES ($1, $2, $3, $4, $5, false, $6) ON CONFLICT DO NOTHING RETURNING {COLUMNS}",
        noun,
        entry_id,
        field,
        str(locale),
        text,
        ctx.now,
    )
    if row is None:
        raise Conflict()
    return view(row)


@command("translation.update", allow={Capacity.ADMIN}, errors={Forbidden, NotFound})
async def update(ctx: Ctx, translation_id: UUID, text: Translated) -> TranslationView:
    """Correct a translation, or confirm it by sending it again: it is fresh, and no machine overwrites it any more."""
    await identity.administrator(ctx, scopes=TRANSLATORS)
    row = await ctx.tx.fetchrow(
        "UPDATE translation SET text = $2, is_auto = false, is_stale = false, updated_at = $3 WHERE id = $1"
        f" RETURNING {COLUMNS}",
        translation_id,
        text,
        ctx.now,
    )
    if row is None:
        raise NotFound()
    return view(row)


@command(
    "translation.auto_translate",
    allow={Capacity.ADMIN},
    errors={Forbidden, NoTranslator},
    rate=AT_WILL,
)
async def auto_translate(ctx: Ctx) -> None:
    """Have the machine translate what is missing, now instead of at the next full hour. Administrators (content)."""
    await identity.administrator(ctx, scopes=TRANSLATORS)
    if machine.provider(ctx.settings) is None:
        raise NoTranslator()
    ctx.enqueue(TranslatePending(), key="translate.now")


def _catalogue(noun: str) -> Resource:
    declared = REGISTRY.get(noun)
    if declared is None or not declared.translatable:
        known = sorted(name for name, one in REGISTRY.items() if one.translatable)
        raise InvalidParams(fields=(Field("$.noun", f"want one of {', '.join(known)}"),))
    return declared
