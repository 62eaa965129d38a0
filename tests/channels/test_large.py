"""The large directory, a small one of it: the same seed makes the same, and what it makes is what the product would.

Ledger: cli.seed M-013 M-476.
"""

import sys

import msgspec
import pytest

from carewire.node import Node
from carewire.settings import Settings
from channels.large import NothingToMakeItFrom, seed_large
from channels.seed import NotInProduction
from tests.channels.callers import Caller, rows

TABLES = (
    "account",
    "account_capacity",
    "place",
    "membership",
    "doctor",
    "affiliation",
    "patient",
    "guardianship",
    "medicine",
    "stock_movement",
)
MADE = "SELECT string_agg(name || coalesce(bio, '') || fee || id, '' ORDER BY id) AS all FROM doctor"


async def test_it_is_not_for_production_and_says_what_it_lacks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url
    with pytest.raises(NotInProduction):
        await seed_large(settings.database_url, msgspec.structs.replace(settings, mode="production"))
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(NothingToMakeItFrom, match=r"carewire\[seed\]"):
        await seed_large(settings.database_url, settings, doctors=1, many=1)


async def test_the_same_seed_makes_the_same_directory_once(clinic: Node) -> None:
    url = clinic.settings.database_url
    assert url
    steps: list[tuple[str, int, int]] = []
    said = await seed_large(
        url, clinic.settings, doctors=40, many=20, seed=3, step=lambda what, done, of: steps.append((what, done, of))
    )
    assert said.startswith("made 40 doctors and 20 each")
    assert {"doctor", "doctor_card", "place", "patient"} <= {what for what, _, _ in steps}
    assert all(done <= of for _, done, of in steps)
    counts = {table: (await rows(clinic, f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in TABLES}
    before = await rows(clinic, MADE)
    assert "nothing was done" in await seed_large(url, clinic.settings, doctors=40, many=20, seed=3)
    assert {t: (await rows(clinic, f"SELECT count(*) AS n FROM {t}"))[0]["n"] for t in TABLES} == counts

    anybody = Caller(clinic)
    page = await anybody.call("doctor.list", limit=100, count=True)
    assert page["total"] == 42
    assert {len(doctor["practices"]) for doctor in page["rows"]} <= {1, 2}
    someone = next(doctor for doctor in page["rows"] if doctor["registration"].startswith("REG-"))
    assert someone["id"] in [d["id"] for d in (await anybody.call("doctor.list", search=someone["name"]))["rows"]]
    for noun in ("hospital", "pharmacy", "laboratory"):
        assert (await anybody.call(f"{noun}.list", count=True))["total"] == 21

    stocked = (await rows(clinic, "SELECT count(*) AS n FROM medicine WHERE name LIKE 'Dolo%'"))[0]["n"]
    assert (await anybody.call("medicine.list", search="dolo", count=True))["total"] == stocked > 1
    sums = "SELECT sum(quantity) AS moved, (SELECT sum(physical) FROM stock) AS there FROM stock_movement"
    assert len({*(await rows(clinic, sums))[0]}) == 1

    at_noon = await rows(clinic, "SELECT place_open(id, '2026-03-02T06:30:00Z') AS open FROM place WHERE zone = $1 AND"
                         " kind = 'pharmacy'", "Asia/Kolkata")  # fmt: skip
    assert {row["open"] for row in at_noon} == {True, False, None}, "None: the demo's own never said"

    cards = "SELECT to_jsonb(c) AS card FROM doctor_card c ORDER BY id"
    kept = await rows(clinic, cards)
    async with clinic.db.transaction() as tx:
        await tx.execute("DELETE FROM doctor_card")
        await tx.execute("SELECT refresh_doctor_cards(array_agg(id)) FROM doctor")
        off = "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal"
        assert await tx.fetchval(off) == 0, "a trigger was left off"
    assert await rows(clinic, cards) == kept
    assert before
