"""The closed lists of visits and prescriptions are the CHECKs of their columns."""

from typing import Any

import pytest

from channels.calendar import nouns as calendar
from channels.care import nouns as care
from channels.consultation import lifecycle as visits
from channels.prescription import lifecycle as papers
from tests.channels.test_tables import checked_words


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("consultation", "mode", calendar.Mode),
        ("consultation", "state", visits.ConsultationState),
        ("consultation", "consent", visits.CallConsent),
        ("consultation", "identity_by", visits.IdentityBy),
        ("prescription", "state", papers.PrescriptionState),
        ("prescription", "allergy_check", papers.AllergyOutcome),
        ("prescription_line", "form", papers.MedicineForm),
        ("prescription_line", "schedule", care.Schedule),
        ("allergy_match", "by", papers.MatchedBy),
    ],
)
async def test_a_closed_list_is_the_columns_check(table: str, column: str, words: Any, database_url: str) -> None:
    assert await checked_words(database_url, table, column) == {str(word) for word in words}
