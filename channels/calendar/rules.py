"""What a doctor's slots follow from: her week, her leave, what she does besides, and when her places are closed."""

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import msgspec

from carewire.store.db import Tx
from carewire.wall_clock import DayOpening
from channels.calendar.nouns import Mode
from channels.calendar.terms import HORIZON_DAYS, LEAD_MINUTES


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One window of a doctor's week, or (with `day`) of a day besides, and how it is cut into visits."""

    weekday: int | None = None
    day: date | None = None
    opens: time
    closes: time
    place_id: UUID | None
    zone: str
    mode: Mode
    slot_minutes: int
    buffer_minutes: int
    capacity: int
    lead_minutes: int
    horizon_days: int

    def booked_between(self, now: datetime) -> tuple[datetime, datetime]:
        """From when on, and before when, visits of this rule can be booked now: neither too late nor too far ahead."""
        return now + timedelta(minutes=self.lead_minutes), now + timedelta(days=self.horizon_days, microseconds=1)


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days on which a doctor's week does not count, the last one included."""

    first: date
    last: date


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A holiday of a place: closed, but for these openings."""

    place_id: UUID
    day: date
    openings: list[DayOpening]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All that a doctor's slots follow from. Nobody books her while she is not `verified`."""

    zone: str
    verified: bool
    teleconsult: bool
    rules: list[Rule]
    leave: list[Leave]
    closed: list[Closed]

    def bookable(self, rule: Rule) -> bool:
        """Whether what this rule says may be booked at all."""
        return self.verified and (self.teleconsult or rule.mode is not Mode.TELECONSULT)


_RULE: Final = """w.opens, w.closes, w.place_id, w.mode, w.slot_minutes, w.buffer_minutes, w.capacity,
       coalesce(p.zone, d.zone) AS zone, coalesce(t.lead_minutes, o.lead_minutes, $2) AS lead_minutes,
       coalesce(t.horizon_days, o.horizon_days, $3) AS horizon_days"""
_WHERE: Final = """LEFT JOIN place p ON p.id = w.place_id
          LEFT JOIN appointment_terms t ON t.place_id = w.place_id
          LEFT JOIN appointment_terms o ON w.place_id IS NULL AND o.doctor_id = w.doctor_id
         WHERE w.doctor_id = d.id AND (w.place_id IS NULL OR (p.approval = 'approved' AND p.closed_at IS NULL
           AND EXISTS (SELECT FROM affiliation f WHERE f.doctor_id = d.id AND f.place_id = p.id
                          AND f.state = 'accepted')))"""
_RULES: Final = f"""
SELECT jsonb_build_object('zone', d.zone, 'teleconsult', d.teleconsult, 'verified',
       EXISTS (SELECT FROM account a JOIN account_capacity c ON c.account_id = a.id AND c.capacity = 'doctor'
                WHERE a.id = d.account_id AND a.state = 'active' AND c.state = 'active'), 'rules',
       (SELECT coalesce(jsonb_agg(rule), '[]') FROM (
        SELECT w.weekday, NULL::date AS day, {_RULE} FROM doctor_window w {_WHERE}
         UNION ALL
        SELECT NULL, w.day, {_RULE} FROM doctor_extra w {_WHERE}) AS rule), 'leave',
       (SELECT coalesce(jsonb_agg(jsonb_build_object('first', first, 'last', last)), '[]')
          FROM doctor_leave WHERE doctor_id = d.id), 'closed',
       (SELECT coalesce(jsonb_agg(jsonb_build_object('place_id', h.place_id, 'day', h.day, 'openings',
               (SELECT coalesce(jsonb_agg(jsonb_build_object('opens', o.opens, 'closes', o.closes)), '[]')
                  FROM place_holiday_opening o WHERE o.place_id = h.place_id AND o.day = h.day))), '[]')
          FROM place_holiday h WHERE h.place_id IN (
               SELECT place_id FROM doctor_window WHERE doctor_id = d.id
               UNION SELECT place_id FROM doctor_extra WHERE doctor_id = d.id)))
  FROM doctor d WHERE d.id = $1 AND d.closed_at IS NULL"""


async def read(tx: Tx, doctor_id: UUID) -> Rules | None:
    """The rules as they are now, without places that are closed or where she no longer works; None: no such doctor."""
    found: str | None = await tx.fetchval(_RULES, doctor_id, LEAD_MINUTES, HORIZON_DAYS)
    return None if found is None else msgspec.json.decode(found, type=Rules)
