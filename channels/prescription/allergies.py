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
from channels.prescription.allergens import CLASSES
from channels.prescription.lifecycle import AllergyOutcome, MatchedBy
from channels.prescription.names import BRANDS, OTHER_NAMES, PASSED_OVER
from channels.prescription.papers import AllergyLook, AllergyMatch, PrescriptionLine

SHORTEST: Final = 4
"""A word that nobody knows counts from so many letters on: shorter ones meet by chance."""
NAMES: Final = 3
"""From so many letters on it may be the name of something, and is said to be unknown."""
LONGEST: Final = 3
"""Of so many words the longest names in the table are."""
_PARTS: Final = re.compile(r"[+/&,;।]| and | with | या | और ", re.IGNORECASE)
_TWICE: Final = re.compile(r"([a-z])\1+")
RELATED: Final = frozenset({(one, other) for one, known in CLASSES.items() for other in known.related})


class Term(Struct, frozen=True):
    """What a name of the table names: classes, and the substances in it; a class alone has none."""

    classes: frozenset[str] = frozenset()
    substances: frozenset[str] = frozenset()


class Lexicon(Struct, frozen=True):
    """The table, folded. `terms`: by their words written as one, however somebody parts them."""

    terms: dict[str, Term]
    passed_over: frozenset[str]


class Meaning(Struct, frozen=True):
    """What a text may mean: its words, the classes and substances it names, and the words that name none of them."""

    words: frozenset[str]
    classes: frozenset[str]
    substances: frozenset[str]
    strange: frozenset[str]


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
    inside = {line.id: line.generic or line.medicine for line in lines}
    name_only = await _strange(ctx.tx, lexicon, inside, every_word=True)
    told = {entry.id for entry, meant in zip(allergies, entries, strict=True) if meant.classes}
    by_name = await _strange(ctx.tx, lexicon, {entry.id: entry.label for entry in allergies}, known=told)
    matches = [
        AllergyMatch(line_id=line.id, entry_id=entry.id, by=by)
        for line, drug in zip(lines, drugs, strict=True)
        for entry, allergy in zip(allergies, entries, strict=True)
        if (by := meets(drug, allergy)) is not None
    ]
    return AllergyLook(
        outcome=_outcome(matches, none_told=any(one.no_allergies_at for one in known), listed=bool(allergies),
                         unknown=bool(name_only or by_name)),
        matches=matches,
        name_only=name_only,
        entries_by_name=by_name,
    )  # fmt: skip


def _outcome(matches: Sequence[AllergyMatch], *, none_told: bool, listed: bool, unknown: bool) -> AllergyOutcome:
    if any(match.by is not MatchedBy.RELATED for match in matches):
        return AllergyOutcome.MATCHED
    if matches:
        return AllergyOutcome.RELATED
    if not listed:
        return AllergyOutcome.CLEAR if none_told else AllergyOutcome.NOT_RECORDED
    return AllergyOutcome.UNKNOWN if unknown else AllergyOutcome.CLEAR


def meets(drug: Meaning, allergy: Meaning) -> MatchedBy | None:
    """How a medicine meets an allergy; None: not as far as we know."""
    if drug.substances & allergy.substances or drug.words & allergy.words:
        return MatchedBy.NAME
    if drug.classes & allergy.classes:
        return MatchedBy.CLASS
    if any((one, other) in RELATED for one in allergy.classes for other in drug.classes):
        return MatchedBy.RELATED
    return None


def meaning(lexicon: Lexicon, *texts: str, only_known: Iterable[str] = ()) -> Meaning:
    """What folded texts may mean. Of `only_known` ones just what the table knows counts, not each word."""
    words: set[str] = set()
    found: set[Term] = set()
    strange: set[str] = set()
    for text, whole in [*((text, True) for text in texts), *((text, False) for text in only_known)]:
        parts = text.split()
        named: set[int] = set()
        for length in range(LONGEST, 0, -1):
            for start in range(len(parts) - length + 1):
                term = lexicon.terms.get(_as_one(parts[start : start + length]))
                if term is not None:
                    found.add(term)
                    named |= set(range(start, start + length))
        if whole:
            naming = {
                n: part for n, part in enumerate(parts)
                if len(part) >= NAMES and not part[0].isdigit() and part not in lexicon.passed_over
            }  # fmt: skip
            words |= {part for part in naming.values() if len(part) >= SHORTEST}
            strange |= {part for n, part in naming.items() if n not in named}
    return Meaning(
        frozenset(words),
        frozenset[str]().union(*(term.classes for term in found)),
        frozenset[str]().union(*(term.substances for term in found)),
        frozenset(strange),
    )


def _as_one(words: Sequence[str]) -> str:
    """Words as one, however they were parted: `co-amoxiclav`, `coamoxiclav`, `amoxi cillin`."""
    return _TWICE.sub(r"\1", "".join(words))


async def _meanings(
    tx: Tx, lexicon: Lexicon, lines: Sequence[PrescriptionLine], allergies: Sequence[Entry]
) -> tuple[list[Meaning], list[Meaning]]:
    texts = [text for line in lines for text in (line.medicine, line.generic or "")]
    texts += [text for entry in allergies for text in (entry.label, entry.detail or "")]
    spelled = iter(await fold(tx, texts))
    drugs = [meaning(lexicon, next(spelled), next(spelled)) for _ in lines]
    entries = [meaning(lexicon, next(spelled), only_known=[next(spelled)]) for _ in allergies]
    return drugs, entries


async def _strange(
    tx: Tx, lexicon: Lexicon, texts: dict[UUID, str], *, known: Iterable[UUID] = (), every_word: bool = False
) -> list[UUID]:
    """Whose text names something that is in no known class: each part of a compound has to be known.

    `known`: some part is known from elsewhere. `every_word`: also one word beside what is known; what people write of
    an allergy tells more than its name.
    """
    parts = [(of, part) for of, text in texts.items() for part in _PARTS.split(text)]
    unknown, known = set[UUID](), set(known)
    for (of, _), folded in zip(parts, await fold(tx, [part for _, part in parts]), strict=True):
        meant = meaning(lexicon, folded)
        if meant.strange and (every_word or not meant.classes):
            unknown.add(of)
        if meant.classes:
            known.add(of)
    return [of for of in texts if of in unknown or of not in known]


async def fold(tx: Tx, texts: Sequence[str]) -> list[str]:
    """Texts as words that say how they sound, in the order given; numbers are words of their own (`500mg`)."""
    rows = await tx.fetch(
        r"SELECT search_fold(regexp_replace(t.text, '(\d)(?=\D)|(\D)(?=\d)', '\1\2 ', 'g')) AS folded"
        " FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n) ORDER BY t.n",
        list(texts),
    )
    return [row["folded"] for row in rows]


async def _load(tx: Tx) -> Lexicon:
    """The table, folded once a process: the database spells, and its spelling does not change while we run."""
    if not _lexicon:
        _lexicon.append(await load(tx))
    return _lexicon[0]


async def load(tx: Tx) -> Lexicon:
    """The table of classes and names as the check uses it."""
    substances = {name for known in CLASSES.values() for name in known.substances}
    listed: list[tuple[str, Iterable[str], Iterable[str]]] = [
        *((word, [slug], ()) for slug, known in CLASSES.items() for word in known.words),
        *((name, _classes(name), [name]) for name in substances),
        *((name, _classes(*inside), inside) for name, inside in OTHER_NAMES.items()),
        *((name, _classes(*inside), inside) for name, (inside, _) in BRANDS.items()),
    ]
    terms: dict[str, Term] = {}
    for (_, classes, inside), folded in zip(listed, await fold(tx, [name for name, _, _ in listed]), strict=True):
        key = _as_one(folded.split())
        was = terms.get(key, Term())
        terms[key] = Term(was.classes | set(classes), was.substances | set(inside))
    return Lexicon(terms, frozenset(await fold(tx, sorted(PASSED_OVER))))


def _classes(*substances: str) -> list[str]:
    return [slug for slug, known in CLASSES.items() for name in substances if name in known.substances]
