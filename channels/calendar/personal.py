"""What the calendar keeps of a person; see `carewire.personal`."""

from carewire.personal import harmless, holds

_DOCTOR = "doctor_id IN (SELECT id FROM doctor WHERE account_id = ANY($1))"

holds("doctor_window", whose=_DOCTOR, personal={})
holds("doctor_extra", whose=_DOCTOR, personal={"day": None})
holds("doctor_leave", whose=_DOCTOR, personal={"first": None, "last": None})
holds("appointment_terms", whose=_DOCTOR, personal={})
holds("consultation_fee", whose=_DOCTOR, personal={})

harmless("doctor_window", "mode", why="one of two words")
harmless("doctor_extra", "mode", why="one of two words")
harmless("appointment_terms", "payment_modes", "refund", "reminder_minutes", why="on what terms visits are booked")
harmless("consultation_fee", "mode", "fee_currency", why="one of two words, and a currency")
