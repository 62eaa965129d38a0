"""What a laboratory measures, what is normal for whom, and what a value comes to. Pure: no database, no clock."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from carewire.errors import Field, InvalidParams
from carewire.forms import Line, Name
from channels.identity import Sex

ANALYTES_MAX: Final = 60
YEAR_DAYS: Final = 365.25

Code = Annotated[str, Meta(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,31}\Z", description="A short code, e.g. `HBA1C`")]
Unit = Annotated[str, Meta(min_length=1, max_length=24, description="UCUM where there is one, e.g. `mmol/L`")]
Number = Annotated[float, Meta(ge=-1e12, le=1e12)]
AgeDays = Annotated[int, Meta(ge=0, le=55_000, description="In days of life")]
Choices = Annotated[list[Name], Meta(max_length=30)]


class Flag(StrEnum):
    """What a value comes to for this patient."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    ABNORMAL = "abnormal"
    """Of a word: none of the expected ones."""
    CRITICAL_LOW = "critical_low"
    CRITICAL_HIGH = "critical_high"
    CRITICAL = "critical"
    """Of a word: somebody has to act at once."""
    UNJUDGED = "unjudged"
    """No range is for her, or her sex or age is not known and the ranges do not agree."""


CRITICAL: Final = frozenset({Flag.CRITICAL_LOW, Flag.CRITICAL_HIGH, Flag.CRITICAL})


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is normal for whom: `low` and `high` belong to it, an absent one does not limit. `sex` null: for everybody;
    `age_from` is included, `age_until` not. At or beyond a critical limit somebody has to act."""

    sex: Sex | None = None
    age_from: AgeDays = 0
    age_until: AgeDays | None = None
    low: Number | None = None
    high: Number | None = None
    critical_low: Number | None = None
    critical_high: Number | None = None

    def may_be_for(self, sex: Sex | None, ages: tuple[int, int] | None) -> bool:
        """Could it be the range of somebody of this sex and between these ages? What is not known fits."""
        if self.sex is not None and sex in (Sex.FEMALE, Sex.MALE) and sex is not self.sex:
            return False
        if ages is None:
            return True
        return ages[1] >= self.age_from and (self.age_until is None or ages[0] < self.age_until)

    def flag(self, number: float) -> Flag:
        """What the number comes to in this range."""
        if self.critical_low is not None and number <= self.critical_low:
            return Flag.CRITICAL_LOW
        if self.critical_high is not None and number >= self.critical_high:
            return Flag.CRITICAL_HIGH
        if self.low is not None and number < self.low:
            return Flag.LOW
        if self.high is not None and number > self.high:
            return Flag.HIGH
        return Flag.NORMAL


class Analyte(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is measured: a number with a unit and ranges, or a word out of `options`."""

    code: Code
    name: Name
    unit: Unit | None = None
    ranges: Annotated[list[Range], Meta(max_length=40)] = []
    options: Choices = []
    """Not empty: the result is one of these words."""
    expected: Choices = []
    """Those of the options that are normal."""
    critical: Choices = []
    """Those on which somebody has to act at once."""


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of one analyte: a number, or a word."""

    analyte: Code
    number: Number | None = None
    word: Line | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it was judged when its sample was taken, with the range it was judged by: neither changes when the
    catalogue or the patient's record does. `range` is null where none was hers, or several could be."""

    analyte: str
    name: str
    unit: str | None
    number: float | None
    word: str | None
    flag: Flag
    range: Range | None


Analytes = Annotated[list[Analyte], Meta(max_length=ANALYTES_MAX)]
Values = Annotated[list[Value], Meta(max_length=ANALYTES_MAX)]


def require_sound(analytes: Sequence[Analyte]) -> None:
    """Raises `InvalidParams` for a catalogue nobody could judge by: a code twice, limits out of order, two ranges for
    one person, words that are no option."""
    if len({analyte.code for analyte in analytes}) < len(analytes):
        raise _wrong("$.analytes", "a code stands there twice")
    for n, analyte in enumerate(analytes):
        where = f"$.analytes[{n}]"
        if analyte.options and (analyte.ranges or analyte.unit):
            raise _wrong(where, "is a word or a number, not both")
        if not {*analyte.expected, *analyte.critical} <= {*analyte.options}:
            raise _wrong(where, "expected and critical words are among the options")
        if {*analyte.expected} & {*analyte.critical}:
            raise _wrong(where, "a word is expected or critical, not both")
        for m, one in enumerate(analyte.ranges):
            if not _in_order(one):
                raise _wrong(f"{where}.ranges[{m}]", "the limits are not in order")
            if any(_overlap(one, other) for other in analyte.ranges[:m]):
                raise _wrong(f"{where}.ranges[{m}]", "another range is for the same people")


def judge(
    analytes: Sequence[Analyte], values: Sequence[Value], sex: Sex | None, ages: tuple[int, int] | None
) -> list[Result]:
    """Each value against the ranges of this sex and age, in the order of the catalogue.

    Raises `InvalidParams` for what the catalogue does not measure, a value twice, or of the other kind.
    """
    known = {analyte.code: analyte for analyte in analytes}
    given: dict[str, Value] = {}
    for n, value in enumerate(values):
        analyte = known.get(value.analyte)
        if analyte is None:
            raise _wrong(f"$.values[{n}].analyte", "is nothing this test measures")
        if value.analyte in given:
            raise _wrong(f"$.values[{n}].analyte", "stands there twice")
        if analyte.options:
            if value.number is not None or value.word not in analyte.options:
                raise _wrong(f"$.values[{n}].word", "is none of the options")
        elif value.number is None or value.word is not None:
            raise _wrong(f"$.values[{n}].number", "is missing: this is measured as a number")
        given[value.analyte] = value
    return [_result(analyte, given[analyte.code], sex, ages) for analyte in analytes if analyte.code in given]


def _result(analyte: Analyte, value: Value, sex: Sex | None, ages: tuple[int, int] | None) -> Result:
    hers: Range | None = None
    if analyte.options:
        word = value.word
        flag = (
            Flag.CRITICAL if word in analyte.critical
            else Flag.UNJUDGED if not analyte.expected
            else Flag.NORMAL if word in analyte.expected
            else Flag.ABNORMAL
        )  # fmt: skip
    else:
        assert value.number is not None
        candidates = [one for one in analyte.ranges if one.may_be_for(sex, ages)]
        flag = agreed([one.flag(value.number) for one in candidates])
        hers = candidates[0] if len(candidates) == 1 else None
    return Result(
        analyte=analyte.code,
        name=analyte.name,
        unit=analyte.unit,
        number=value.number,
        word=value.word,
        flag=flag,
        range=hers,
    )


def agreed(flags: Sequence[Flag]) -> Flag:
    """What several ranges that could be hers say together: critical if one of them does (it must not be overlooked
    because a birthday is missing), else what all say, else nothing."""
    critical = sorted({flag for flag in flags if flag in CRITICAL})
    if critical:
        return critical[0] if len(critical) == 1 else Flag.CRITICAL
    return flags[0] if len(set(flags)) == 1 else Flag.UNJUDGED


def ages_of(birth_date: date | None, birth_year: int | None, on: date) -> tuple[int, int] | None:
    """The least and the most days of life somebody has on a day; None where neither day nor year is known."""
    if birth_date is not None:
        age = max((on - birth_date).days, 0)
        return age, age
    if birth_year is None:
        return None
    youngest, oldest = date(birth_year, 12, 31), date(birth_year, 1, 1)
    return max((on - youngest).days, 0), max((on - oldest).days, 0)


def _in_order(one: Range) -> bool:
    low, high = one.low, one.high
    inner_low = low if low is not None else high
    inner_high = high if high is not None else low
    return (
        (low is None or high is None or low <= high)
        and (one.critical_low is None or inner_low is None or one.critical_low < inner_low)
        and (one.critical_high is None or inner_high is None or one.critical_high > inner_high)
        and (one.critical_low is None or one.critical_high is None or one.critical_low < one.critical_high)
        and (one.age_until is None or one.age_from < one.age_until)
    )


def _overlap(one: Range, other: Range) -> bool:
    same_sex = one.sex is None or other.sex is None or one.sex is other.sex
    return (
        same_sex
        and (one.age_until is None or other.age_from < one.age_until)
        and (other.age_until is None or one.age_from < other.age_until)
    )


def _wrong(path: str, problem: str) -> InvalidParams:
    return InvalidParams(fields=(Field(path, problem),))


def critical_of(results: Sequence[Result]) -> bool:
    """Does one of them ask somebody to act at once?"""
    return any(result.flag in CRITICAL for result in results)


def encode(analytes: Sequence[Analyte] | Sequence[Result] | Mapping[str, object]) -> str:
    """As a jsonb column takes it."""
    return msgspec.json.encode(analytes).decode()
