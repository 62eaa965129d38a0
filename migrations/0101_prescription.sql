-- Prescriptions: issued once, never changed, and never dispensed beyond what a line says.

CREATE TABLE prescription (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    consultation_id uuid NOT NULL REFERENCES consultation ON DELETE NO ACTION,
    patient_id      uuid NOT NULL REFERENCES patient ON DELETE NO ACTION,
    doctor_id       uuid NOT NULL REFERENCES doctor ON DELETE NO ACTION,
    place_id        uuid REFERENCES place ON DELETE NO ACTION,
    state           text NOT NULL CHECK (state IN ('draft', 'issued', 'superseded', 'cancelled')),
    version         integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    instructions    text CHECK (char_length(instructions) BETWEEN 1 AND 4000),
    investigations  text[] NOT NULL DEFAULT '{}' CHECK (cardinality(investigations) <= 20),   -- tests asked for
    valid_until     timestamptz,
    supersedes_id   uuid REFERENCES prescription ON DELETE NO ACTION,
    created_at      timestamptz NOT NULL,
    issued_at       timestamptz,
    doctor          text CHECK (char_length(doctor) BETWEEN 1 AND 120),                       -- as it was then
    registration    text CHECK (char_length(registration) BETWEEN 1 AND 64),
    allergy_check   text CHECK (allergy_check IN ('clear', 'matched', 'not_recorded', 'unreadable')),
    override_reason text CHECK (char_length(override_reason) BETWEEN 10 AND 300),
    ended_at        timestamptz CHECK (ended_at >= issued_at),
    cancel_reason   text CHECK (char_length(cancel_reason) BETWEEN 1 AND 300),
    CHECK (supersedes_id <> id),
    CONSTRAINT prescription_issued_whole CHECK ((state = 'draft') = (issued_at IS NULL)
        AND (issued_at IS NULL OR num_nonnulls(valid_until, doctor) = 2)),
    CONSTRAINT prescription_valid_for_a_year
        CHECK (issued_at IS NULL OR valid_until > issued_at AND valid_until <= issued_at + interval '366 days'),
    -- None is issued without the patient's allergies having been looked at, or a doctor's reason why not.
    CONSTRAINT prescription_checked CHECK ((state = 'draft') = (allergy_check IS NULL)),
    CONSTRAINT prescription_override_has_reason CHECK ((allergy_check IS NULL OR allergy_check = 'clear') = (override_reason IS NULL)),
    CONSTRAINT prescription_ended CHECK ((state IN ('superseded', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT prescription_cancelled_has_reason CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
);
CREATE INDEX prescription_patient ON prescription (patient_id, created_at DESC, id DESC);
CREATE INDEX prescription_doctor ON prescription (doctor_id, created_at DESC, id DESC);
CREATE INDEX prescription_consultation ON prescription (consultation_id);
-- What was superseded was so by one.
CREATE UNIQUE INDEX prescription_supersedes_once ON prescription (supersedes_id) WHERE state <> 'draft';

CREATE TABLE prescription_line (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    prescription_id uuid NOT NULL REFERENCES prescription ON DELETE NO ACTION,
    number          smallint NOT NULL CHECK (number BETWEEN 1 AND 30),
    medicine        text NOT NULL CHECK (char_length(medicine) BETWEEN 1 AND 120),
    generic         text CHECK (char_length(generic) BETWEEN 1 AND 120),
    strength        text CHECK (char_length(strength) BETWEEN 1 AND 64),
    form            text NOT NULL CHECK (form IN ('tablet', 'capsule', 'liquid', 'drops', 'injection', 'ointment', 'inhaler',
                    'spray', 'patch', 'powder', 'suppository', 'device', 'other')),
    dose            text NOT NULL CHECK (char_length(dose) BETWEEN 1 AND 64),
    frequency       text NOT NULL CHECK (char_length(frequency) BETWEEN 1 AND 64),
    duration_days   smallint CHECK (duration_days BETWEEN 1 AND 366),
    quantity        integer NOT NULL CHECK (quantity BETWEEN 1 AND 10000),                     -- units to be dispensed
    schedule        text NOT NULL CHECK (schedule IN ('otc', 'h', 'h1', 'x', 'narcotic')),
    substitution    boolean NOT NULL,
    instructions    text CHECK (char_length(instructions) BETWEEN 1 AND 300),
    class_known     boolean,                                                                  -- how far the check saw
    spent           integer NOT NULL DEFAULT 0,
    CONSTRAINT prescription_line_once UNIQUE (prescription_id, number),
    -- Whatever the code believes, and however many pharmacies dispense at once.
    CONSTRAINT prescription_line_spent CHECK (spent BETWEEN 0 AND quantity)
);

-- Which lines met which allergies when it was issued all the same.
CREATE TABLE allergy_match (
    line_id  uuid NOT NULL REFERENCES prescription_line ON DELETE NO ACTION,
    entry_id uuid NOT NULL REFERENCES summary_entry ON DELETE NO ACTION,
    by       text NOT NULL CHECK (by IN ('name', 'class', 'related')),
    PRIMARY KEY (line_id, entry_id)
);

-- What was given out or came back (negative), by whom and for what. `ref`: the order, or the counter sale itself.
CREATE TABLE dispensing (
    id         uuid PRIMARY KEY DEFAULT uuidv7(),
    line_id    uuid NOT NULL REFERENCES prescription_line ON DELETE NO ACTION,
    quantity   integer NOT NULL CHECK (quantity <> 0),
    place_id   uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    ref        uuid NOT NULL,
    account_id uuid REFERENCES account ON DELETE NO ACTION,          -- null: a job
    at         timestamptz NOT NULL
);
CREATE INDEX dispensing_of ON dispensing (line_id, ref);

-- Which pharmacy an order showed it to, and until when.
CREATE TABLE prescription_share (
    id              uuid PRIMARY KEY DEFAULT uuidv7(),
    prescription_id uuid NOT NULL REFERENCES prescription ON DELETE NO ACTION,
    place_id        uuid NOT NULL REFERENCES place ON DELETE NO ACTION,
    ref             uuid NOT NULL,
    since           timestamptz NOT NULL,
    until           timestamptz CHECK (until >= since),              -- null: the order runs
    CONSTRAINT prescription_share_once UNIQUE (prescription_id, place_id, ref)
);
CREATE INDEX prescription_share_place ON prescription_share (place_id, since);

CREATE FUNCTION prescription_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'draft' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.state = 'draft' AND NEW.state IN ('draft', 'issued')
          AND (NEW.consultation_id, NEW.patient_id, NEW.doctor_id) = (OLD.consultation_id, OLD.patient_id, OLD.doctor_id) THEN
        IF NEW.state = 'draft' OR cardinality(NEW.investigations) > 0
           OR EXISTS (SELECT FROM prescription_line l WHERE l.prescription_id = NEW.id) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_not_empty',
            MESSAGE = 'a prescription names a medicine or a test';
    ELSIF OLD.state = 'issued' AND NEW.state IN ('superseded', 'cancelled')
          AND to_jsonb(NEW) - 'state' - 'ended_at' - 'cancel_reason' = to_jsonb(OLD) - 'state' - 'ended_at' - 'cancel_reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_stays',
        MESSAGE = 'what was issued is never changed: it is superseded or cancelled, once';
END $$;
CREATE TRIGGER prescription_stays BEFORE UPDATE OR DELETE ON prescription
    FOR EACH ROW EXECUTE FUNCTION prescription_stays();

CREATE FUNCTION prescription_line_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'spent' = to_jsonb(OLD) - 'spent' THEN
        RETURN NEW;
    END IF;
    PERFORM FROM prescription p WHERE p.id = coalesce(NEW.prescription_id, OLD.prescription_id) AND p.state = 'draft' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_stays',
            MESSAGE = 'the lines of what was issued are never changed';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER prescription_line_stays BEFORE INSERT OR UPDATE OR DELETE ON prescription_line
    FOR EACH ROW EXECUTE FUNCTION prescription_line_stays();

-- Each entry is counted into its line, whose CHECK says no. Nobody else may write `spent`.
CREATE FUNCTION dispensing_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of record;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'dispensing_stays',
            MESSAGE = 'what was dispensed stays on record; what came back is an entry of its own';
    END IF;
    SELECT p.state, p.valid_until, l.schedule INTO of
      FROM prescription_line l JOIN prescription p ON p.id = l.prescription_id WHERE l.id = NEW.line_id FOR SHARE OF p;
    IF NEW.quantity > 0 AND (of.state <> 'issued' OR of.valid_until <= NEW.at OR of.schedule IN ('x', 'narcotic')) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'dispensing_allowed',
            MESSAGE = 'nothing is given on a prescription that is not in force, nor of schedule X or narcotics';
    END IF;
    UPDATE prescription_line SET spent = spent + NEW.quantity WHERE id = NEW.line_id;
    IF NEW.quantity < 0 AND NEW.quantity + (SELECT coalesce(sum(d.quantity), 0) FROM dispensing d
                                             WHERE d.line_id = NEW.line_id AND d.ref = NEW.ref) < 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'dispensing_back_at_most_given',
            MESSAGE = 'more came back than was given';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispensing_counts BEFORE INSERT OR UPDATE OR DELETE ON dispensing
    FOR EACH ROW EXECUTE FUNCTION dispensing_counts();

-- `spent` changes only as `dispensing` changes it: at the end of a transaction the two agree.
CREATE FUNCTION prescription_line_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT l.spent FROM prescription_line l WHERE l.id = NEW.id)
       <> (SELECT coalesce(sum(d.quantity), 0) FROM dispensing d WHERE d.line_id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_line_agrees',
            MESSAGE = 'what a line has spent is what was dispensed of it';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER prescription_line_agrees AFTER INSERT OR UPDATE OF spent ON prescription_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION prescription_line_agrees();

-- A visit on which something was issued was one: it is not cancelled while that stands.
CREATE FUNCTION consultation_with_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM prescription p WHERE p.consultation_id = NEW.id AND p.state = 'issued') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'consultation_with_papers',
            MESSAGE = 'a prescription of this consultation stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consultation_with_papers BEFORE UPDATE ON consultation FOR EACH ROW
    WHEN (NEW.state = 'cancelled') EXECUTE FUNCTION consultation_with_papers();

-- And nothing is issued on one that was begun by mistake.
CREATE FUNCTION prescription_of_a_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM consultation c WHERE c.id = NEW.consultation_id AND c.state <> 'cancelled'
       AND (c.patient_id, c.doctor_id) = (NEW.patient_id, NEW.doctor_id) FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'prescription_of_a_visit',
            MESSAGE = 'a prescription belongs to a visit of this patient with this doctor';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER prescription_of_a_visit BEFORE INSERT OR UPDATE ON prescription FOR EACH ROW
    WHEN (NEW.state IN ('draft', 'issued')) EXECUTE FUNCTION prescription_of_a_visit();
