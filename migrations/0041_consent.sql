-- What a patient lets a doctor or a place read beyond a relationship: for a purpose, for a time, to be taken back.

CREATE TABLE consent (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    patient_id uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id  uuid REFERENCES doctor ON DELETE NO ACTION,
    place_id   uuid REFERENCES place ON DELETE NO ACTION,
    purpose    text NOT NULL
               CHECK (purpose IN ('treatment', 'second_opinion', 'dispensing', 'testing', 'treatment_abroad')),
    records    text[] NOT NULL CHECK (cardinality(records) > 0 AND records <@ ARRAY['summary', 'background',
               'consultation', 'prescription', 'lab_report', 'medical_record', 'chat']),
    granted_by uuid NOT NULL REFERENCES account ON DELETE NO ACTION,
    granted_at timestamptz NOT NULL,
    since      timestamptz NOT NULL CHECK (since >= granted_at),
    until      timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid REFERENCES account ON DELETE NO ACTION,    -- null: what let the grantor act turned out wrong
    CHECK (num_nonnulls(doctor_id, place_id) = 1),
    CHECK (until > since AND until <= since + interval '366 days'),
    CHECK (revoked_at >= granted_at AND (revoked_at IS NOT NULL OR revoked_by IS NULL))
);
CREATE INDEX consent_live ON consent (patient_id) WHERE revoked_at IS NULL;
CREATE INDEX consent_to_doctor ON consent (doctor_id) WHERE revoked_at IS NULL AND doctor_id IS NOT NULL;
CREATE INDEX consent_to_place ON consent (place_id) WHERE revoked_at IS NULL AND place_id IS NOT NULL;

-- Whatever the code believes: only the patient's side consents, nobody to himself, and a guardian of a minor not beyond
-- the day on which she is of age.
CREATE FUNCTION consent_by_her_hand() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acting guarding;
BEGIN
    SELECT * INTO acting FROM guarding g WHERE g.account_id = NEW.granted_by AND g.patient_id = NEW.patient_id;
    IF NOT FOUND OR EXISTS (SELECT FROM doctor d WHERE d.id = NEW.doctor_id AND d.account_id = NEW.granted_by) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_by_her_hand',
            MESSAGE = 'only the patient or who acts for her consents';
    END IF;
    NEW.until := least(NEW.until, acting.lapses_at);
    RETURN NEW;
END $$;
CREATE TRIGGER consent_by_her_hand BEFORE INSERT ON consent FOR EACH ROW EXECUTE FUNCTION consent_by_her_hand();

-- A consent that was given is never widened: it can only be taken back, once.
CREATE FUNCTION consent_is_only_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL
       OR (to_jsonb(NEW) - 'revoked_at' - 'revoked_by') <> (to_jsonb(OLD) - 'revoked_at' - 'revoked_by') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_is_only_revoked',
            MESSAGE = 'a consent can only be revoked, once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_is_only_revoked BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION consent_is_only_revoked();
