"""Who can see something of a patient now. Each domain that opens something by itself adds its source."""

from typing import Final

_SOURCES: Final = [
    """
    SELECT CASE g.kind WHEN 'self' THEN 'own' ELSE 'guardian' END AS kind, g.account_id, NULL::uuid AS doctor_id,
           NULL::uuid AS place_id, a.name, '{}'::text[] AS records, g.since, g.lapses_at AS until, g.id AS ref
      FROM guarding g JOIN account a ON a.id = g.account_id WHERE g.patient_id = $1
    UNION ALL
    SELECT 'relationship', NULL, r.doctor_id, r.place_id, coalesce(d.name, l.name),
           CASE WHEN r.doctor_id IS NOT NULL OR l.kind IN ('clinic', 'hospital') THEN '{summary}' ELSE '{}' END::text[],
           r.made_at, relationship_until(r.last_visit_at, r.expected_until), r.id
      FROM relationship r JOIN place l ON l.id = r.place_id LEFT JOIN doctor d ON d.id = r.doctor_id
     WHERE r.patient_id = $1 AND r.state = 'standing' AND relationship_until(r.last_visit_at, r.expected_until) > $2
       AND (r.doctor_id IS NULL OR EXISTS (SELECT FROM affiliation f
            WHERE f.doctor_id = r.doctor_id AND f.place_id = r.place_id AND f.state = 'accepted'))
    UNION ALL
    SELECT 'consent', NULL, c.doctor_id, c.place_id, coalesce(d.name, l.name), c.records, c.since, c.until, c.id
      FROM consent c LEFT JOIN doctor d ON d.id = c.doctor_id LEFT JOIN place l ON l.id = c.place_id
     WHERE c.patient_id = $1 AND c.revoked_at IS NULL AND c.until > $2
    UNION ALL
    SELECT 'break_glass', NULL, b.doctor_id, b.place_id, d.name, '{}', b.opened_at, b.until, b.id
      FROM break_glass b JOIN doctor d ON d.id = b.doctor_id
     WHERE b.patient_id = $1 AND b.ended_at IS NULL AND b.until > $2"""
]


def register_readers(source: str) -> None:
    """Declare who else sees something of the patient `$1` at `$2`: a statement of the columns of `Reader`, in order."""
    _SOURCES.append(source)


def readers_of_all() -> str:
    """Every source, the longest first."""
    return (
        "SELECT reader.* FROM (" + " UNION ALL ".join(_SOURCES) + ") reader ORDER BY reader.since, reader.ref LIMIT 300"
    )
