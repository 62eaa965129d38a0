"""Who may read what of a patient, and by which right: one statement for however many ask (PRODUCT 3 to 6).

A record that was merged into another is that person's too: whoever may read the person's own record may read it, never
the other way round, because the merged one was made at a desk.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from carewire.store.db import Tx
from channels.care.nouns import RecordType, RightKind
from channels.identity import Duty

CLINICAL: Final = frozenset({Duty.NURSE, Duty.PHARMACIST, Duty.TECHNICIAN})
"""The duties that read clinical data at their place. A desk, an owner or a manager alone does not."""


DESK: Final = frozenset({Duty.OWNER, Duty.MANAGER, Duty.FRONT_DESK, Duty.NURSE})
"""The duties that know who comes to the doctors of their place."""


class Ask(NamedTuple):
    """May this account read this of this patient? `record` None: only who she is and how she is reached.

    `doctor_id` and `place_id` say who wrote it, for what somebody wrote.
    """

    account_id: UUID
    patient_id: UUID
    record: RecordType | None = None
    doctor_id: UUID | None = None
    place_id: UUID | None = None


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why somebody may read. `ref` is the guardianship, relationship, consent or break-glass."""

    kind: RightKind
    since: datetime
    ref: UUID


_ASKS: Final = """
SELECT ask.n, ask.account_id, ask.record, ask.doctor_id AS by_doctor, ask.place_id AS by_place, p.id AS patient_id,
       (SELECT c.into_id FROM patient_claim c
         WHERE c.patient_id = p.id AND c.into_id IS NOT NULL AND c.undone_at IS NULL) AS person_id
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[])
       WITH ORDINALITY AS ask (account_id, patient_id, record, doctor_id, place_id, n)
  JOIN patient p ON p.id = ask.patient_id AND p.deleted_at IS NULL
  JOIN account a ON a.id = ask.account_id AND a.state = 'active'"""

OPEN: Final = "(r.expected_until > $6 OR r.last_visit_at + (SELECT relation_days()) > $6)"
"""A relationship `r` is open at `$6`: what `relationship_until` says, with the setting read once for a whole list."""

# A doctor while verified; his relationships only while he works where they were made.
_VERIFIED: Final = """doctor d JOIN account_capacity v
        ON v.account_id = d.account_id AND v.capacity = 'doctor' AND v.state = 'active' AND d.closed_at IS NULL"""

_FAMILY: Final = """
    SELECT CASE g.kind WHEN 'self' THEN 'own' ELSE 'guardian' END, g.since, g.id
      FROM guarding g WHERE g.account_id = ask.account_id AND g.patient_id = ask.patient_id"""

_BY_DOCTOR: Final = f"""
    SELECT 'relationship', greatest(r.made_at, f.since), r.id
      FROM {_VERIFIED}
      JOIN relationship r ON r.doctor_id = d.id AND r.patient_id IN (ask.patient_id, ask.person_id)
       AND r.state = 'standing' AND {OPEN}
      JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = r.place_id AND f.state = 'accepted'
     WHERE d.account_id = ask.account_id
       AND (ask.record IS NULL OR ask.record = 'summary' OR ask.by_doctor = d.id)"""

# What a patient writes to a place is for whoever answers there, whichever of its doctors she comes to.
_CHAT: Final = (
    "ask.record = 'chat' AND ask.by_doctor IS NULL AND ask.by_place = l.id AND m.duty = ANY ($7::text[] || $8)"
)

# A pharmacy or a laboratory sees contact, address and its own papers. Where a doctor sits, the place knows who comes.
_BY_DUTY: Final = f"""
    SELECT 'relationship', greatest(r.made_at, m.since), r.id
      FROM membership m
      JOIN place l ON l.id = m.place_id
      JOIN relationship r ON r.place_id = m.place_id AND r.patient_id IN (ask.patient_id, ask.person_id)
       AND r.state = 'standing' AND {OPEN}
     WHERE m.account_id = ask.account_id AND m.until IS NULL
       AND ((ask.record IS NULL AND (r.doctor_id IS NULL OR m.duty = ANY ($8)))
            OR ({_CHAT})
            OR (r.doctor_id IS NULL AND m.duty = ANY ($7)
                AND (ask.by_place = l.id OR (ask.record = 'summary' AND l.kind IN ('clinic', 'hospital')))))"""

_CONSENTED: Final = f"""
    SELECT 'consent', greatest(c.since, to_whom.since), c.id
      FROM (SELECT d.id AS doctor_id, NULL::uuid AS place_id, v.since FROM {_VERIFIED}
             WHERE d.account_id = ask.account_id
            UNION ALL SELECT NULL, m.place_id, m.since FROM membership m
             WHERE m.account_id = ask.account_id AND m.until IS NULL AND m.duty = ANY ($7)) to_whom
      JOIN consent c ON (c.doctor_id = to_whom.doctor_id OR c.place_id = to_whom.place_id)
       AND c.patient_id IN (ask.patient_id, ask.person_id)
       AND c.revoked_at IS NULL AND c.since <= $6 AND c.until > $6
       AND (ask.record IS NULL OR ask.record = ANY (c.records))"""

_BROKEN: Final = f"""
    SELECT 'break_glass', b.opened_at, b.id
      FROM {_VERIFIED}
      JOIN break_glass b ON b.doctor_id = d.id AND b.patient_id IN (ask.patient_id, ask.person_id)
       AND b.ended_at IS NULL AND b.opened_at <= $6 AND b.until > $6
      JOIN affiliation f ON f.doctor_id = d.id AND f.place_id = b.place_id AND f.state = 'accepted'
     WHERE d.account_id = ask.account_id"""

_RIGHTS: Final = f"""
SELECT ask.n, found.kind, found.since, found.ref FROM ({_ASKS}) ask
 CROSS JOIN LATERAL ({_FAMILY} UNION ALL {_BY_DOCTOR} UNION ALL {_BY_DUTY} UNION ALL {_CONSENTED}
                     UNION ALL {_BROKEN}) AS found (kind, since, ref)
 ORDER BY ask.n, found.since, found.ref"""


async def rights(tx: Tx, asks: Sequence[Ask], now: datetime) -> list[list[Right]]:
    """The rights of each ask, oldest first; an empty list is a no. `now` is the product's time."""
    found: list[list[Right]] = [[] for _ in asks]
    rows = await tx.fetch(
        _RIGHTS,
        [ask.account_id for ask in asks],
        [ask.patient_id for ask in asks],
        [ask.record for ask in asks],
        [ask.doctor_id for ask in asks],
        [ask.place_id for ask in asks],
        now,
        sorted(CLINICAL),
        sorted(DESK),
    )
    for row in rows:
        found[row["n"] - 1].append(Right(kind=RightKind(row["kind"]), since=row["since"], ref=row["ref"]))
    return found
