"""What the lines add to a patient's history: her tokens by the beginning of their sitting, also those for nothing."""

from channels.care import HistoryKind, register_history

register_history(
    HistoryKind.VISIT,
    """SELECT t.id, s.starts_at AS at, t.patient_id, s.doctor_id, s.place_id, NULL::uuid AS asked_at_id,
              d.name AS doctor, p.name AS place, t.state
         FROM token t JOIN session s ON s.id = t.session_id
         JOIN doctor d ON d.id = s.doctor_id JOIN place p ON p.id = s.place_id""",
)
