"""What visits add to a patient's history: the completed consultations, by when they began."""

from channels.care import HistoryKind, register_history

register_history(
    HistoryKind.CONSULTATION,
    """SELECT c.id, c.started_at AS at, c.patient_id, c.doctor_id, c.place_id, NULL::uuid AS asked_at_id,
              d.name AS doctor, p.name AS place, c.state
         FROM consultation c JOIN doctor d ON d.id = c.doctor_id LEFT JOIN place p ON p.id = c.place_id
        WHERE c.state = 'completed'""",
)
