-- What everybody who treats a patient must know. Nothing is erased: what is over has its end.

CREATE TABLE summary_entry (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    kind       text NOT NULL CHECK (kind IN ('allergy', 'medicine', 'condition')),
    label      text NOT NULL CHECK (char_length(label) BETWEEN 1 AND 120),
    detail     text CHECK (char_length(detail) BETWEEN 1 AND 300),
    severity   text CHECK (severity IN ('mild', 'moderate', 'severe')),
    noted_by   uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    doctor_id  uuid REFERENCES doctor ON DELETE NO ACTION,          -- noted as her doctor; null: her own side
    noted_at   timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   uuid REFERENCES account ON DELETE NO ACTION,
    CHECK (severity IS NULL OR kind = 'allergy'),
    CHECK (num_nonnulls(ended_at, ended_by) IN (0, 2) AND ended_at >= noted_at)
);
CREATE UNIQUE INDEX summary_entry_once ON summary_entry (patient_id, kind, lower(label)) WHERE ended_at IS NULL;

CREATE TABLE background (
    patient_id      uuid PRIMARY KEY REFERENCES patient ON DELETE NO ACTION,
    blood_group     text CHECK (blood_group IN ('A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-')),
    emergency_name  text CHECK (char_length(emergency_name) BETWEEN 1 AND 120),
    emergency_phone text CHECK (emergency_phone ~ '^\+[1-9][0-9]{5,14}$'),
    changed_by      uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    changed_at      timestamptz NOT NULL
);
