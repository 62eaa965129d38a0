"""The allergy check: what a prescription's lines and a patient's allergies have in common, as far as it can be known.

Both are folded to words by sound; a word is a known substance or brand, the name of a class, or only itself. Nothing
here decides whether it is dangerous: it finds, and the doctor decides.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from carewire.command import Ctx
from carewire.store.db import Tx
from channels.care import RecordType
from channels.care import access as care
from channels.care.access import Ask
from channels.care.events import Entry, summary
from channels.prescription.allergens import CLASSES, PASSED_OVER
from channels.prescription.lifecycle import AllergyOutcome, MatchedBy
from channels.prescription.papers import AllergyLook, AllergyMatch, PrescriptionLine

SHORTEST: Final = 4
"""A word that nobody knows counts from so many letters on: shorter ones meet by chance."""
_PARTS: Final = re.compile(r"[+/&,;]| and | with ")
RELATED: Final = frozenset({(one, other) for one, known in CLASSES.items() for other in known.related})


class Lexicon(Struct, frozen=True):
    """The table of classes, folded. `phrases`: by their words, to the class; `names`: what is a substance or brand."""

    classes: dict[tuple[str, ...], frozenset[str]]
    names: frozenset[tuple[str, ...]]
    passed_over: frozenset[str]


class Meaning(Struct, frozen=True):
    """What a text may mean: its own words, the substances it names, and the classes it names or they belong to."""

    words: frozenset[str]
    names: frozenset[tuple[str, ...]]
    classes: frozenset[str]


_lexicon: list[Lexicon] = []


async def check(ctx: Ctx, patient_id: UUID, lines: Sequence[PrescriptionLine]) -> AllergyLook:
    """Hold the lines against the patient's allergies. Lock her first when something follows from it.

    The list must be readable to the caller: also that of the person to whom the record belongs, when a desk made it.
    """
    person = await ctx.tx.fetchval(
        "SELECT into_id FROM patient_claim WHERE patient_id = $1 AND into_id IS NOT NULL AND undone_at IS NULL",
        patient_id,
    )
    records = [patient_id] if person is None else [patient_id, person]
    found = await care.reasons(ctx, [Ask(ctx.actor.id, record, RecordType.SUMMARY) for record in records])
    if not all(found):
        return AllergyLook(outcome=AllergyOutcome.UNREADABLE, matches=[], name_only=[], entries_by_name=[])
    care.opened(ctx, patient_id, RecordType.SUMMARY, found[0])
    known = [await summary(ctx, record) for record in records]
    allergies = list({entry.id: entry for one in known for entry in one.allergies}.values())
    lexicon = await _load(ctx.tx)
    drugs, entries = await _meanings(ctx.tx, lexicon, lines, allergies)
    name_only = await _name_only(ctx.tx, lexicon, lines)
    by_name = [entry.id for entry, meant in zip(allergies, entries, strict=True) if not meant.classes]
    matches = [
        AllergyMatch(line_id=line.id, entry_id=entry.id, by=by)
        for line, drug in zip(lines, drugs, strict=True)
        for entry, allergy in zip(allergies, entries, strict=True)
        if (by := meets(drug, allergy)) is not None
    ]
    outcome = AllergyOutcome.MATCHED if matches else AllergyOutcome.CLEAR
    if not allergies and not any(one.no_allergies_at for one in known):
        outcome = AllergyOutcome.NOT_RECORDED
    return AllergyLook(outcome=outcome, matches=matches, name_only=name_only, entries_by_name=by_name)


def meets(drug: Meaning, allergy: Meaning) -> MatchedBy | None:
    """How a medicine meets an allergy; None: not as far as we know."""
    if drug.names & allergy.names or drug.words & allergy.words:
        return MatchedBy.NAME
    if drug.classes & allergy.classes:
        return MatchedBy.CLASS
    if any((one, other) in RELATED for one in allergy.classes for other in drug.classes):
        return MatchedBy.RELATED
    return None


def meaning(lexicon: Lexicon, *texts: str, only_known: Iterable[str] = ()) -> Meaning:
    """What folded texts may mean. Of `only_known` ones just what the table knows counts, not each word."""
    words: set[str] = set()
    names: set[tuple[str, ...]] = set()
    classes: set[str] = set()
    for text, whole in [*((text, True) for text in texts), *((text, False) for text in only_known)]:
        parts = text.split()
        for length in (3, 2, 1):
            for start in range(len(parts) - length + 1):
                phrase = tuple(parts[start : start + length])
                if phrase in lexicon.classes:
                    classes |= lexicon.classes[phrase]
                    if phrase in lexicon.names:
                        names.add(phrase)
        if whole:
            words |= {
                part for part in parts
                if len(part) >= SHORTEST and not part[0].isdigit() and part not in lexicon.passed_over
            }  # fmt: skip
    return Meaning(frozenset(words), frozenset(names), frozenset(classes))


async def _meanings(
    tx: Tx, lexicon: Lexicon, lines: Sequence[PrescriptionLine], allergies: Sequence[Entry]
) -> tuple[list[Meaning], list[Meaning]]:
    texts = [text for line in lines for text in (line.medicine, line.generic or "")]
    texts += [text for entry in allergies for text in (entry.label, entry.detail or "")]
    spelled = iter(await fold(tx, texts))
    drugs = [meaning(lexicon, next(spelled), next(spelled)) for _ in lines]
    entries = [meaning(lexicon, next(spelled), only_known=[next(spelled)]) for _ in allergies]
    return drugs, entries


async def _name_only(tx: Tx, lexicon: Lexicon, lines: Sequence[PrescriptionLine]) -> list[UUID]:
    """Lines of which some substance is in no known class: of a compound each part has to be known."""
    parts = [(line.id, part) for line in lines for part in _PARTS.split(line.generic or line.medicine)]
    unknown, known = set(), set()
    for (line_id, _), folded in zip(parts, await fold(tx, [part for _, part in parts]), strict=True):
        meant = meaning(lexicon, folded)
        if meant.classes:
            known.add(line_id)
        elif meant.words:
            unknown.add(line_id)
    return [line.id for line in lines if line.id in unknown or line.id not in known]


async def fold(tx: Tx, texts: Sequence[str]) -> list[str]:
    """Texts as words that say how they sound, in the order given."""
    rows = await tx.fetch(
        "SELECT search_fold(t.text) AS folded FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n) ORDER BY t.n",
        list(texts),
    )
    return [row["folded"] for row in rows]


async def _load(tx: Tx) -> Lexicon:
    """The table, folded once a process: the database spells, and its spelling does not change while we run."""
    if not _lexicon:
        _lexicon.append(await load(tx))
    return _lexicon[0]


async def load(tx: Tx) -> Lexicon:
    """The table of classes as the check uses it."""
    listed = [
        (slug, text, is_name)
        for slug, known in CLASSES.items()
        for texts, is_name in ((known.words, False), (known.substances, True), (known.brands, True))
        for text in texts
    ]
    classes: dict[tuple[str, ...], frozenset[str]] = {}
    names: set[tuple[str, ...]] = set()
    for (slug, _, is_name), folded in zip(listed, await fold(tx, [text for _, text, _ in listed]), strict=True):
        phrase = tuple(folded.split())
        classes[phrase] = classes.get(phrase, frozenset()) | {slug}
        if is_name:
            names.add(phrase)
    return Lexicon(classes, frozenset(names), frozenset(await fold(tx, sorted(PASSED_OVER))))
