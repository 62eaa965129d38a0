"""What the laboratory adds to a patient's history: her tests by when they were asked for, without what was found.

Of a place those it examines, and those its doctors asked for there.
"""

from channels.care import HistoryKind, register_history

register_history(
    HistoryKind.LAB_TEST,
    """SELECT t.id, t.asked_at AS at, t.patient_id, t.doctor_id, coalesce(t.laboratory_id, t.place_id) AS place_id,
              t.place_id AS asked_at_id, d.name AS doctor, p.name AS place, t.state
         FROM lab_test t LEFT JOIN doctor d ON d.id = t.doctor_id
         LEFT JOIN place p ON p.id = coalesce(t.laboratory_id, t.place_id)""",
)
