-- A doctor opens everything of a patient who is at his place and cannot be asked: for an hour, seen by all, reviewed.

CREATE TABLE break_glass (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    doctor_id   uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id    uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    patient_id  uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    reason      text NOT NULL CHECK (char_length(reason) BETWEEN 10 AND 300),
    opened_at   timestamptz NOT NULL,
    until       timestamptz NOT NULL CHECK (until = opened_at + interval '60 minutes'),
    ended_at    timestamptz CHECK (ended_at >= opened_at),         -- the doctor was done before
    day         date GENERATED ALWAYS AS ((opened_at AT TIME ZONE 'Asia/Kolkata')::date) STORED,
    slot        smallint NOT NULL CHECK (slot BETWEEN 1 AND 3),    -- three a day and doctor, whatever the code believes
    reviewed_by uuid REFERENCES account ON DELETE NO ACTION,
    reviewed_at timestamptz,
    justified   boolean,
    note        text CHECK (char_length(note) BETWEEN 1 AND 300),
    CONSTRAINT break_glass_cap UNIQUE (doctor_id, day, slot),
    CHECK (num_nonnulls(reviewed_by, reviewed_at, justified, note) IN (0, 4))
);
CREATE INDEX break_glass_of_patient ON break_glass (patient_id, until);
CREATE INDEX break_glass_to_review ON break_glass (id) WHERE reviewed_at IS NULL;

-- It was what it was; nobody reviews his own.
CREATE FUNCTION break_glass_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'day' - 'ended_at' - 'reviewed_by' - 'reviewed_at' - 'justified' - 'note')
       <> (to_jsonb(OLD) - 'day' - 'ended_at' - 'reviewed_by' - 'reviewed_at' - 'justified' - 'note')
       OR OLD.reviewed_at IS NOT NULL AND NEW.reviewed_at IS DISTINCT FROM OLD.reviewed_at
       OR EXISTS (SELECT FROM doctor d WHERE d.id = NEW.doctor_id AND d.account_id = NEW.reviewed_by) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'break_glass_stays',
            MESSAGE = 'a break-glass is reviewed once, by somebody else, and never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER break_glass_stays BEFORE UPDATE ON break_glass FOR EACH ROW EXECUTE FUNCTION break_glass_stays();
