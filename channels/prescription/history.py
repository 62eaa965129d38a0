"""What doctors prescribed, in a patient's history, by when it was issued."""

from channels.care import HistoryKind, register_history

register_history(
    HistoryKind.PRESCRIPTION,
    """SELECT p.id, p.issued_at AS at, p.patient_id, p.doctor_id, p.place_id, NULL::uuid AS asked_at_id,
              p.doctor, l.name AS place, p.state
         FROM prescription p LEFT JOIN place l ON l.id = p.place_id WHERE p.state <> 'draft'""",
)
