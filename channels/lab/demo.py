"""The demo laboratory's catalogue: five tests people really ask for. Fixed ids; running it again changes nothing.

What is normal, and what is critical, is as published; every laboratory sets its own for its machines and people:

- potassium: Leeds Teaching Hospitals, Test and Tubes Database 163 (3.5 to 5.3 mmol/L, by age below 16; action limits
  2.5 and 6.5);
- haemoglobin, what is low: WHO, Guideline on haemoglobin cutoffs to define anaemia in individuals and populations
  (2024), by age and, from 15 years on, by sex, of somebody who is not pregnant. What is high, and white cells and
  platelets: Dacie and Lewis, Practical Haematology, 12th edition (2016), as University Hospitals Dorset publishes it
  (Haematology, Test Repertoire and Reference Ranges) for 1, 2 to 6 and 6 to 12 years and adults. Of infants it says
  nothing we could use, nor what haemoglobin is high between 12 and 15: that is left open rather than made up;
- critical: haemoglobin 70 and 190 g/L, platelets 30 and 1000, white cells 50: North Bristol NHS Trust, Severn
  Pathology, Haematology Telephone Action Ranges, as the Royal College of Pathologists advises where it names one (The
  communication of critical and unexpected pathology results, G158, 2017); white cells 2.0: Homerton University
  Hospital, Urgent Haematology Results (2015). They say beyond, here it is at or beyond;
- HbA1c: American Diabetes Association, Standards of Care (below 5.7 % is normal); TSH: American Thyroid Association
  (0.4 to 4.0 mIU/L); lipids: NCEP ATP III.
"""

from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

import msgspec

from carewire.store.db import Tx
from channels.directory.demo import LABORATORY
from channels.identity import Sex
from channels.lab import ranges
from channels.lab.ranges import Analyte, Range

MONTH: Final = 30
YEAR: Final = 365
POSTAL_CODES: Final = ["560008", "560038", "560075"]


def _id(number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-9100-{number:012d}")


CBC, HBA1C, TSH, LIPIDS, POTASSIUM = (_id(number) for number in range(1, 6))


def _number(code: str, name: str, unit: str, *some: Range) -> Analyte:
    return Analyte(code=code, name=name, unit=unit, ranges=list(some))


def _hb(age_from: int, age_until: int | None, *, low: float, high: float | None, sex: Sex | None = None) -> Range:
    return Range(
        sex=sex, age_from=age_from, age_until=age_until, low=low, high=high, critical_low=7.0, critical_high=19.0
    )  # fmt: skip


def _by_age(*limits: tuple[float, float], critical_low: float, critical_high: float) -> list[Range]:
    """Of 1, 2 to 5 and 6 to 11 years, and from 12 on."""
    ages = (YEAR, 2 * YEAR, 6 * YEAR, 12 * YEAR, None)
    return [
        Range(
            age_from=age_from,
            age_until=age_until,
            low=low,
            high=high,
            critical_low=critical_low,
            critical_high=critical_high,
        )
        for (low, high), age_from, age_until in zip(limits, ages[:4], ages[1:], strict=True)
    ]


FASTING: Final = "Do not eat for ten to twelve hours before; water is fine."
TESTS: Final[tuple[tuple[UUID, dict[str, Any], list[Analyte]], ...]] = (
    (
        CBC,
        {"code": "CBC", "name": "Complete blood count", "category": "Haematology", "amount": 35_000, "hours": 8},
        [
            _number(
                "HB",
                "Haemoglobin",
                "g/dL",
                _hb(6 * MONTH, 2 * YEAR, low=10.5, high=14.1),
                _hb(2 * YEAR, 5 * YEAR, low=11.0, high=14.0),
                _hb(5 * YEAR, 12 * YEAR, low=11.5, high=15.5),
                _hb(12 * YEAR, 15 * YEAR, low=12.0, high=None),
                _hb(15 * YEAR, None, low=12.0, high=15.0, sex=Sex.FEMALE),
                _hb(15 * YEAR, None, low=13.0, high=17.0, sex=Sex.MALE),
            ),
            _number(
                "WBC",
                "White cells",
                "10*9/L",
                *_by_age((6, 16), (5, 15), (5, 13), (4, 10), critical_low=2.0, critical_high=50),
            ),
            _number(
                "PLT",
                "Platelets",
                "10*9/L",
                *_by_age((200, 550), (200, 490), (170, 450), (150, 410), critical_low=30, critical_high=1000),
            ),
        ],
    ),
    (
        HBA1C,
        {"code": "HBA1C", "name": "HbA1c", "category": "Diabetes", "amount": 55_000, "hours": 24},
        [_number("HBA1C", "HbA1c", "%", Range(age_from=18 * YEAR, high=5.6))],
    ),
    (
        TSH,
        {"code": "TSH", "name": "Thyroid stimulating hormone", "category": "Hormones", "amount": 30_000, "hours": 24},
        [_number("TSH", "TSH", "mIU/L", Range(age_from=18 * YEAR, low=0.4, high=4.0))],
    ),
    (
        LIPIDS,
        {"code": "LIPID", "name": "Lipid profile", "category": "Heart", "amount": 60_000, "hours": 24,
         "preparation": FASTING},
        [
            _number("CHOL", "Total cholesterol", "mg/dL", Range(age_from=20 * YEAR, high=199)),
            _number("LDL", "LDL cholesterol", "mg/dL", Range(age_from=20 * YEAR, high=129)),
            _number("HDL", "HDL cholesterol", "mg/dL", Range(age_from=20 * YEAR, low=40)),
            _number("TRIG", "Triglycerides", "mg/dL", Range(age_from=20 * YEAR, high=149)),
        ],
    ),
    (
        POTASSIUM,
        {"code": "K", "name": "Potassium", "category": "Kidney", "amount": 25_000, "hours": 4},
        [
            _number(
                "K",
                "Potassium",
                "mmol/L",
                Range(age_until=28, low=3.4, high=6.0, critical_low=2.5, critical_high=6.5),
                Range(age_from=28, age_until=YEAR, low=3.5, high=5.7, critical_low=2.5, critical_high=6.5),
                Range(age_from=YEAR, age_until=16 * YEAR, low=3.5, high=5.0, critical_low=2.5, critical_high=6.5),
                Range(age_from=16 * YEAR, low=3.5, high=5.3, critical_low=2.5, critical_high=6.5),
            )
        ],
    ),
)  # fmt: skip


async def seed(tx: Tx, now: datetime) -> None:
    """The catalogue, when the laboratory is open, and where and how it collects."""
    for catalogue_id, entry, analytes in TESTS:
        ranges.require_sound(analytes)
        await tx.execute(
            "INSERT INTO lab_catalog (id, laboratory_id, code, name, category, sample, amount, currency,"
            " turnaround_hours, preparation, home_collection, analytes, created_at)"
            " VALUES ($1, $2, $3, $4, $5, 'blood', $6, 'INR', $7, $8, true, $9, $10) ON CONFLICT DO NOTHING",
            catalogue_id,
            LABORATORY,
            entry["code"],
            entry["name"],
            entry["category"],
            entry["amount"],
            entry["hours"],
            entry.get("preparation"),
            msgspec.json.encode(analytes).decode(),
            now,
        )
    # What its people said since is not said again.
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM lab_collection WHERE laboratory_id = $1)", LABORATORY):
        await tx.execute(
            "INSERT INTO lab_collection (laboratory_id, minutes, capacity, changed_at) VALUES ($1, 60, 3, $2)",
            LABORATORY,
            now,
        )
        await tx.execute("UPDATE place SET served_postal_codes = $2 WHERE id = $1", LABORATORY, POSTAL_CODES)
        await tx.executemany(
            "INSERT INTO place_opening (place_id, weekday, opens, closes) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            [(LABORATORY, weekday, time(7), time(20)) for weekday in range(1, 7)],
        )
