"""The one statement that says who may read what, against PRODUCT 3 to 6 written down in plain Python.

Random histories of visits, consents, break-glasses, duties, affiliations, verifications, merges and time.
"""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from carewire.node import Node
from carewire.store.db import Tx
from channels.care import RecordType, RightKind
from channels.care.access import Made, Seen, relate, visited
from channels.care.rights import Ask, rights
from channels.directory.demo import CLINIC, DOCTOR_ASHA, DOCTOR_VIKRAM, LABORATORY, PHARMACY
from channels.identity.demo import (
    ARJUN_PATIENT,
    ASHA,
    DESK,
    PHARMACIST,
    PRIYA,
    PRIYA_PATIENT,
    TECHNICIAN,
    VIKRAM,
    WALK_IN_PATIENT,
)

ACCOUNTS = [person.account_id for person in (PRIYA, ASHA, VIKRAM, DESK, PHARMACIST, TECHNICIAN)]
PATIENTS = [PRIYA_PATIENT, ARJUN_PATIENT, WALK_IN_PATIENT]
DOCTORS = {DOCTOR_ASHA: ASHA.account_id, DOCTOR_VIKRAM: VIKRAM.account_id}
PLACES = [CLINIC, PHARMACY, LABORATORY]
RECORDS = [None, RecordType.SUMMARY, RecordType.BACKGROUND, RecordType.LAB_REPORT]
AT_DESK = {"owner", "manager", "front_desk", "nurse"}
CLINICAL = {"nurse", "pharmacist", "technician"}
AUTHORS: list[tuple[UUID | None, UUID | None]] = [(None, None), (DOCTOR_VIKRAM, None), (None, PHARMACY), (None, CLINIC)]
DAYS = timedelta(days=30)


class World:
    """What happened, as one would write it on a board; `may` is PRODUCT 3 to 6."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.guards = {(PRIYA.account_id, PRIYA_PATIENT), (PRIYA.account_id, ARJUN_PATIENT)}
        self.merged = False
        self.verified = set(DOCTORS.values())
        self.affiliated = {(doctor, CLINIC) for doctor in DOCTORS}
        self.duties = {
            (ASHA.account_id, CLINIC, "owner"),
            (DESK.account_id, CLINIC, "front_desk"),
            (PHARMACIST.account_id, PHARMACY, "owner"),
            (PHARMACIST.account_id, PHARMACY, "pharmacist"),
            (TECHNICIAN.account_id, LABORATORY, "owner"),
            (TECHNICIAN.account_id, LABORATORY, "technician"),
        }
        self.relations: dict[tuple[UUID, UUID | None, UUID], dict[str, Any]] = {}
        self.consents: list[dict[str, Any]] = []
        self.glasses: list[dict[str, Any]] = []

    def persons(self, patient: UUID) -> set[UUID]:
        """Whose rights open this record: its own, and the person's it was merged into."""
        return {patient, PRIYA_PATIENT} if patient == WALK_IN_PATIENT and self.merged else {patient}

    def may(
        self, who: UUID, patient: UUID, record: RecordType | None, doctor: UUID | None, place: UUID | None
    ) -> set[RightKind]:
        found: set[RightKind] = set()
        about = self.persons(patient)
        for account, guarded in self.guards:
            if account == who and (guarded == patient or (guarded == PRIYA_PATIENT and guarded in about)):
                found.add(RightKind.GUARDIAN if guarded == ARJUN_PATIENT else RightKind.OWN)
        me = next((d for d, account in DOCTORS.items() if account == who and who in self.verified), None)
        mine = {(p, duty) for account, p, duty in self.duties if account == who}
        for (whom, with_doctor, at), relation in self.relations.items():
            if whom not in about or relation["ended"] or self.until(relation) <= self.now:
                continue
            works = me is not None and with_doctor == me and (me, at) in self.affiliated
            if works and (record in (None, RecordType.SUMMARY) or doctor == me):
                found.add(RightKind.RELATIONSHIP)
            for p, duty in mine:
                if p == at and (
                    (record is None and (with_doctor is None or duty in AT_DESK))
                    or (
                        with_doctor is None
                        and duty in CLINICAL
                        and (place == at or (record is RecordType.SUMMARY and at == CLINIC))
                    )
                ):
                    found.add(RightKind.RELATIONSHIP)
        for consent in self.consents:
            if consent["patient"] not in about or consent["revoked"]:
                continue
            if not consent["since"] <= self.now < consent["until"]:
                continue
            if record is not None and record not in consent["records"]:
                continue
            if (me is not None and consent["doctor"] == me) or any(
                p == consent["place"] and duty in CLINICAL for p, duty in mine
            ):
                found.add(RightKind.CONSENT)
        for glass in self.glasses:
            if (
                me is not None
                and glass["doctor"] == me
                and glass["patient"] in about
                and not glass["ended"]
                and self.now < glass["at"] + timedelta(minutes=60)
                and (me, CLINIC) in self.affiliated
            ):
                found.add(RightKind.BREAK_GLASS)
        return found

    @staticmethod
    def until(relation: dict[str, Any]) -> datetime:
        over: datetime = relation["expected"]
        return over if relation["visit"] is None else max(over, relation["visit"] + DAYS)


class History:
    """Each step done to the database and written on the board."""

    def __init__(self, tx: Tx, now: datetime) -> None:
        self.tx, self.world = tx, World(now)

    async def join(self, patient: UUID, doctor: UUID | None, place: UUID, hours: int) -> None:
        if doctor is not None:
            place = CLINIC
        if patient == WALK_IN_PATIENT:
            return  # nobody acts for him; merged, he is reached through her own record
        w = self.world
        until = w.now + timedelta(hours=hours)
        made = Made(
            patient_id=patient, doctor_id=doctor, place_id=place, made_by=PRIYA.account_id, at=w.now, until=until
        )
        await relate(self.tx, [made])
        old = w.relations.get((patient, doctor, place))
        expected = until if old is None or old["ended"] else max(until, old["expected"])
        w.relations[patient, doctor, place] = {
            "hand": w.now, "expected": expected, "visit": old["visit"] if old else None, "ended": False,
        }  # fmt: skip

    async def see(self, patient: UUID, doctor: UUID | None, place: UUID, hours_ago: int) -> None:
        """A visit that was planned some hours ago, by whomever, is done."""
        if doctor is not None:
            place = CLINIC
        w = self.world
        planned = w.now - timedelta(hours=hours_ago)
        seen = Seen(patient_id=patient, doctor_id=doctor, place_id=place, planned_at=planned, at=w.now)
        await visited(self.tx, [seen])
        relation = w.relations.get((patient, doctor, place))
        if relation and not relation["ended"] and relation["hand"] >= planned:
            relation["visit"] = w.now

    async def end_relation(self, patient: UUID, doctor: UUID | None) -> None:
        await self.tx.execute(
            "UPDATE relationship SET state = 'ended', ended_at = $3, expected_until = NULL"
            " WHERE patient_id = $1 AND doctor_id IS NOT DISTINCT FROM $2 AND state = 'standing'",
            patient,
            doctor,
            self.world.now,
        )
        for (whom, with_doctor, _), relation in self.world.relations.items():
            if (whom, with_doctor) == (patient, doctor):
                relation["ended"] = True

    async def consent(
        self, patient: UUID, doctor: UUID | None, place: UUID, records: set[RecordType], after: int, lasts: int
    ) -> None:
        if patient == WALK_IN_PATIENT:
            return
        w = self.world
        to = None if doctor is not None else place
        since = w.now + timedelta(hours=after)
        until = since + timedelta(hours=lasts)
        consent_id = await self.tx.fetchval(
            "INSERT INTO consent (patient_id, doctor_id, place_id, purpose, records, granted_by, granted_at, since,"
            " until) VALUES ($1, $2, $3, 'treatment', $4, $5, $6, $7, $8) RETURNING id",
            patient,
            doctor,
            to,
            sorted(records),
            PRIYA.account_id,
            w.now,
            since,
            until,
        )
        w.consents.append(
            {"id": consent_id, "patient": patient, "doctor": doctor, "place": to, "records": records, "since": since,
             "until": until, "revoked": False}
        )  # fmt: skip

    async def revoke(self, n: int) -> None:
        standing = [consent for consent in self.world.consents if not consent["revoked"]]
        if standing:
            consent = standing[n % len(standing)]
            consent["revoked"] = True
            await self.tx.execute("UPDATE consent SET revoked_at = $2 WHERE id = $1", consent["id"], self.world.now)

    async def break_glass(self, patient: UUID, doctor: UUID) -> None:
        w = self.world
        if sum(glass["doctor"] == doctor for glass in w.glasses) == 3:
            return
        if patient == WALK_IN_PATIENT and w.merged:
            patient = PRIYA_PATIENT
        slot = 1 + sum(glass["doctor"] == doctor for glass in w.glasses)
        await self.tx.execute(
            "INSERT INTO break_glass (doctor_id, place_id, patient_id, reason, opened_at, until, zone, slot)"
            " VALUES ($1, $2, $3, 'somebody collapsed', $4, $5, 'Asia/Kolkata', $6)",
            doctor,
            CLINIC,
            patient,
            w.now,
            w.now + timedelta(minutes=60),
            slot,
        )
        w.glasses.append({"doctor": doctor, "patient": patient, "at": w.now, "ended": False})

    async def end_glass(self, doctor: UUID) -> None:
        await self.tx.execute(
            "UPDATE break_glass SET ended_at = $2 WHERE doctor_id = $1 AND ended_at IS NULL AND until > $2",
            doctor,
            self.world.now,
        )
        for glass in self.world.glasses:
            if glass["doctor"] == doctor and self.world.now < glass["at"] + timedelta(minutes=60):
                glass["ended"] = True

    async def turn_affiliation(self, doctor: UUID) -> None:
        w = self.world
        if (doctor, CLINIC) in w.affiliated:
            w.affiliated.remove((doctor, CLINIC))
            state, until = "ended", datetime.now(UTC)
        else:
            w.affiliated.add((doctor, CLINIC))
            state, until = "accepted", None
        await self.tx.execute(
            "UPDATE affiliation SET state = $2, until = $3 WHERE doctor_id = $1", doctor, state, until
        )

    async def turn_verification(self, doctor: UUID) -> None:
        account = DOCTORS[doctor]
        self.world.verified ^= {account}
        await self.tx.execute(
            "UPDATE account_capacity SET state = $2 WHERE account_id = $1 AND capacity = 'doctor'",
            account,
            "active" if account in self.world.verified else "withdrawn",
        )

    async def turn_duty(self, account: UUID, place: UUID, duty: str) -> None:
        w = self.world
        w.duties ^= {(account, place, duty)}
        if (account, place, duty) in w.duties:
            await self.tx.execute(
                "INSERT INTO membership (account_id, place_id, duty, since) VALUES ($1, $2, $3, now())",
                account, place, duty,
            )  # fmt: skip
        else:
            await self.tx.execute(
                "UPDATE membership SET until = greatest(since, now()) WHERE account_id = $1 AND place_id = $2"
                " AND duty = $3 AND until IS NULL",
                account, place, duty,
            )  # fmt: skip

    async def turn_merge(self) -> None:
        w = self.world
        w.merged = not w.merged
        if w.merged:
            await self.tx.execute(
                "WITH c AS (INSERT INTO patient_claim (patient_id, into_id, account_id, claimed_at)"
                " VALUES ($1, $2, $3, now()) RETURNING id) INSERT INTO guardianship (account_id, patient_id, kind,"
                " since, merged, claim_id) SELECT $3, $1, 'self', now(), true, id FROM c",
                WALK_IN_PATIENT, PRIYA_PATIENT, PRIYA.account_id,
            )  # fmt: skip
        else:
            await self.tx.execute(
                "UPDATE patient_claim SET undone_at = claimed_at, undone_by = account_id WHERE undone_at IS NULL"
            )
            await self.tx.execute("UPDATE guardianship SET until = since WHERE merged AND until IS NULL")

    async def wait(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)


patients, doctors, places = st.sampled_from(PATIENTS), st.sampled_from(list(DOCTORS)), st.sampled_from(PLACES)
either = st.one_of(st.none(), doctors)
hours = st.sampled_from([0, 1, 24, 24 * 29, 24 * 31])
some = st.sets(st.sampled_from([record for record in RECORDS if record]), min_size=1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), patients, either, places, st.sampled_from([1, 30])),
        st.tuples(st.just("see"), patients, either, places, st.sampled_from([0, 1, 24])),
        st.tuples(st.just("end_relation"), patients, either),
        st.tuples(st.just("consent"), patients, either, places, some, st.sampled_from([0, 2]), hours.filter(bool)),
        st.tuples(st.just("revoke"), st.integers(0, 9)),
        st.tuples(st.just("break_glass"), patients, doctors),
        st.tuples(st.just("end_glass"), doctors),
        st.tuples(st.just("turn_affiliation"), doctors),
        st.tuples(st.just("turn_verification"), doctors),
        st.tuples(st.just("turn_duty"), st.sampled_from(ACCOUNTS), places,
                  st.sampled_from(["nurse", "front_desk", "pharmacist", "technician"])),
        st.tuples(st.just("turn_merge")),
        st.tuples(st.just("wait"), hours),
    ),
    min_size=4,
    max_size=25,
)  # fmt: skip


class RolledBack(Exception):
    """The example leaves nothing behind."""


@examples(max_examples=120)
@given(steps=STEPS)
async def test_the_statement_says_what_the_product_says(steps: list[tuple[Any, ...]], clinic: Node) -> None:
    try:
        async with clinic.db.transaction() as tx:
            await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # the model thinks in between
            await tx.execute("DELETE FROM relationship")  # the demo's own
            history = History(tx, datetime.now(UTC))
            for verb, *values in steps:
                await getattr(history, verb)(*values)
            world = history.world
            asks = [
                Ask(who, patient, record, *author)
                for who, patient, record, author in product(ACCOUNTS, PATIENTS, RECORDS, AUTHORS)
            ]
            for ask, found in zip(asks, await rights(tx, asks, world.now), strict=True):
                said = world.may(ask.account_id, ask.patient_id, ask.record, ask.doctor_id, ask.place_id)
                assert {right.kind for right in found} == said, ask
                assert [right.since for right in found] == sorted(right.since for right in found)
            raise RolledBack
    except RolledBack:
        pass
