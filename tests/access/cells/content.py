"""What administrators (content) write for everybody, its translations, and what hospitals offer."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from tests.access.matrix import Params, cells, ground, hears
from tests.access.who import CONTENT, HEADS, KNOWN, SUPER
from tests.access.world import World

EDITORS: Final = frozenset({CONTENT, SUPER})
PRICES: Final = [{"amount": 100, "currency": "INR"}]


@ground
async def something_to_read(w: World) -> None:
    """An entry of each catalogue, a translation, and a treatment that is offered here."""
    w.treatment = await a_row(w, "treatment", name="Knee replacement")
    w.package = await a_row(w, "package", name="Knee", country="IN", duration_days=3, currency="INR", amount=5)
    w.insurance = await a_row(w, "insurance_provider", name="Suraksha")
    w.faq = await a_row(w, "faq", question="May I?", answer="You may.")
    await a_row(w, "website_page", slug="about", title="About", content="Us")
    w.translation = await a_translation(w)
    await an_offer(w, w.treatment)


async def a_row(w: World, table: str, **columns: Any) -> UUID:
    marks = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    made: UUID = await w.sql(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id", *columns.values()
    )
    return made


async def a_translation(w: World) -> UUID:
    return await a_row(
        w,
        "translation",
        noun="treatment",
        entry_id=w.new_phone(),
        field="name",
        locale="hi",
        text="घुटना",
        is_auto=False,
        updated_at=w.now,
    )


async def an_offer(w: World, treatment_id: UUID) -> None:
    await a_row(w, "hospital_treatment", place_id=w.place, treatment_id=treatment_id, created_at=w.now)


def word(w: World) -> str:
    """One that nobody has used."""
    return f"n{w.new_phone()[1:]}"


async def a_treatment(w: World) -> UUID:
    return await a_row(w, "treatment", name=word(w))


def spare(noun: str, table: str, **columns: Any) -> Callable[[World], Any]:
    """An entry to be used up."""

    async def make(w: World) -> Params:
        return {f"{noun}_id": await a_row(w, table, **{n: word(w) if v is word else v for n, v in columns.items()})}

    return make


def catalogue(noun: str, shown: Callable[[World], Params], new: Any, spare: Any, change: Params) -> None:
    """The five commands of a catalogue that everybody reads and editors write."""

    async def changed(w: World) -> Params:
        return {**await spare(w), **change}

    cells(f"{noun}.list")
    cells(f"{noun}.get", shown)
    cells(f"{noun}.create", new, opens=EDITORS, says="forbidden")
    cells(f"{noun}.update", changed, opens=EDITORS, says="forbidden")
    cells(f"{noun}.delete", spare, opens=EDITORS, says="forbidden")


PACKAGE: Final = {"country": "IN", "duration_days": 3, "currency": "INR", "amount": 5}


async def a_page(w: World) -> Params:
    slug = word(w)
    await a_row(w, "website_page", slug=slug, title="T", content="C")
    return {"slug": slug}


catalogue(
    "treatment",
    lambda w: {"treatment_id": w.treatment},
    lambda w: {"name": word(w)},
    spare("treatment", "treatment", name=word),
    {"category": "knees"},
)
catalogue(
    "package",
    lambda w: {"package_id": w.package},
    lambda w: {"name": word(w), **PACKAGE},
    spare("package", "package", name=word, **PACKAGE),
    {"amount": 7},
)
catalogue(
    "insurance",
    lambda w: {"insurance_id": w.insurance},
    lambda w: {"name": word(w)},
    spare("insurance", "insurance_provider", name=word),
    {"country": "IN"},
)
catalogue(
    "faq",
    lambda w: {"faq_id": w.faq},
    lambda w: {"question": "Why?", "answer": "So."},
    spare("faq", "faq", question=word, answer=word),
    {"answer": "Thus."},
)
catalogue(
    "website",
    lambda w: {"slug": "about"},
    lambda w: {"slug": word(w), "title": "T", "content": "C"},
    a_page,
    {"title": "U"},
)
cells("package.set_seasons", lambda w: {"package_id": w.package, "seasons": []}, opens=EDITORS, says="forbidden")

# --- translations ----------------------------------------------------------------------------------------------------


async def a_text(w: World) -> Params:
    made = await a_treatment(w)
    return {"noun": "treatment", "entry_id": str(made), "field": "name", "locale": "ar", "text": "ركبة"}


cells("translation.list", opens=EDITORS, says="forbidden")
cells("translation.missing", {"noun": "treatment", "locale": "ar"}, opens=EDITORS, says="forbidden")
cells("translation.create", a_text, opens=EDITORS, says="forbidden")
cells(
    "translation.update", lambda w: {"translation_id": w.translation, "text": "घुटना"}, opens=EDITORS, says="forbidden"
)
cells("translation.auto_translate", opens=EDITORS, says="forbidden")

# --- what hospitals offer --------------------------------------------------------------------------------------------


async def not_offered(w: World) -> Params:
    return {"hospital_id": w.place, "treatment_id": await a_treatment(w), "prices": PRICES}


async def offered(w: World) -> Params:
    made = await a_treatment(w)
    await an_offer(w, made)
    return {"hospital_id": w.place, "treatment_id": made}


async def offered_otherwise(w: World) -> Params:
    return {**await offered(w), "prices": PRICES}


cells("treatment.list_hospitals", lambda w: {"treatment_id": w.treatment})
cells("hospital.list_treatments", lambda w: {"hospital_id": w.place})
cells("hospital.add_treatment", not_offered, opens=HEADS | EDITORS)
cells("hospital.update_treatment", offered_otherwise, opens=HEADS | EDITORS)
cells("hospital.remove_treatment", offered, opens=HEADS | EDITORS)
hears("offers:{hospital_id}", lambda w: w.place, opens=KNOWN)
