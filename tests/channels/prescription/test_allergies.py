"""The allergy check never fails silently: what matches blocks, and so does what cannot be known.

Issue 7, must hold. PRODUCT 5. Ledger: H-158 M-249.
"""

import asyncio
from contextvars import Context
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carewire import personal
from carewire.errors import InvalidParams, NotFound
from carewire.node import Node
from carewire.personal import Subject
from channels.care.errors import AllergyStands
from channels.identity.demo import PRIYA, PRIYA_PATIENT
from channels.prescription.allergens import CLASSES
from channels.prescription.allergies import Lexicon, Meaning, Term, fold, load, meaning, meets
from channels.prescription.errors import AllergyCheck
from channels.prescription.lifecycle import MatchedBy
from channels.prescription.names import BRANDS, OTHER_NAMES
from channels.prescription.sources import SOURCES
from tests.channels.callers import Caller, rows
from tests.channels.consultation.visits import P, audited, begun, execute, walked_in
from tests.channels.prescription.papers import drafted, line
from tests.channels.queue.conftest import topic
from tests.patience import PATIENCE_S

NAME, CLASS, RELATED = MatchedBy


async def issue(doctor: Caller, draft: Any, **more: Any) -> Any:
    return await doctor.call("prescription.issue", prescription_id=draft["id"], **more)


async def allergic(priya: Caller, label: str, **more: Any) -> str:
    entry = await priya.call("summary.note", patient_id=P, kind="allergy", label=label, **more)
    return str(entry["id"])


# --- what a text means -----------------------------------------------------------------------------------------------
MEETS = [
    # allergy, medicine, generic: how they meet
    ("Penicillin", "Amoxicillin/Clavulanate 625", None, CLASS),
    ("penicilin", "AUGMENTIN DUO", None, CLASS),
    ("Pencillin", "Amoxycillin500mg", None, CLASS),
    ("PÉNICILLINE", "co-amoxiclav", None, CLASS),
    ("Penicillin V", "Coamoxiclav 625", None, CLASS),
    ("penicillin", "Amoxi-cillin 250", None, CLASS),
    ("penicillin", "Amoxi\u200bcillin", None, CLASS),
    ("penicillin", "\u0410moxicillin", None, CLASS),  # a Cyrillic A
    ("penicillin", "Piperacillin + Tazobactam", None, CLASS),
    ("penicillin", "Procaine penicillin", None, NAME),
    ("Procaine", "Procaine penicillin", None, NAME),
    ("Amoxicillin", "Co-fluampicil", None, CLASS),
    ("पेनिसिलिन", "Novamox 500", None, CLASS),
    ("पेनिसिलिन या सल्फा", "Septran DS", None, CLASS),
    ("पेंसिलिन से एलर्जी", "ऑगमेंटिन ६२५", None, CLASS),
    ("Penicillin", "एमोक्सिसिलिन", None, CLASS),
    ("البنسلين", "Ampicillin", None, CLASS),
    ("Amoxycillin", "Novamox", "amoxicillin trihydrate", NAME),
    ("एमोक्सिसिलिन", "Augmentin", None, NAME),
    ("amoxicillin", "Amoxicillin+Clavulanic acid", None, NAME),
    ("Augmentin", "Novamox", None, NAME),
    # A cephalosporin with the side chain of amoxicillin is near, the others are the weaker warning; and back.
    ("Penicillin", "Taxim-O", "cefixime", RELATED),
    ("Amoxicillin", "Ceftriaxone", None, RELATED),
    ("Amoxicillin", "Cephalexin", None, CLASS),
    ("Penicillin", "Cefadroxil", None, CLASS),
    ("Flucloxacillin", "Cefalexin", None, RELATED),
    ("Cefixime", "Amoxicillin", None, RELATED),
    ("Cephalosporins", "Monocef", None, CLASS),
    ("Penicillin", "Cefoperazone + Sulbactam", None, RELATED),
    ("Penicillin", "Meropenem", None, RELATED),
    ("Penicillin", "Aztreonam", None, None),
    ("Ceftazidime", "Aztreonam", None, CLASS),
    ("beta-lactams", "Imipenem", None, CLASS),
    ("Sulpha drugs", "Septran DS", None, CLASS),
    ("sulfa", "Co-trimoxazole", None, CLASS),
    ("सल्फा", "Sulphasalazine", None, CLASS),
    ("Sulfa", "Silver sulphadiazine cream", None, CLASS),
    ("Sulfa", "Dapsone", None, RELATED),
    ("Sulfa", "Furosemide", None, None),
    ("Sulfa", "Celecoxib", None, None),
    ("Co-trimoxazole", "Trimethoprim", None, NAME),
    ("Sulfa", "Trimethoprim", None, None),
    ("Aspirin", "Brufen 400", None, CLASS),
    ("NSAIDs", "Combiflam", None, CLASS),
    ("painkillers", "Diclofenac sodium", None, CLASS),
    ("दर्द की दवा", "Meftal-Spas", None, CLASS),
    ("ब्रुफेन या आइबुप्रोफेन", "Ibuprofen", None, NAME),
    ("Disprin", "Ecosprin 75", None, NAME),
    ("Ibuprofen", "Zerodol-SP", None, CLASS),
    ("Paracetamol", "Dolo 650", None, NAME),
    ("Paracetamol", "Combiflam", None, NAME),
    ("Erythromycin", "Azithral 500", None, CLASS),
    ("Ciprofloxacin", "Norfloxacin + Tinidazole", None, CLASS),
    ("Tinidazole", "Norfloxacin + Tinidazole", None, NAME),
    ("Metronidazole", "Norfloxacin and Tinidazole", None, CLASS),
    ("Gentamicin", "Neosporin (neomycin, bacitracin)", None, CLASS),
    ("Tetracycline", "Doxycycline", None, CLASS),
    ("Phenytoin", "Carbamazepine", None, CLASS),
    ("Codeine", "Morphine", None, CLASS),
    ("Codeine", "Fentanyl", None, RELATED),
    ("contrast dye", "Iohexol 300", None, CLASS),
    ("Iohexol", "Gadobutrol", None, None),
    ("Shellfish", "Iohexol", None, None),
    ("Lignocaine", "Lidocaine 2%", None, NAME),
    ("Lignocaine", "Bupivacaine", None, CLASS),
    ("Lignocaine", "Benzocaine", None, None),
    ("Xyzalophen", "xyzalophen forte tablet", None, NAME),
    ("Peanuts", "Amoxicillin", None, None),
    ("Penicillin", "Metformin", None, None),
    ("Penicillin", "Azithromycin", None, None),
    ("Penicillin", "Penicillamine", None, None),
    ("Sulfa", "Morphine sulfate", None, None),
    ("Aspirin", "Paracetamol", None, None),
    ("Diclofenac sodium", "Sodium valproate", None, None),
    ("Dust", "Insulin glargine injection", None, None),
    ("Iron tablets", "Zinc tablets", None, None),
]


async def test_what_people_write_is_understood_across_spellings_scripts_brands_and_classes(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        lexicon = await load(tx)
        for allergy, medicine, generic, how in MEETS:
            mine, sold, inside = await fold(tx, [allergy, medicine, generic or ""])
            found = meets(meaning(lexicon, sold, inside), meaning(lexicon, mine))
            assert found is how, (allergy, medicine, found)


async def test_the_table_of_classes_is_sound_and_each_fact_has_its_source(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        lexicon = await load(tx)
    assert all(lexicon.terms), "every name folds to something"
    codes: dict[str, str] = {}
    for slug, known in CLASSES.items():
        assert known.substances
        assert known.sources
        assert set(known.sources) <= set(SOURCES)
        for name, code in known.substances.items():
            assert code.startswith(known.atc), (slug, name)
            assert codes.setdefault(name, code) == code, "a substance has one code"
        for other in known.related:
            assert slug in CLASSES[other].related, "what cross-reacts does so both ways"
            assert set(known.sources) | set(CLASSES[other].sources) != {"ATC"}, "somebody says that it does"
    assert len(set(codes.values())) == len(codes), "a code has one substance"
    for inside in (*OTHER_NAMES.values(), *(inside for inside, _ in BRANDS.values())):
        assert set(inside) <= set(codes)
    for _, source in BRANDS.values():
        assert source in SOURCES or len(source) > 10
    used = {source for known in CLASSES.values() for source in known.sources}
    assert set(SOURCES) == used | {source for _, source in BRANDS.values() if source in SOURCES}


WORDS = st.lists(st.sampled_from(["amoksikilin", "aspirin", "metformin", "dust", "sodium", "a", "500"]), max_size=4)
LEXICON = Lexicon(
    {
        "amoksikilin": Term(frozenset({"penicillins"}), frozenset({"amoxicillin"})),
        "aspirin": Term(frozenset({"nsaids"}), frozenset({"acetylsalicylic"})),
    },
    frozenset({"sodium"}),
)


@given(WORDS, WORDS, WORDS)
@settings(max_examples=200)
def test_more_words_never_hide_a_match(one: list[str], more: list[str], other: list[str]) -> None:
    def mean(words: list[str]) -> Meaning:
        return meaning(LEXICON, " ".join(words))

    if meets(mean(one), mean(other)) is not None:
        assert meets(mean([*more, *one]), mean(other)) is not None
        assert meets(mean(one), mean([*other, *more])) is not None


# --- what blocks -----------------------------------------------------------------------------------------------------
async def test_a_match_blocks_and_is_named_and_only_a_reason_that_names_it_issues_it(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    entry = await allergic(priya, "Penicillin", severity="severe")
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit, line("Metformin"), line("Augmentin 625 Duo"))
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, draft)
    named = [{"line_id": draft["lines"][1]["id"], "entry_id": entry, "by": "class"}]
    assert refused.value.data == {"outcome": "matched", "matches": named}
    assert "enicillin" not in str(refused.value)
    assert "ugmentin" not in str(refused.value)
    looked = await doctor.call("prescription.check", prescription_id=draft["id"])
    assert looked["matches"] == named
    assert looked["name_only"] == [draft["lines"][0]["id"]]
    for wrong in (
        {"outcome": "matched", "reason": "She tolerated it before"},
        {"outcome": "not_recorded", "reason": "She tolerated it before", "entries": [entry]},
        {"outcome": "unreadable", "reason": "She tolerated it before", "entries": [entry]},
    ):
        with pytest.raises(AllergyCheck):
            await issue(doctor, draft, override=wrong)
    with pytest.raises(InvalidParams):
        await issue(doctor, draft, override={"outcome": "matched", "reason": "ok", "entries": [entry]})
    assert (await doctor.call("prescription.get", prescription_id=draft["id"]))["state"] == "draft"
    reason = "She tolerated it twice since"
    paper = await issue(doctor, draft, override={"outcome": "matched", "reason": reason, "entries": [entry]})
    assert (paper["allergy_check"], paper["override_reason"]) == ("matched", reason)
    assert [one["class_known"] for one in paper["lines"]] == [False, True]
    kept = await rows(clinic, "SELECT line_id, entry_id, by FROM allergy_match")
    assert [tuple(map(str, row)) for row in kept] == [(draft["lines"][1]["id"], entry, "class")]
    assert "relationship" in await audited(clinic, "summary", PRIYA_PATIENT)
    acts = await rows(
        clinic, "SELECT subject, patient FROM audit WHERE command = 'prescription.issue' AND kind = 'write'"
    )
    assert [tuple(row) for row in acts] == [(UUID(draft["id"]), PRIYA_PATIENT)]


async def test_what_was_compared_by_its_name_alone_is_said_and_never_called_clear(
    desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    dust = await allergic(priya, "House dust")
    either = await allergic(priya, "Sulfa or zyxosin, since a fever", detail="at school")
    await allergic(priya, "Rash", detail="after sulfa")
    known = ("Amoxicillin/Clavulanate 625", "Augmentin 500/125", "Combiflam", "Dolo 650 tablet", "AMOXICILLIN 500MG",
             "Inj. Amoxicillin 500 mg/5 ml", "Ibuprofen gel 5% w/w IP")  # fmt: skip
    unknown = ("Amoxicillin + Zyloprobin", "Metformin", "Amoxicillin and Zyloprobin", "Amoxicillin Zyloprobin", "Abc",
               "Dolo + Abc", "அமோக்சிசிலின் 500", "💊")  # fmt: skip
    generic = [line("Zyloprobin", generic="Amoxicillin"), line("Augmentin", generic="amoxicillin, zyloprobin")]
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit, *map(line, known), *map(line, unknown), *generic)
    looked = await doctor.call("prescription.check", prescription_id=draft["id"])
    names = {one["id"]: one["medicine"] for one in draft["lines"]}
    assert [names[line_id] for line_id in looked["name_only"]] == [*unknown, "Augmentin"]
    assert looked["entries_by_name"] == [dust, either]
    assert looked["outcome"] == "unknown"
    paper = await issue(doctor, draft)
    assert (paper["allergy_check"], paper["override_reason"]) == ("unknown", None)


async def test_it_is_clear_only_when_every_medicine_and_every_allergy_is_known(
    desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    await allergic(priya, "Sulfa")
    visit = await begun(desk, doctor, priya, session)
    for medicine, outcome in (("Augmentin 625", "clear"), ("Metformin", "unknown")):
        draft = await drafted(doctor, visit, line(medicine))
        assert (await doctor.call("prescription.check", prescription_id=draft["id"]))["outcome"] == outcome
        assert (await issue(doctor, draft))["allergy_check"] == outcome


async def test_what_only_cross_reacts_is_the_weaker_warning_and_wants_its_own_override(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    entry = await allergic(priya, "Penicillin", severity="mild")
    draft = await drafted(doctor, await begun(desk, doctor, priya, session), line("Taxim-O 200"))
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, draft)
    named = [{"line_id": draft["lines"][0]["id"], "entry_id": entry, "by": "related"}]
    assert refused.value.data == {"outcome": "related", "matches": named}
    override = {"outcome": "matched", "reason": "She had a rash as a child", "entries": [entry]}
    with pytest.raises(AllergyCheck):
        await issue(doctor, draft, override=override)
    paper = await issue(doctor, draft, override={**override, "outcome": "related"})
    assert (paper["allergy_check"], paper["override_reason"]) == ("related", override["reason"])
    near = await drafted(doctor, {"id": draft["consultation_id"]}, line("Taxim-O 200"), line("Cefalexin"))
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, near, override={**override, "outcome": "related"})
    assert refused.value.data["outcome"] == "matched"


async def test_nobody_asked_is_not_none_known(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    first, second, third = [await drafted(doctor, visit) for _ in range(3)]
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, first)
    assert refused.value.data == {"outcome": "not_recorded", "matches": []}
    override = {"outcome": "not_recorded", "reason": "Unconscious, nobody to ask"}
    assert (await issue(doctor, first, override=override))["allergy_check"] == "not_recorded"
    said = await doctor.call("summary.no_allergies", patient_id=P)
    assert said == await priya.call("summary.get", patient_id=P)
    assert said["no_allergies_at"] is not None
    assert (await topic(clinic, f"summary:{P}")).no_allergies_at is not None
    calm = await issue(doctor, second, override=override)  # nothing to override: nothing is kept of it
    assert (calm["allergy_check"], calm["override_reason"]) == ("clear", None)
    entry = await allergic(priya, "Dust")
    assert (await priya.call("summary.get", patient_id=P))["no_allergies_at"] is None
    with pytest.raises(AllergyStands):
        await priya.call("summary.no_allergies", patient_id=P)
    assert (await issue(doctor, third))["allergy_check"] == "unknown"  # Metformin, and dust, are only words to us
    await priya.call("summary.end", entry_id=entry)
    with pytest.raises(AllergyCheck) as refused:  # the last one turned out to be none: ask again
        await issue(doctor, await drafted(doctor, visit))
    assert refused.value.data["outcome"] == "not_recorded"


async def test_a_list_that_cannot_be_read_blocks_and_tells_nothing_of_it(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await walked_in(desk, doctor, session)
    await execute(
        clinic,
        "INSERT INTO summary_entry (patient_id, kind, label, noted_by, noted_at)"
        " SELECT $1, 'allergy', 'Penicillin', id, now() FROM account LIMIT 1",
        UUID(visit["patient_id"]),
    )
    draft = await drafted(doctor, visit, line("Amoxicillin"))
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, draft)
    assert refused.value.data == {"outcome": "unreadable", "matches": []}
    with pytest.raises(NotFound):
        await doctor.call("summary.no_allergies", patient_id=visit["patient_id"])
    override = {"outcome": "unreadable", "reason": "She says that she has none"}
    paper = await issue(doctor, draft, override=override)
    assert (paper["allergy_check"], paper["lines"][0]["class_known"]) == ("unreadable", None)
    assert await audited(clinic, "summary", UUID(visit["patient_id"])) == []


async def test_allergies_of_the_person_to_whom_a_desk_made_record_belongs_count_or_block(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    await allergic(priya, "Aspirin")
    visit = await walked_in(desk, doctor, session)
    await execute(
        clinic,
        "INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at)"
        " SELECT $1, $2, account_id, now() FROM guardianship WHERE patient_id = $2 AND kind = 'self'",
        UUID(visit["patient_id"]),
        PRIYA_PATIENT,
    )
    draft = await drafted(doctor, visit, line("Ecosprin"))
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, draft)
    assert refused.value.data["outcome"] == "unreadable"
    await priya.call("queue.join", session_id=session, patient_id=P)
    with pytest.raises(AllergyCheck) as refused:
        await issue(doctor, draft)
    assert refused.value.data["outcome"] == "matched"


async def test_an_allergy_that_is_noted_while_it_is_issued_is_seen_or_comes_after(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    visit = await begun(desk, doctor, priya, session)
    await priya.call("summary.no_allergies", patient_id=P)
    draft = await drafted(doctor, visit, line("Brufen"))
    async with clinic.db.transaction() as tx:
        await tx.fetchval("SELECT true FROM patient WHERE id = $1 FOR NO KEY UPDATE", PRIYA_PATIENT)
        issuing = asyncio.create_task(issue(doctor, draft), context=Context())
        async with asyncio.timeout(PATIENCE_S):
            while not await tx.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                pass  # until it waits for her; each look is a round trip
        await tx.execute(
            "INSERT INTO summary_entry (patient_id, kind, label, noted_by, noted_at)"
            " SELECT $1, 'allergy', 'Ibuprofen', account_id, now() FROM guardianship"
            " WHERE patient_id = $1 AND kind = 'self'",
            PRIYA_PATIENT,
        )
    with pytest.raises(AllergyCheck):
        await issuing


async def test_the_database_knows_no_prescription_that_nobody_checked(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    draft = await drafted(doctor, await begun(desk, doctor, priya, session))
    force = "UPDATE prescription SET state = 'issued', issued_at = now(), doctor = 'x', valid_until = now() + '1 day'"
    for unchecked in ("", ", allergy_check = 'matched'", ", allergy_check = 'clear', override_reason = 'for no reason'",
                      ", allergy_check = 'unknown', override_reason = 'for no reason'", ", allergy_check = 'related'",
                      ", allergy_check = 'matched', override_reason = 'because'"):  # fmt: skip
        with pytest.raises(Exception, match=r"prescription_checked|prescription_override|override_reason"):
            await execute(clinic, f"{force}{unchecked} WHERE id = $1", UUID(draft["id"]))


async def test_a_persons_erasure_takes_her_words_and_leaves_what_was_prescribed(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    entry = await allergic(priya, "Penicillin")
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit, line("Novamox"))
    override = {"outcome": "matched", "reason": "Tolerated it twice", "entries": [entry]}
    await issue(doctor, draft, override=override)
    await doctor.call("consultation.update", consultation_id=visit["id"], version=1, complete=True)
    await doctor.call("consultation.add", consultation_id=visit["id"], text="More")
    async with clinic.db.transaction() as tx:
        subject = Subject(accounts=[PRIYA.account_id], patients=[PRIYA_PATIENT])
        remains = {one.table for one in await personal.erase(tx, subject, clinic.dispatcher.clock.now())}
    assert remains >= {"consultation", "addendum", "prescription", "prescription_line", "allergy_match"}
    assert await rows(clinic, "SELECT FROM summary_entry WHERE id = $1", UUID(entry)) == []
    assert len(await rows(clinic, "SELECT FROM allergy_match WHERE entry_id = $1", UUID(entry))) == 1


async def test_tests_alone_are_held_against_nothing(desk: Caller, doctor: Caller, priya: Caller, session: str) -> None:
    visit = await begun(desk, doctor, priya, session)
    asked = {"consultation_id": visit["id"], "investigations": ["CBC", "Lipid profile"]}
    draft = await doctor.call("prescription.create", **asked)
    assert (await issue(doctor, draft))["investigations"] == ["CBC", "Lipid profile"]
