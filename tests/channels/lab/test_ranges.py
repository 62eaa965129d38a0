"""What a value comes to: by sex and age on the day of the sample, and never normal because something is unknown."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carewire.errors import InvalidParams
from channels.identity import Sex
from channels.lab.ranges import CRITICAL, Analyte, Flag, Range, Value, ages_of, agreed, judge, require_sound

F, M = Sex.FEMALE, Sex.MALE
YEAR = 365
HAEMOGLOBIN = Analyte(
    code="HB",
    name="Haemoglobin",
    unit="g/dL",
    ranges=[
        Range(age_from=0, age_until=15 * YEAR, low=11, high=15, critical_low=6.6),
        Range(sex=F, age_from=15 * YEAR, low=12, high=15, critical_low=7, critical_high=20),
        Range(sex=M, age_from=15 * YEAR, low=13, high=17, critical_low=7, critical_high=20),
    ],
)
CULTURE = Analyte(
    code="CUL", name="Culture", options=["no growth", "growth", "MRSA"], expected=["no growth"], critical=["MRSA"]
)


def flag(number: float, sex: Sex | None, age: int | None) -> Flag:
    ages = None if age is None else (age, age)
    (result,) = judge([HAEMOGLOBIN], [Value(analyte="HB", number=number)], sex, ages)
    return result.flag


def test_the_same_number_is_another_thing_for_another_person() -> None:
    adult = 30 * YEAR
    assert [flag(12.5, sex, adult) for sex in (F, M)] == [Flag.NORMAL, Flag.LOW]
    assert flag(11.5, M, 5 * YEAR) is Flag.NORMAL
    assert [flag(n, F, adult) for n in (12, 15, 11.9, 15.1, 7, 7.1, 20)] == [
        Flag.NORMAL, Flag.NORMAL, Flag.LOW, Flag.HIGH, Flag.CRITICAL_LOW, Flag.LOW, Flag.CRITICAL_HIGH,
    ]  # fmt: skip
    assert [flag(12.5, M, age) for age in (15 * YEAR - 1, 15 * YEAR)] == [Flag.NORMAL, Flag.LOW]


def test_of_somebody_of_whom_little_is_known_what_all_say_counts_and_a_critical_value_always() -> None:
    assert flag(14, None, 30 * YEAR) is Flag.NORMAL
    assert flag(12.5, None, 30 * YEAR) is Flag.UNJUDGED
    assert flag(12.5, Sex.OTHER, 30 * YEAR) is Flag.UNJUDGED
    assert flag(6.8, None, None) is Flag.CRITICAL_LOW  # to a child it would be merely low
    assert flag(3, None, None) is Flag.CRITICAL_LOW
    assert agreed([]) is Flag.UNJUDGED
    assert agreed([Flag.CRITICAL_LOW, Flag.CRITICAL_HIGH]) is Flag.CRITICAL


def test_words_are_expected_abnormal_or_critical() -> None:
    found = [judge([CULTURE], [Value(analyte="CUL", word=word)], None, None)[0].flag for word in CULTURE.options]
    assert found == [Flag.NORMAL, Flag.ABNORMAL, Flag.CRITICAL]


@pytest.mark.parametrize(
    "value",
    [
        Value(analyte="NA", number=1),
        Value(analyte="HB", word="much"),
        Value(analyte="HB"),
        Value(analyte="CUL", number=1),
        Value(analyte="CUL", word="a little"),
        Value(analyte="CUL", word="growth", number=1),
    ],
)
def test_what_is_not_measured_or_of_the_other_kind_is_refused(value: Value) -> None:
    with pytest.raises(InvalidParams):
        judge([HAEMOGLOBIN, CULTURE], [value], None, None)
    with pytest.raises(InvalidParams):
        judge([CULTURE], [Value(analyte="CUL", word="growth")] * 2, None, None)


def test_a_birth_year_alone_leaves_a_year_open() -> None:
    assert ages_of(date(2000, 3, 1), 1999, date(2000, 3, 3)) == (2, 2)
    assert ages_of(None, 2000, date(2001, 1, 1)) == (1, 366)
    assert ages_of(None, 2000, date(2000, 1, 2)) == (0, 1)
    assert ages_of(None, None, date(2000, 1, 2)) is None


limits = st.one_of(st.none(), st.integers(-50, 50).map(float))
ranges = st.builds(
    Range,
    sex=st.sampled_from([None, F, M]),
    age_from=st.integers(0, 40),
    age_until=st.one_of(st.none(), st.integers(1, 60)),
    low=limits,
    high=limits,
    critical_low=limits,
    critical_high=limits,
)
PEOPLE = [(sex, age) for sex in (F, M) for age in range(61)]


@given(st.lists(ranges, max_size=4), st.integers(-60, 60).map(float))
def test_in_a_sound_catalogue_everybody_has_one_range_at_most_and_not_knowing_hides_nothing(
    some: list[Range], number: float
) -> None:
    analyte = Analyte(code="A", name="A", unit="x", ranges=some)
    try:
        require_sound([analyte])
    except InvalidParams:
        return

    def of(sex: Any, ages: Any) -> Flag:
        return judge([analyte], [Value(analyte="A", number=number)], sex, ages)[0].flag

    known = {person: of(person[0], (person[1], person[1])) for person in PEOPLE}
    for sex, age in PEOPLE:
        assert sum(one.may_be_for(sex, (age, age)) for one in some) <= 1
        assert (of(sex, (age, age)) is Flag.UNJUDGED) == (not any(one.may_be_for(sex, (age, age)) for one in some))
    vague = of(None, None)
    if any(found in CRITICAL for found in known.values()):
        assert vague in CRITICAL
    if vague not in CRITICAL and vague is not Flag.UNJUDGED:
        assert {found for found in known.values() if found is not Flag.UNJUDGED} <= {vague}


@given(st.dates(date(1930, 1, 1), date(2026, 1, 1)), st.integers(0, 20_000))
def test_the_year_alone_never_excludes_the_true_age(born: date, days: int) -> None:
    on = born + timedelta(days=days)
    ages = ages_of(None, born.year, on)
    assert ages is not None
    assert ages[0] <= days <= ages[1]
