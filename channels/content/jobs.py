"""Finding what is missing in another language each hour, and having a machine translate it, one text at a time."""

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from carewire.command import Ctx
from carewire.jobs.job import Job, Trip, consumer, errand
from carewire.jobs.problems import Temporary
from carewire.metrics import TRANSLATIONS_MISSING
from carewire.providers import translation as machine
from carewire.resource import REGISTRY
from carewire.resource.parts import SOURCE_LOCALE
from channels.content.forms import Target
from channels.content.texts import source_of, untranslated

AT_ONCE: Final = 200
"""Texts left to the machine by one look."""


class TranslatePending(Job, name="content.translate_pending", every=timedelta(hours=1)):
    """Time to look for texts that readers still see in English."""


class TranslateText(Job, name="content.translate"):
    """One text of one entry, into one language."""

    noun: str
    entry_id: str
    field: str
    locale: Target


@consumer(TranslatePending)
async def look(ctx: Ctx, job: TranslatePending) -> None:
    """Count what is missing; where there is a machine, leave it to that."""
    by_machine = machine.provider(ctx.settings) is not None
    for locale in Target:
        missing = 0
        for declared in REGISTRY.values():
            if not declared.translatable:
                continue
            texts = await untranslated(ctx.tx, declared, locale, AT_ONCE, by_machine=by_machine)
            missing += len(texts)
            for text in texts if by_machine else ():
                ctx.enqueue(
                    TranslateText(noun=declared.noun, entry_id=text.entry_id, field=text.field, locale=locale),
                    key=f"translate:{uuid5(NAMESPACE_URL, f'{declared.noun}/{text.entry_id}/{text.field}/{locale}')}",
                )
        TRANSLATIONS_MISSING.labels(str(locale)).set(missing)


@errand(TranslateText)
async def translate(trip: Trip, job: TranslateText) -> str:
    """Translate the text as it is now; a source that changes meanwhile makes it stale, and the next look sees that."""
    declared = REGISTRY.get(job.noun)
    translator = machine.provider(trip.settings)
    if declared is None or translator is None or job.field not in declared.translatable:
        raise Temporary("no_translator")
    async with trip.db.snapshot() as tx:
        source = await source_of(tx, declared, job.entry_id, job.field)
    if source is None:
        return "gone"
    text = await translator.translate(trip, source, SOURCE_LOCALE, job.locale)
    if not text.strip():
        raise Temporary("no_answer")
    async with trip.db.transaction() as tx:
        # A person's word stands. A source that is another by now is not what this says.
        if await source_of(tx, declared, job.entry_id, job.field, lock=True) != source:
            raise Temporary("changed")
        await tx.execute(
            "INSERT INTO translation (noun, entry_id, field, locale, text, is_auto, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, true, $6) ON CONFLICT ON CONSTRAINT translation_once DO UPDATE"
            " SET text = EXCLUDED.text, is_stale = false, updated_at = EXCLUDED.updated_at WHERE translation.is_auto",
            job.noun,
            job.entry_id,
            job.field,
            str(job.locale),
            text,
            trip.now,
        )
    return "translated"
