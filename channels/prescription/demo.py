"""A visit of the demo's boy last week, written up, and what was prescribed at it; the demo's pharmacy has both.

Fixed ids; running it again changes nothing.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from carewire.store.db import Tx
from channels.directory import demo as places
from channels.identity import demo as people


def _id(number: int) -> UUID:
    return UUID(f"0199d3a0-0000-7000-8d00-{number:012d}")


SITTING, TOKEN, VISIT, PAPER = (_id(number) for number in range(1, 5))
AGO: Final = timedelta(days=8)
LINES: Final = (
    # name, generic, strength, form, dose, frequency, days, units, schedule, class_known
    ("Taxim-O 200", "Cefixime", "200 mg", "tablet", "1 tablet", "1-0-1 after food", 5, 10, "h1", True),
    ("Calpol Paediatric", "Paracetamol", "120 mg/5 ml", "liquid", "10 ml", "when above 38 °C", 5, 1, "otc", True),
)


async def seed(tx: Tx, now: datetime) -> None:
    """The sitting that is over, her token in it, the notes, and the prescription."""
    if await tx.fetchval("SELECT EXISTS (SELECT FROM consultation WHERE id = $1)", VISIT):
        return
    began = now - AGO
    done = began + timedelta(minutes=12)
    await tx.execute(
        "INSERT INTO session (id, doctor_id, place_id, zone, starts_at, ends_at, opens_at, state, started_at, ended_at,"
        " created_at) VALUES ($1, $2, $3, 'Asia/Kolkata', $4, $5, $4, 'completed', $4, $5, $4)",
        SITTING,
        places.DOCTOR_ASHA,
        places.CLINIC,
        began,
        began + timedelta(hours=3),
    )
    await tx.execute(
        "INSERT INTO token (id, session_id, patient_id, kind, state, joined_at, number, arrived_at, called_at, calls,"
        " begun_at, ended_at) VALUES ($1, $2, $3, 'walk_in', 'completed', $4, 1, $4, $4, 1, $4, $5)",
        TOKEN,
        SITTING,
        people.ARJUN_PATIENT,
        began,
        done,
    )
    await tx.execute("INSERT INTO line (session_id, calls, last_number) VALUES ($1, 1, 1)", SITTING)
    await tx.execute(
        "INSERT INTO consultation (id, token_id, patient_id, doctor_id, place_id, mode, state, symptoms, diagnosis,"
        " advice, temperature_c, pulse_bpm, weight_kg, started_at, ended_at) VALUES ($1, $2, $3, $4, $5,"
        " 'in_person', 'completed', 'Sore throat and fever for three days', 'Tonsillitis',"
        " 'Warm fluids, rest; come back if the fever stays', 38.9, 104, 31.5, $6, $7)",
        VISIT,
        TOKEN,
        people.ARJUN_PATIENT,
        places.DOCTOR_ASHA,
        places.CLINIC,
        began,
        done,
    )
    await tx.execute(
        "INSERT INTO no_allergies (patient_id, told_by, told_at) VALUES ($1, $2, $3)",
        people.ARJUN_PATIENT,
        people.PRIYA.account_id,
        began,
    )
    await tx.execute(
        "INSERT INTO prescription (id, consultation_id, patient_id, doctor_id, place_id, state, created_at)"
        " VALUES ($1, $2, $3, $4, $5, 'draft', $6)",
        PAPER,
        VISIT,
        people.ARJUN_PATIENT,
        places.DOCTOR_ASHA,
        places.CLINIC,
        done,
    )
    await tx.executemany(
        "INSERT INTO prescription_line (id, prescription_id, number, medicine, generic, strength, form, dose,"
        " frequency, duration_days, quantity, schedule, class_known, substitution)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, true)",
        [(_id(10 + n), PAPER, n, *line) for n, line in enumerate(LINES, 1)],
    )
    await tx.execute(
        "UPDATE prescription SET state = 'issued', issued_at = $2, valid_until = $3, doctor = $4,"
        " allergy_check = 'clear', registration = (SELECT d.registration FROM doctor d WHERE d.id = doctor_id)"
        " WHERE id = $1",
        PAPER,
        done,
        done + timedelta(days=90),
        people.ASHA.name,
    )
