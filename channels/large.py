"""`carewire seed --size large`: a directory of ten thousand of everything, for demos, benchmarks and search tests.

The same seed makes the same people with the same ids. Rows go in by COPY, in one transaction: all or nothing.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from carewire.settings import Settings
from carewire.store.db import Database, Tx
from channels import large_shelves
from channels.large_words import (
    BIO,
    CITIES,
    COUNCILS,
    PLACE_NAMES,
    QUALIFICATIONS,
    SERVICES,
    SPECIALTIES,
    STREETS,
    TITLES,
    City,
)
from channels.seed import NotInProduction

MANY: Final = 10_000
POOL: Final = 4_000
"""How many names of each kind Faker is asked for; they are combined by the dice."""
PORTION: Final = 1_000
"""Rows of one statement: one that takes seconds is taken for a dead line."""
BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPTS: Final = ("en", "en", "en", "en", "en", "en", "en", "hi", "hi", "ar")
"""Seven of ten names are written in Latin letters, two in Devanagari, one in Arabic."""
FAKERS: Final = {"en": "en_IN", "hi": "hi_IN", "ar": "ar_SA"}
WEEKS: Final = (((9, 21),), ((9, 21),), ((7, 15),), ((9, 13), (16, 20)), ((20, 8),), ((0, 0),))
"""Opening hours of a day, from and until; the same hour twice is around the clock."""
TRIGGERS: Final = {
    "doctor": ("doctor_made",),
    "doctor_specialty": ("doctor_specialty_made",),
    "affiliation": ("doctor_affiliated",),
}
"""They follow every statement; here all cards are made once, at the end."""

Step = Callable[[str, int, int], None]
"""Told what is written, how much of it is, and how much there will be."""


class NothingToMakeItFrom(RuntimeError):
    """The package that makes up names is not installed."""


class Dice:
    """The same seed throws the same."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.first, self.last = _pools(seed)

    def id(self, kind: int, n: int) -> UUID:
        """The n-th id of a kind: version 7 in form, of the first day of 2026."""
        moment = int(BORN.timestamp() * 1000) + n
        low = (kind << 56) | self.random.getrandbits(56)
        return UUID(int=(moment << 80) | (7 << 76) | (self.random.getrandbits(12) << 64) | (2 << 62) | (low >> 2))

    def person(self, script: str) -> str:
        """A name in this script."""
        return f"{self.random.choice(self.first[script])} {self.random.choice(self.last[script])}"

    def digits(self, pattern: str) -> str:
        """A pattern with a digit for each #."""
        return "".join(str(self.random.randrange(10)) if ch == "#" else ch for ch in pattern)


async def seed_large(url: str, settings: Settings, *, doctors: int = MANY, many: int = MANY, seed: int = 1,
                     step: Step = lambda what, done, of: None) -> str:  # fmt: skip
    """Fill a migrated database; answers what was made. One that this seed has filled before stays as it is."""
    if settings.mode == "production":
        raise NotInProduction("a generated directory is for demos and benchmarks: its doctors do not exist")
    dice = Dice(seed)
    database = Database(url, pool_max=1)
    await database.open()
    try:
        async with database.transaction() as tx:
            await tx.execute("SET LOCAL statement_timeout = 0")
            await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            making = Making(tx, dice, step)
            if await tx.fetchval("SELECT EXISTS (SELECT FROM account WHERE phone = $1)", making.phone(0)):
                return "the large directory is there already; nothing was done"
            for table, names in TRIGGERS.items():
                for name in names:
                    await tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            await making.specialties()
            places = await making.places(many)
            await making.doctors(doctors, places)
            await making.patients(many)
            await large_shelves.fill(making.copy, making.pharmacies, BORN, seed)
            for table, names in TRIGGERS.items():
                for name in names:
                    await tx.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        async with database.transaction() as tx:
            for table in (
                "account",
                "account_capacity",
                "place",
                "doctor",
                "doctor_card",
                "affiliation",
                "medicine",
                "stock_batch",
                "search_word",
            ):
                await tx.execute(f"ANALYZE {table}")
    finally:
        await database.close()
    return f"made {doctors:,} doctors and {many:,} each of hospitals, pharmacies, laboratories and patients"


class Making:
    """One filling of a database, table by table."""

    def __init__(self, tx: Tx, dice: Dice, step: Step) -> None:
        self.tx = tx
        self.dice = dice
        self.step = step
        self.accounts = 0
        self.pharmacies: list[UUID] = []

    @staticmethod
    def phone(n: int) -> str:
        """The n-th number; Indian mobile numbers never begin with 5, so nobody's phone rings."""
        return f"+915{n:09}"

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows in portions, and tell how far it is."""
        found = list(rows)
        for start in range(0, len(found), PORTION):
            part = found[start : start + PORTION]
            await self.tx.connection.copy_records_to_table(table, records=part, columns=list(columns))
            self.step(table, start + len(part), len(found))

    async def specialties(self) -> None:
        """Those that are missing, and what all of them are also called."""
        await self.tx.executemany(
            "INSERT INTO specialty (slug, name, aliases) VALUES ($1, $2, $3)"
            " ON CONFLICT (slug) DO UPDATE SET aliases = EXCLUDED.aliases WHERE specialty.aliases = '{}'",
            [(slug, name, list(aliases)) for slug, name, aliases in SPECIALTIES],
        )

    async def people(self, kind: int, names: Sequence[tuple[str, str]], capacities: Sequence[str]) -> list[UUID]:
        """An account for each (name, locale), with these capacities."""
        ids = [self.dice.id(kind, n) for n in range(len(names))]
        await self.copy(
            "account",
            ("id", "phone", "name", "locale", "created_at"),
            (
                (one, self.phone(self.accounts + n), name, locale, BORN)
                for n, (one, (name, locale)) in enumerate(zip(ids, names, strict=True))
            ),
        )
        self.accounts += len(names)
        await self.copy(
            "account_capacity",
            ("account_id", "capacity", "state", "since"),
            ((one, capacity, "active", BORN) for one in ids for capacity in capacities),
        )
        return ids

    async def places(self, many: int) -> list[tuple[UUID, City]]:
        """Hospitals with their clinics, pharmacies and laboratories, each with its owner; answers the hospitals."""
        hospitals: list[tuple[UUID, City]] = []
        for number, kind in enumerate(("hospital", "pharmacy", "laboratory")):
            rows, owners = [], []
            for n in range(many):
                script = self.dice.random.choice(SCRIPTS)
                city = self.dice.random.choice(CITIES)
                what = "clinic" if kind == "hospital" and n % 4 else kind
                place_id = self.dice.id(10 + number, n)
                rows.append(self.place(place_id, what, script, city))
                owners.append((self.dice.person(script), script))
                if kind == "hospital":
                    hospitals.append((place_id, city))
                elif kind == "pharmacy":
                    self.pharmacies.append(place_id)
            ids = await self.people(20 + number, owners, ("patient",) if kind == "hospital" else ("patient", kind))
            await self.copy("place", PLACE_COLUMNS, rows)
            await self.copy(
                "membership",
                ("account_id", "place_id", "duty", "since"),
                ((owner, row[0], "owner", BORN) for owner, row in zip(ids, rows, strict=True)),
            )
            if kind != "hospital":
                await self.copy("place_opening", ("place_id", "weekday", "opens", "closes"), self.openings(rows))
        return hospitals

    def openings(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[UUID, int, time, time]]:
        """Weeks of six days: from morning to night, with a break at noon, or through the night."""
        for row in rows:
            week = self.dice.random.choice(WEEKS)
            yield from (
                (row[0], weekday, time(opens), time(closes)) for weekday in range(1, 7) for opens, closes in week
            )

    def place(self, place_id: UUID, kind: str, script: str, city: City) -> tuple[Any, ...]:
        """One place's row."""
        dice = self.dice
        name = PLACE_NAMES[kind][script].format(dice.random.choice(dice.last[script]))
        postal = dice.digits(city.postal)
        delivers = kind in ("pharmacy", "laboratory")
        fee = dice.random.randrange(0, 10) * 1000 if delivers else None
        departments = [s[1] for s in dice.random.sample(SPECIALTIES, 6)] if kind == "hospital" else []
        return (
            place_id, kind, name, city.zone, city.name, city.state, postal, city.country,
            f"{dice.random.randrange(1, 400)} {dice.random.choice(STREETS)}", "approved",
            dice.digits("LIC-######"), departments,
            dice.random.sample(SERVICES, 4) if kind == "laboratory" else [],
            [postal, dice.digits(city.postal)] if delivers else [], fee, None if fee is None else "INR", BORN,
        )  # fmt: skip

    async def doctors(self, many: int, places: Sequence[tuple[UUID, City]]) -> None:
        """Doctors with their specialties, languages, fees and ratings, each at one place or two."""
        dice, throw = self.dice, self.dice.random
        scripts = [throw.choice(SCRIPTS) for _ in range(many)]
        names = [dice.person(script) for script in scripts]
        accounts = await self.people(1, list(zip(names, scripts, strict=True)), ("patient", "doctor"))
        rows, further, works, rated = [], [], [], []
        for n, (account_id, name, script) in enumerate(zip(accounts, names, scripts, strict=True)):
            doctor_id = dice.id(2, n)
            practised = throw.sample(SPECIALTIES, throw.choice((1, 1, 1, 2, 3)))
            years = throw.randrange(0, 45)
            reviews = throw.choice((0, 0, throw.randrange(1, 900)))
            stars = Counter(throw.choices((1, 2, 3, 4, 5), (1, 1, 3, 8, 9), k=reviews))
            at = throw.sample(places, min(len(places), throw.choice((1, 1, 2))))
            rows.append((
                doctor_id, account_id, TITLES[script].format(name), practised[0][0], dice.digits("REG-######"),
                throw.choice(COUNCILS), [script, *({"en", "hi"} - {script})][: throw.choice((1, 2))],
                throw.choice(QUALIFICATIONS), 2026 - years,
                BIO.format(years, practised[0][1].lower(), at[0][1].name if at else "many towns"),
                throw.randrange(2, 40) * 5_000, "INR", throw.random() < 0.4,
                sum(star * given for star, given in stars.items()), reviews, BORN,
            ))  # fmt: skip
            rated += [("doctor", doctor_id, star, given) for star, given in stars.items()]
            further += [(doctor_id, slug) for slug, _, _ in practised[1:]]
            works += [(doctor_id, place_id, "accepted", BORN, BORN, k == 0) for k, (place_id, _) in enumerate(at)]
        await self.copy("doctor", DOCTOR_COLUMNS, rows)
        await self.copy("rating", ("subject", "subject_id", "stars", "count"), rated)
        await self.copy("doctor_specialty", ("doctor_id", "specialty"), further)
        await self.copy("affiliation", ("doctor_id", "place_id", "state", "offered_at", "since", "is_primary"), works)
        ids = [row[0] for row in rows]
        for start in range(0, many, PORTION):
            await self.tx.execute("SELECT refresh_doctor_cards($1)", ids[start : start + PORTION])
            self.step("doctor_card", min(start + PORTION, many), many)

    async def patients(self, many: int) -> None:
        """Patients with an account of their own."""
        dice, throw = self.dice, self.dice.random
        scripts = [throw.choice(SCRIPTS) for _ in range(many)]
        names = [dice.person(script) for script in scripts]
        first = self.accounts
        accounts = await self.people(3, list(zip(names, scripts, strict=True)), ("patient",))
        ids = [dice.id(4, n) for n in range(many)]
        await self.copy(
            "patient",
            ("id", "name", "phone", "birth_year", "sex", "created_at"),
            (
                (one, name, self.phone(first + n), throw.randrange(1940, 2006), throw.choice(("female", "male")), BORN)
                for n, (one, name) in enumerate(zip(ids, names, strict=True))
            ),
        )
        await self.copy(
            "guardianship",
            ("account_id", "patient_id", "kind", "since"),
            ((account, patient, "self", BORN) for account, patient in zip(accounts, ids, strict=True)),
        )


PLACE_COLUMNS: Final = (
    "id", "kind", "name", "zone", "city", "state", "postal_code", "country", "address", "approval", "licence",
    "departments", "services", "served_postal_codes", "delivery_fee", "delivery_currency", "created_at",
)  # fmt: skip
DOCTOR_COLUMNS: Final = (
    "id", "account_id", "name", "specialty", "registration", "council", "languages", "qualification",
    "practising_since", "bio", "fee", "fee_currency", "teleconsult", "rating_sum", "rating_count", "created_at",
)  # fmt: skip


def _pools(seed: int) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """First and last names of each script. Raises `NothingToMakeItFrom` without Faker."""
    try:
        from faker import Faker
    except ImportError:
        raise NothingToMakeItFrom("names come from Faker; mend: pip install 'carewire[seed]'") from None
    first: dict[str, list[str]] = {}
    last: dict[str, list[str]] = {}
    for script, locale in FAKERS.items():
        fake = Faker(locale)
        fake.seed_instance(seed)
        first[script] = [str(fake.first_name()) for _ in range(POOL)]
        last[script] = [str(fake.last_name()) for _ in range(POOL)]
    return first, last


def progress() -> tuple[Any, Step]:
    """A bar on standard error, and what moves it; a plain line per table where nobody watches."""
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True))
    tasks: dict[str, Any] = {}

    def step(what: str, done: int, of: int) -> None:
        if what not in tasks or bar.tasks[tasks[what]].finished:
            tasks[what] = bar.add_task(what, total=of)
        bar.update(tasks[what], completed=done)

    return bar, step


async def run(url: str, settings: Settings, doctors: int, seed: int) -> str:
    """What the command line calls."""
    bar, step = progress()
    began = datetime.now(UTC)
    with bar:
        said = await seed_large(url, settings, doctors=doctors, seed=seed, step=step)
    return f"{said}, in {(datetime.now(UTC) - began) / timedelta(seconds=1):.0f} s"
