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
from channels.prescription.allergies import Lexicon, Meaning, fold, load, meaning, meets
from channels.prescription.errors import AllergyCheck
from channels.prescription.lifecycle import MatchedBy
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
    ("पेनिसिलिन", "Mox 500", None, CLASS),
    ("البنسلين", "Ampicillin", None, CLASS),
    ("Amoxycillin", "Novamox", "amoxicillin trihydrate", NAME),
    ("एमोक्सिसिलिन", "Augmentin", None, CLASS),
    ("amoxicillin", "Amoxicillin+Clavulanic acid", None, NAME),
    ("Penicillin", "Taxim-O", "cefixime", RELATED),
    ("Sulpha drugs", "Septran DS", None, CLASS),
    ("sulfa", "Co-trimoxazole", None, CLASS),
    ("सल्फा", "Sulphasalazine", None, CLASS),
    ("Aspirin", "Brufen 400", None, CLASS),
    ("NSAIDs", "Combiflam", None, CLASS),
    ("painkillers", "Diclofenac sodium", None, CLASS),
    ("ब्रुफेन या आइबुप्रोफेन", "Ibuprofen", None, CLASS),
    ("Paracetamol", "Dolo 650", None, CLASS),
    ("Xyzalophen", "xyzalophen forte tablet", None, NAME),
    ("Lignocaine", "Xylocaine 2%", None, CLASS),
    ("Peanuts", "Amoxicillin", None, None),
    ("Penicillin", "Metformin", None, None),
    ("Penicillin", "Azithromycin", None, None),
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


async def test_the_table_of_classes_is_sound(clinic: Node) -> None:
    async with clinic.db.snapshot() as tx:
        lexicon = await load(tx)
    assert all(phrase and all(word for word in phrase) for phrase in lexicon.classes), "every word folds to something"
    for slug, known in CLASSES.items():
        assert known.atc
        assert known.words
        assert known.substances
        for other in known.related:
            assert slug in CLASSES[other].related, "what cross-reacts does so both ways"
    twice = {phrase: slugs for phrase, slugs in lexicon.classes.items() if len(slugs) > 1}
    assert set(twice.values()) == {frozenset({"nsaids", "paracetamol"})}, "only what is sold with both is of both"


WORDS = st.lists(st.sampled_from(["amoksikilin", "aspirin", "metformin", "dust", "sodium", "a", "500"]), max_size=4)
LEXICON = Lexicon(
    {("amoksikilin",): frozenset({"penicillins"}), ("aspirin",): frozenset({"nsaids"})},
    frozenset({("amoksikilin",)}),
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


async def test_what_was_compared_by_its_name_alone_is_said(
    desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    dust = await allergic(priya, "House dust")
    await allergic(priya, "Sulfa")
    known = ("Amoxicillin/Clavulanate 625", "Augmentin 500/125", "Combiflam", "Dolo 650 tablet")
    unknown = ("Amoxicillin + Zyloprobin", "Metformin", "Amoxicillin and Zyloprobin")
    generic = [line("Zyloprobin", generic="Amoxicillin"), line("Augmentin", generic="amoxicillin, zyloprobin")]
    draft = await drafted(doctor, await begun(desk, doctor, priya, session), *map(line, known), *map(line, unknown),
                          *generic)  # fmt: skip
    looked = await doctor.call("prescription.check", prescription_id=draft["id"])
    names = {one["id"]: one["medicine"] for one in draft["lines"]}
    assert [names[line_id] for line_id in looked["name_only"]] == [*unknown, "Augmentin"]
    assert looked["entries_by_name"] == [dust]
    assert looked["outcome"] == "clear"


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
    assert (await issue(doctor, third))["allergy_check"] == "clear"
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
                      ", allergy_check = 'matched', override_reason = 'because'"):  # fmt: skip
        with pytest.raises(Exception, match=r"prescription_checked|prescription_override|override_reason"):
            await execute(clinic, f"{force}{unchecked} WHERE id = $1", UUID(draft["id"]))


async def test_a_persons_erasure_takes_her_words_and_leaves_what_was_prescribed(
    clinic: Node, desk: Caller, doctor: Caller, priya: Caller, session: str
) -> None:
    entry = await allergic(priya, "Penicillin")
    visit = await begun(desk, doctor, priya, session)
    draft = await drafted(doctor, visit, line("Mox"))
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
